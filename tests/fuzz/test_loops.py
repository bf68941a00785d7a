# SPDX-License-Identifier: Apache-2.0
"""Unrolled loops over arrays that may overlap: rolled up, they do what wasmtime does."""
from __future__ import annotations

from pathlib import Path

import differential
import loops
import pytest
import wasmtime

from wasker.options import Options
from wasker.translate.module import translate_module
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validated_functions

_COUNT = 24
_CASES = 10
# Adds 1 to an array of i32, four elements a pass, for as many passes as the second argument says.
_RUNNER = """(module (memory (export "memory") 1)
    (func (export "run0") (param $at i64) (param $passes i64) (result i64)
        (local $p i32) (local $n i32)
        (local.set $p (i32.wrap_i64 (local.get $at)))
        (local.set $n (i32.wrap_i64 (local.get $passes)))
        (loop $again {steps}
            (local.set $p (i32.add (local.get $p) (i32.const 16)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i64.extend_i32_u (local.get $p)))
    (func (export "state") (result i64)
        (i64.add (i64.load (i32.const 65520)) (i64.load (i32.const 65528)))))"""
_STEP = """(i32.store offset={at} (local.get $p)
    (i32.add (i32.load offset={at} (local.get $p)) (i32.const 1)))"""


def _ir(text: str, cpu: str) -> str:
    module = read_module(bytes(wasmtime.wat2wasm(text)))
    return translate_module(module, validated_functions(module), Options(cpu=cpu, entry="none"))


@pytest.mark.parametrize("cpu", ("x86-64-v2", "x86-64-v3"))
def test_engines_agree(cpu: str) -> None:
    rolled = 0
    for seed in range(_COUNT):
        assert not loops.differences(seed, cpu, _CASES)
        rolled += "phi i64 [0," in _ir(loops.LoopWriter(seed).text(), cpu)
    assert rolled > _COUNT // 4


def test_a_loop_that_leaves_the_memory_traps_and_one_that_does_not_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    system = differential.System.build("host", tmp_path)
    setup = differential.Setup(
        system, tmp_path, differential.SUPPORTED, False, "x86-64-v3", 2
    )
    text = _RUNNER.format(steps="".join(_STEP.format(at=4 * step) for step in range(4)))
    assert "phi i64 [0," in _ir(text, "x86-64-v3")
    binary = bytes(wasmtime.wat2wasm(text))
    # The whole memory, nearly all of it, past its end, and from the last bytes below 4 GiB.
    runs = [(0, 4096), (16, 4094), (12, 4096), (4, 4095), (0xFFFF_FFF0, 64)]
    calls = []
    for arguments in runs:
        calls += [differential.Call("run0", arguments), differential.Call("state", ())]
    answered = differential.reference(binary, calls, optimisation=2)
    assert any(call.result is None for call in answered)
    assert not differential.problems(binary, answered, setup, "edges")
