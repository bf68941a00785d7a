# SPDX-License-Identifier: Apache-2.0
"""Programs and functions past a size compile with a note, and leave no mark on later ones."""
from __future__ import annotations

import re

import pytest

from wasker import api
from wasker.codegen import emit
from wasker.codegen import oversize
from wasker.errors import Diagnostic
from wasker.options import Options
from wasker.wasm.text import text_to_binary

# The second load is redundant on one path only: global value numbering moves it there.
PROGRAM = text_to_binary(b"""
(module (memory 1)
  (func (export "f") (param i32 i32) (result i32) (local $x i32)
    (if (local.get 1)
      (then (local.set $x (i32.load (local.get 0))))
      (else (i32.store (i32.const 64) (local.get 1))))
    (i32.add (local.get $x) (i32.load (local.get 0)))))
""")


def test_a_large_program_is_noted_and_a_later_small_one_is_not_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = Options(entry="none")
    before = api.compile_module(PROGRAM, options)
    assert before.note == ""
    with monkeypatch.context() as patch:
        patch.setattr(emit, "LARGE_IR_BYTES", 0)
        large = api.compile_module(PROGRAM, options)
    assert "large program" in large.note
    assert large.object_bytes != before.object_bytes, "the switch had no effect"
    after = api.compile_module(PROGRAM, options)
    assert (after.note, after.object_bytes) == ("", before.object_bytes)


def _compiled(monkeypatch: pytest.MonkeyPatch, **limits: int) -> api.CompileResult:
    with monkeypatch.context() as patch:
        for name, value in limits.items():
            patch.setattr(oversize, name, value)
        return api.compile_module(PROGRAM, Options(entry="none"), keep_texts=True)


@pytest.mark.parametrize("limit", ("FUNCTION_BYTES_MAX", "BLOCK_BYTES_MAX"))
def test_an_oversized_function_is_noted_and_not_optimised(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    ordinary = _compiled(monkeypatch)
    assert ordinary.note == ""
    left = _compiled(monkeypatch, **{limit: 100})
    assert left.note == "too large to be optimised: wasm:func[0]"
    group = re.search(r'^define .*@"wasm:func\[0\]"\(.*\) (?:\w+ )*(#\d+)', left.optimised_ir, re.M)
    attributes = re.search(rf"^attributes {group[1]} = .*", left.optimised_ir, re.M)
    assert "optnone" in attributes[0] and "noinline" in attributes[0]
    assert left.object_bytes != ordinary.object_bytes
    above = _compiled(monkeypatch, FUNCTION_BYTES_MAX=1_000, BLOCK_BYTES_MAX=1_000)
    assert (above.note, above.object_bytes) == ("", ordinary.object_bytes)


def test_locals_times_branches_have_a_limit() -> None:
    count = 1_500
    declared = "(local i32)" * count
    body = "".join(f"(local.set {i} (i32.const 1)) (br_if {i} (i32.const 0))" for i in range(count))
    text = f"(module (func {declared} {'(block ' * count} {body} {')' * count}))"
    with pytest.raises(Diagnostic) as raised:
        api.check_module(text_to_binary(text.encode()), Options(entry="none"))
    assert raised.value.code == "E018" and "function 'func[0]'" in raised.value.where
