# SPDX-License-Identifier: Apache-2.0
"""Programs past the size threshold compile with a note, and leave no mark on later ones."""
from __future__ import annotations

import pytest

from wasker import api
from wasker.codegen import emit
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
