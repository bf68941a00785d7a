# SPDX-License-Identifier: Apache-2.0
"""Scripts of the official suite (version 2.0) inside a booted VM.

These touch everything that the kernel does for a program: memories, tables, every kind of trap,
the stack's guard, vector registers. All 148 scripts take two minutes:
`python tests/spec/run.py --suite 2.0 --system vm`.
"""
from __future__ import annotations

from pathlib import Path

import pytest
from corpus import Script
from execute import Setup
from execute import run_script
from plan import NOT_BINARY
from plan import PASS
from report import failures
from suite import make_setup

SCRIPTS = (
    "address",
    "call",
    "call_indirect",
    "conversions",
    "elem",
    "float_misc",
    "imports",
    "int_exprs",
    "linking",
    "memory_grow",
    "memory_trap",
    "simd/simd_address",
    "simd/simd_f32x4_arith",
    "simd/simd_i16x8_arith2",
    "table_grow",
    "traps",
    "unreachable",
)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return make_setup("2.0", "vm", tmp_path_factory.mktemp("spec"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_in_a_vm(setup: Setup, scripts: dict[str, Script], name: str) -> None:
    report = run_script(setup, scripts[name])
    assert not failures(report)
    assert {result.status for result in report.results} <= {PASS, NOT_BINARY}
    judged = [c for c in scripts[name].commands if c["type"] != "register"]
    assert len(report.results) == len(judged)
