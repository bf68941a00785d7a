# SPDX-License-Identifier: Apache-2.0
"""A few random programs on both engines, and that a difference would be seen and made small."""
from __future__ import annotations

from pathlib import Path

import differential
import programs
import pytest
import reduce
import wasmtime

COUNT = 4


def setup_for(work: Path, cpu: str) -> differential.Setup:
    system = differential.System.build("host", work)
    return differential.Setup(system, work, differential.SUPPORTED, False, cpu, 2)


@pytest.mark.parametrize("cpu", ("x86-64-v1", "x86-64-v3"))
def test_engines_agree(
    cpu: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    setup = setup_for(tmp_path, cpu)
    for seed in range(COUNT):
        verdict = differential.check(setup, seed)
        assert verdict.calls > 200
        assert not verdict.problems, f"seed {seed}: {verdict.problems[:5]}"


def test_a_wrong_result_and_a_wrong_trap_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    setup = setup_for(tmp_path, "x86-64-v2")
    text = """(module (func (export "run0") (param i64 i64) (result i64)
        (i64.div_u (local.get 0) (local.get 1))))"""
    binary = bytes(wasmtime.wat2wasm(text))
    calls = [differential.Call("run0", (7, divisor)) for divisor in (0, 1, 2)]
    answered = differential.reference(binary, calls, optimisation=0)
    assert not differential.problems(binary, answered, setup, "right")
    returned = answered[1].outcomes
    wrong = [answered[0]._replace(outcomes=returned), answered[1]._replace(result=8), answered[2]]
    assert len(differential.problems(binary, wrong, setup, "wrong")) == 2


def test_programs_are_valid_and_the_same_for_a_seed() -> None:
    engine = wasmtime.Engine()
    for seed in range(100, 120):
        text = programs.ModuleWriter(seed).text()
        wasmtime.Module(engine, text)
        assert text == programs.ModuleWriter(seed).text()


def test_reduction_keeps_what_matters() -> None:
    text = programs.ModuleWriter(3).text()

    small = reduce.reduced(text, lambda candidate: "i64x2.splat" in candidate, attempts=300)
    assert "i64x2.splat" in small
    assert len(small) < len(text) / 20
