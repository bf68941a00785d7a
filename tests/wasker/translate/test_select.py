# SPDX-License-Identifier: Apache-2.0
"""Which selects LLVM is told to make branches of."""
from __future__ import annotations

import pytest
import wasmtime

from wasker.options import Options
from wasker.translate.module import translate_module
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validated_functions

_SELECT = "(local.set 0 (select (local.get 0) (local.get 1) (i32.load (local.get 0))))"
_SWITCH = "(block (block (br_table 0 1 (local.get 1))))"


def _hinted(body: str) -> bool:
    text = f"(module (memory 1) (func (export \"f\") (param i32 i32) {body}))"
    module = read_module(bytes(wasmtime.wat2wasm(text)))
    ir = translate_module(module, validated_functions(module), Options(entry="none"))
    (line,) = [line for line in ir.splitlines() if " = select " in line]
    return "!prof" in line


@pytest.mark.parametrize(
    "body, expected",
    [
        (f"(loop {_SWITCH} {_SELECT} (br 0))", True),
        (f"(loop {_SELECT} (br_if 0 (local.get 0)))", False),
        (f"{_SWITCH} {_SELECT}", False),
        (f"(loop {_SWITCH} (loop {_SELECT} (br_if 0 (local.get 0))) (br 0))", False),
    ],
)
def test_selects_of_dispatch_loops_become_branches(body: str, expected: bool) -> None:
    assert _hinted(body) == expected
