# SPDX-License-Identifier: Apache-2.0
"""A runner that cannot fail proves nothing: every assertion made false must be reported."""
from __future__ import annotations

from pathlib import Path

import corpus
import pytest
from corpus import Script
from execute import Setup
from execute import judge
from execute import run_script
from flips import flip
from plan import FAIL
from plan import NOT_BINARY
from plan import PASS
from plan import RETURNED
from plan import Step
from suite import make_setup
from systems import Ending
from values import Pattern
from values import alternatives

# Together they have every kind of command, result and trap.
SCRIPTS = (
    "i32",
    "f32",
    "conversions",
    "call",
    "call_indirect",
    "exports",
    "linking",
    "elem",
    "data",
    "imports",
    "binary",
    "ref_null",
    "ref_func",
    "table_get",
    "simd/simd_f32x4",
    "simd/simd_f64x2_pmin_pmax",
    "simd/simd_i8x16_arith2",
    "simd/simd_lane",
)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return make_setup("2.0", "host", tmp_path_factory.mktemp("spec"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_flip_is_reported(setup: Setup, scripts: dict[str, Script], name: str) -> None:
    script = scripts[name]
    flipped, numbers = flip(script)
    assert numbers
    report = run_script(setup, flipped)
    missed = [
        script.commands[result.command]
        for result in report.results
        if result.command in numbers and result.status != FAIL
    ]
    assert not missed, f"{len(missed)} false assertions passed, such as {missed[0]}"
    wrong = [
        (script.commands[result.command], result.detail)
        for result in report.results
        if result.command not in numbers and result.status not in (PASS, NOT_BINARY)
    ]
    assert not wrong, wrong
    assert numbers <= {result.command for result in report.results}


def test_nan_patterns_are_exact() -> None:
    def matches(kind: str, text: str, bits: int) -> bool:
        ((pattern,),) = alternatives([{"type": kind, "value": text}])
        return (bits & pattern.mask == pattern.value) is not pattern.differs

    for sign in (0, 0x8000_0000):
        assert matches("f32", "nan:canonical", sign | 0x7FC0_0000)
        assert matches("f32", "nan:arithmetic", sign | 0x7FC0_0001)
        assert not matches("f32", "nan:canonical", sign | 0x7FC0_0001)
        assert not matches("f32", "nan:arithmetic", sign | 0x7FA0_0000)
        assert not matches("f32", "nan:arithmetic", sign | 0x7F80_0000)
    assert matches("f64", "nan:canonical", 0xFFF8_0000_0000_0000)
    assert not matches("f64", "nan:canonical", 0x7FF8_0000_0000_0001)
    # Not even a NaN of the right kind may have something above it in its slot.
    assert not matches("f32", "nan:canonical", 0x1_7FC0_0000)


def test_one_alternative_is_enough_but_whole() -> None:
    lanes = [{"type": "v128", "lane_type": "i64", "value": list(pair)} for pair in ("12", "34")]
    rows = alternatives([{"type": "either", "values": lanes}])
    everything = 0xFFFF_FFFF_FFFF_FFFF
    assert rows == [
        (Pattern(everything, 1), Pattern(everything, 2)),
        (Pattern(everything, 3), Pattern(everything, 4)),
    ]


def test_a_program_that_dies_passes_nothing() -> None:
    steps = [Step(number, None, {}, (RETURNED,)) for number in range(3)]  # type: ignore[arg-type]
    for ending in (
        Ending("", ""),
        Ending("F 1 0 5\n", "exit code 134: trap"),
        Ending("E 3\n", "exit code 1: "),
    ):
        assert {result.status for result in judge(steps, ending)} == {FAIL}
    done = judge(steps, Ending("F 1 0 5\nE 3\n", ""))
    assert [result.status for result in done] == [PASS, FAIL, PASS]
    assert "0x5" in done[1].detail


def test_corpus_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEW_CORPORA", str(tmp_path))
    assert corpus.archive("2.0") is None
    (tmp_path / corpus.SUITES["2.0"]).touch()
    assert corpus.archive("2.0") == tmp_path / corpus.SUITES["2.0"]
