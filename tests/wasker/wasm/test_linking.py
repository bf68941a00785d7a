# SPDX-License-Identifier: Apache-2.0
"""Imports against exports; the official suite's unlinkable modules are in tests/spec."""
from __future__ import annotations

from typing import Optional

import pytest

from wasker.errors import Diagnostic
from wasker.wasm.features import WASM_3_0
from wasker.wasm.linking import check_imports
from wasker.wasm.module import Module
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary

PROVIDER = """
  (func (export "f") (param i32) (result i64) (i64.const 0))
  (global (export "constant") i32 (i32.const 1))
  (global (export "variable") (mut i32) (i32.const 1))
  (memory (export "memory") 2 5)
  (table (export "table") 10 funcref)
"""


def _module(fields: str) -> Module:
    return read_module(text_to_binary(f"(module {fields})".encode()))


def _check(wanted: str, *, sizes_known: bool = True) -> Optional[Diagnostic]:
    module = _module(f"(import {wanted})")
    try:
        check_imports(module, {"m": _module(PROVIDER)}, sizes_known=sizes_known)
    except Diagnostic as error:
        return error
    return None


@pytest.mark.parametrize(
    "wanted",
    [
        '"m" "f" (func (param i32) (result i64))',
        '"m" "constant" (global i32)',
        '"m" "variable" (global (mut i32))',
        '"m" "memory" (memory 2 5)',
        '"m" "memory" (memory 0)',
        '"m" "memory" (memory 1 6)',
        '"m" "table" (table 10 funcref)',
    ],
)
def test_what_fits(wanted: str) -> None:
    assert _check(wanted) is None


@pytest.mark.parametrize("wanted", ['"m" "other" (func)', '"n" "f" (func)', '"m" "F" (func)'])
def test_what_nothing_exports(wanted: str) -> None:
    error = _check(wanted)
    assert error is not None and error.code == "E070"
    assert error.where.startswith("import ") and error.hint


@pytest.mark.parametrize(
    "wanted",
    [
        '"m" "f" (func (param i64) (result i64))',
        '"m" "f" (func (param i32))',
        '"m" "f" (global i32)',
        '"m" "constant" (global i64)',
        '"m" "constant" (global (mut i32))',
        '"m" "variable" (global i32)',
        '"m" "memory" (memory 3)',
        '"m" "memory" (memory 2 4)',
        '"m" "memory" (table 2 5 funcref)',
        '"m" "table" (table 11 funcref)',
        # The export may grow without bound, the importer relies on one.
        '"m" "table" (table 10 20 funcref)',
        '"m" "table" (table 10 externref)',
    ],
)
def test_what_does_not_fit(wanted: str) -> None:
    error = _check(wanted)
    assert error is not None and error.code == "E071"
    assert "incompatible import type" in error.message


def test_sizes_that_the_caller_knows_better() -> None:
    assert _check('"m" "memory" (memory 4 5)', sizes_known=False) is None
    error = _check('"m" "memory" (memory 4 4)', sizes_known=False)
    assert error is not None and error.code == "E071"


def _read_gc(fields: str) -> Module:
    return read_module(text_to_binary(f"(module {fields})".encode()), WASM_3_0)


_GROUP = "(rec (type $a (sub (func (result (ref null $b))))) (type $b (sub (func))))"


@pytest.mark.parametrize(
    "types, wanted, fits",
    [
        # Other indices, same group.
        (f"(type (func (param i64))) {_GROUP}", "(func (type $a))", True),
        (_GROUP, "(func (type $b))", False),
        # The same definition outside of a group is another type, unless it is declared below.
        ("(type $b (sub (func))) (type $a (sub (func (result (ref null $b)))))",
         "(func (type $a))", False),
        (_GROUP, "(global (ref null $a))", True),
        (_GROUP, "(global (ref null func))", True),
        (_GROUP, "(global (ref $a))", False),
        (_GROUP, "(global (ref null $b))", False),
        (_GROUP, "(global (mut (ref null func)))", False),
    ],
)  # fmt: skip
def test_types_of_two_modules(types: str, wanted: str, fits: bool) -> None:
    provider = _read_gc(
        f'{_GROUP} (func $f (export "func") (type $a) (ref.null $b))'
        '(global (export "global") (ref null $a) (ref.func $f))'
    )
    name = wanted[1:].partition(" ")[0]
    module = _read_gc(f'{types} (import "m" "{name}" {wanted})')
    if fits:
        check_imports(module, {"m": provider})
    else:
        with pytest.raises(Diagnostic, match="incompatible import type"):
            check_imports(module, {"m": provider})


def test_a_function_may_be_of_a_declared_subtype() -> None:
    types = "(type $a (sub (func))) (type $b (sub $a (func)))"
    provider = _read_gc(f'{types} (func (export "f") (type $b))')
    check_imports(_read_gc(f'{types} (import "m" "f" (func (type $a)))'), {"m": provider})
    provider = _read_gc(f'{types} (func (export "f") (type $a))')
    with pytest.raises(Diagnostic):
        check_imports(_read_gc(f'{types} (import "m" "f" (func (type $b)))'), {"m": provider})


def test_long_chains_of_types() -> None:
    """Each refers twice to the one before: neither deep recursion nor every path of it."""
    chain = ["(type $t0 (struct))"]
    for number in range(1, 3000):
        above = f"(field (ref $t{number - 1}))"
        chain.append(f"(type $t{number} (struct {above} {above}))")
    last = "(ref null $t2999)"
    provider = _read_gc(f'{" ".join(chain)} (global (export "g") {last} (ref.null $t2999))')
    module = _read_gc(f'(type (func)) {" ".join(chain)} (import "m" "g" (global {last}))')
    check_imports(module, {"m": provider})
    module = _read_gc(f'{" ".join(chain)} (import "m" "g" (global (ref null $t2998)))')
    with pytest.raises(Diagnostic):
        check_imports(module, {"m": provider})
