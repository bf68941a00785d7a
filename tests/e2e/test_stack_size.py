# SPDX-License-Identifier: Apache-2.0
"""The program's stack has the size that the link asked for, on both systems."""
from __future__ import annotations

from pathlib import Path

import pytest
from pipeline import ZIG
from pipeline import System
from pipeline import expect_success
from pipeline import run_module

# Not a tail call: the addition comes after it. 30,000 frames of at least 16 bytes.
RECURSIVE = """
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $sum (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n))
      (then (i32.const 0))
      (else (i32.xor (local.get $n) (call $sum (i32.sub (local.get $n) (i32.const 1)))))))
  (func (export "_start")
    (if (i32.ne (call $sum (i32.const 30000)) (i32.const 30000)) (then unreachable))
    (call $exit (i32.const 7))))
"""


@pytest.mark.parametrize("stack_bytes, code", [(64 << 10, 134), (16 << 20, 7)])
def test_stack_size(system: System, stack_bytes: int, code: int, tmp_path: Path) -> None:
    source, program, image = (tmp_path / name for name in ("deep.wat", "deep.o", "deep.elf"))
    source.write_text(RECURSIVE)
    expect_success(run_module("wasker", "compile", source, "-o", program, "--opt", "0"))
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", system.name, "--zig", ZIG,
            "--objects", system.objects, "--stack-size", stack_bytes,
        )
    )
    outcome = system.run(image)
    assert outcome.exit_code == code, outcome.stderr
    assert ("call stack exhausted" in outcome.stderr) == (code == 134)


@pytest.mark.parametrize("stack_bytes", [0, 65535, 65537, 1 << 31])
def test_impossible_sizes_are_refused(stack_bytes: int, tmp_path: Path) -> None:
    outcome = run_module(
        "mew", "link", tmp_path / "x.o", "-o", tmp_path / "x.elf", "--system", "linux",
        "--zig", ZIG, "--objects", tmp_path, "--stack-size", stack_bytes,
    )
    assert outcome.exit_code == 1
    assert f"a stack of {stack_bytes} bytes; use a multiple of 4096" in outcome.stderr
