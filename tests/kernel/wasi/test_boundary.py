# SPDX-License-Identifier: Apache-2.0
"""Programs that pass what no libc would: exact error codes, and nothing but error codes."""
from __future__ import annotations

from pathlib import Path

from raw_programs import compile_c
from raw_programs import run_program


def test_exact_codes(system: str, objects: Path, tmp_path: Path) -> None:
    """The exit code is the line of the first expectation that failed."""
    outcome = run_program(system, objects, compile_c("exact", tmp_path), None)
    assert outcome == (0, "", ""), "exit code: line of programs/exact.c"


def test_hostile_numbers(system: str, objects: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    code, stdout, stderr = run_program(system, objects, compile_c("hostile", tmp_path), files)
    assert stdout == "survived\n", (code, stderr)
    assert code == (0x78 if system == "linux" else 255)


def test_no_path_leads_out(system: str, objects: Path, tmp_path: Path) -> None:
    """The exit code is the line of the first expectation that failed."""
    files = tmp_path / "files"
    (files / "dir").mkdir(parents=True)
    (files / "dir/file").write_text("content")
    for name, target in {
        "in": "dir/file", "out": "/etc", "up": "../..", "loop": "loop", "dir/back": "../dir/file",
    }.items():
        (files / name).symlink_to(target)
    (tmp_path / "file").write_text("not yours")
    outcome = run_program(system, objects, compile_c("paths", tmp_path), files)
    assert outcome == (0, "", ""), "exit code: line of programs/paths.c"
    assert sorted(path.name for path in files.iterdir()) == ["dir", "in", "loop", "out", "up"]
