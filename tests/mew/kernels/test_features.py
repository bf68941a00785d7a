# SPDX-License-Identifier: Apache-2.0
"""Which feature sets a module needs, read from its imports."""
from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from mew.cli import main
from mew.errors import MewError
from mew.kernels import compile as compiling
from mew.kernels.module import all_features
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


def test_systems_are_those_that_modules_can_ask_for() -> None:
    names = [*wasi.FUNCTIONS, None]
    imports = {
        None if name is None else wasi.FUNCTIONS[name].feature for name in names
    } - set(wasi.DEFAULT_FEATURES)
    assert len(all_features()) == 2 ** (len(imports) - 1)
    assert wasi.DEFAULT_FEATURES in all_features()
    assert tuple(wasi.FEATURES) in all_features()


def test_systems_are_made_ahead_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = []
    monkeypatch.setattr(
        compiling, "build_system", lambda name, *, features, **paths: made.append(features)
    )
    argv = ["precompile", "--systems", "--cache", str(tmp_path)]
    assert main(argv) == main(argv) == 0
    assert made == all_features()
    assert len(set(capsys.readouterr().out.split())) == len(made)


def test_precompiling_nothing_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["precompile"]) == 1
    assert "--systems" in capsys.readouterr().err
