# SPDX-License-Identifier: Apache-2.0
"""Which feature sets a module needs, read from its imports."""
from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from mew.errors import MewError
from mew.kernels.module import features
from mew_abi import wasi

WASI = f'(import "{wasi.MODULE}"'


def of(text: str) -> tuple[str, ...]:
    return features(wat2wasm(f"(module {text})"), "m")


def test_default_sets_are_always_there() -> None:
    assert of("") == wasi.DEFAULT_FEATURES
    assert of(f'{WASI} "fd_write" (func (param i32 i32 i32 i32) (result i32)))') == (
        wasi.DEFAULT_FEATURES
    )


@pytest.mark.parametrize("name", sorted(wasi.FUNCTIONS))
def test_function_brings_its_set(name: str) -> None:
    types = {"i": "i32", "I": "i64"}
    function = wasi.FUNCTIONS[name]
    params = "".join(f"(param {types[letter]})" for letter in function.params)
    results = "".join(f"(result {types[letter]})" for letter in function.results)
    found = of(f'{WASI} "{name}" (func {params} {results}))')
    assert set(found) == {*wasi.DEFAULT_FEATURES, function.feature}
    assert found == tuple(sorted(found, key=list(wasi.FEATURES).index))


def test_imports_of_every_kind_are_passed_over() -> None:
    text = """
      (import "env" "table" (table 1 2 funcref))
      (import "env" "typed" (table 1 (ref null 0)))
      (import "env" "memory" (memory 1 200))
      (import "env" "memory64" (memory i64 1))
      (import "env" "global" (global (mut i64)))
      (import "env" "path_open" (func))
    """
    assert of(f"(type (func)) {text}") == wasi.DEFAULT_FEATURES
    after = f'{WASI} "sock_shutdown" (func (param i32 i32) (result i32)))'
    assert "sockets" in of(f"(type (func)) {text} {after}")


def test_module_that_ends_early_is_an_error() -> None:
    content = wat2wasm(f'(module {WASI} "sched_yield" (func (result i32))))')
    for size in range(9, len(content)):
        try:
            features(content[:size], "m")
        except MewError as error:
            assert error.message == "m: the WebAssembly module ends in the middle"
            assert error.hint
