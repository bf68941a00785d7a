# SPDX-License-Identifier: Apache-2.0
"""What just fits works, one more is refused as docs/reference/limits.md says; and no memory."""
from __future__ import annotations

from pathlib import Path

import pytest
from pipeline import expect_success
from pipeline import run_module
from raw_programs import compile_c
from raw_programs import run_program

# Exits with 1 if the memory could not grow over 4 GiB, else with the call's error code.
LARGE_MEMORY = """(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") i64 1 100000)
  (func (export "_start")
    (if (i64.lt_s (memory.grow (i64.const 65599)) (i64.const 0))
      (then (call $proc_exit (i32.const 1))))
    (call $proc_exit (call $random_get (i32.const -8) (i32.const 8)))))
"""


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


@pytest.mark.parametrize("system", ["linux"], indirect=True)
def test_closed_streams_are_not_the_numbers_of_files(
    system: str, objects: Path, tmp_path: Path
) -> None:
    """The same program without any standard stream: what it writes there goes nowhere."""
    files = tmp_path / "files"
    files.mkdir()
    program = compile_c("limits", tmp_path)
    outcome = run_program(system, objects, program, files, closed_streams=True)
    assert outcome == (0, "", "")


@pytest.mark.parametrize("system", ["linux"], indirect=True)
def test_memory_beyond_32_bits(system: str, objects: Path, tmp_path: Path) -> None:
    """A memory with 64-bit addresses may be larger than a WASI pointer can say. Not in a VM, which
    would have to zero it all; the check is the same code.
    """
    source, program = tmp_path / "large.wat", tmp_path / "large.o"
    source.write_text(LARGE_MEMORY)
    expect_success(run_module("wasker", "compile", source, "-o", program))
    code, _, stderr = run_program(system, objects, program, None)
    if code == 1:
        pytest.skip("this machine gives a process no 4 GiB")
    assert code == 0, stderr
