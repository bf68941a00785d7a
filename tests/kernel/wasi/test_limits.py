# SPDX-License-Identifier: Apache-2.0
"""What just fits works, one more is refused as docs/reference/limits.md says; and no memory."""
from __future__ import annotations

from pathlib import Path

import pytest
from raw_programs import compile_c
from raw_programs import run_program


def test_at_the_limit_and_beyond(system: str, objects: Path, tmp_path: Path) -> None:
    """The exit code is the line of the first expectation that failed, modulo 256."""
    files = tmp_path / "files"
    files.mkdir()
    outcome = run_program(system, objects, compile_c("limits", tmp_path), files)
    assert outcome == (0, "", ""), "exit code: line of programs/limits.c"


@pytest.mark.parametrize("system", ["kernel"], indirect=True)
@pytest.mark.parametrize("preopen", ["/=memory", "/=overlay"])
def test_no_memory(system: str, objects: Path, tmp_path: Path, preopen: str) -> None:
    """The exit code is the line of the first expectation that failed, modulo 256."""
    files = tmp_path / "files"
    files.mkdir()
    program = compile_c("full", tmp_path)
    outcome = run_program(system, objects, program, files, preopen, memory_mib=16)
    assert outcome == (0, "full\nempty\n", ""), "exit code: line of programs/full.c"
