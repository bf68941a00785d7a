# SPDX-License-Identifier: Apache-2.0
"""Imports against exports; the official suite's unlinkable modules are in tests/spec."""
from __future__ import annotations

from typing import Optional

import pytest

from wasker.errors import Diagnostic
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
