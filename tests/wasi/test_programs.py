# SPDX-License-Identifier: Apache-2.0
"""The official preview1 programs, all of them: the same object as a process and in a VM."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import corpora
import official
import pytest
import wasi_systems

ARCHIVE = corpora.find(official.ARCHIVE)
CASES = official.load(ARCHIVE) if ARCHIVE else []

pytestmark = pytest.mark.skipif(
    not CASES, reason=f"{official.ARCHIVE} is not here; point MEW_CORPORA at its folder"
)


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 48


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_program(objects: dict[str, Path], case: official.Case, tmp_path: Path) -> None:
    program = wasi_systems.compile_case(case, tmp_path)
    # First the VM: it works on a copy of the directory.
    for system in reversed(wasi_systems.SYSTEMS):
        outcome = wasi_systems.run_case(system, objects[system], program, case, tmp_path)
        assert wasi_systems.complaint(case, outcome) == "", system
    # A judge that finds no fault in anything would be none.
    other = dataclasses.replace(case, exit_code=case.exit_code + 1)
    assert wasi_systems.complaint(other, outcome).startswith("exit code")
    assert "standard output" in wasi_systems.complaint(
        dataclasses.replace(case, stdout=outcome.stdout + "x"), outcome
    )
