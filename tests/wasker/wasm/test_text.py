# SPDX-License-Identifier: Apache-2.0
"""Text in, binary out, and every failure a diagnostic."""
from __future__ import annotations

import sys

import pytest
from wasker.errors import Diagnostic
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary


def test_a_module_in_text() -> None:
    module = read_module(text_to_binary(b'(module (func $f (export "g")))'))
    assert module.function_name(0) == "f" and module.exports[0].name == "g"


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        (b"(module\n (func\n  i32.foo))", "line 3, column 3", "unknown operator"),
        (b"(module (func (call $b)))", "line 1, column 21", "failed to find name `$b`"),
        (b"", "line 1, column 1", "module field"),
        (b"\xff(module)", "", "utf-8"),
    ],
)
def test_syntax_errors(text: bytes, where: str, says: str) -> None:
    with pytest.raises(Diagnostic) as raised:
        text_to_binary(text)
    error = raised.value
    assert (error.code, error.where) == ("E051", where) and says in error.message


def test_a_binary_named_text() -> None:
    with pytest.raises(Diagnostic) as raised:
        text_to_binary(b"\0asm\1\0\0\0")
    assert raised.value.code == "E052" and ".wasm" in raised.value.hint


def test_a_missing_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    with pytest.raises(Diagnostic) as raised:
        text_to_binary(b"(module)")
    assert raised.value.code == "E050" and "wasmtime" in raised.value.hint
