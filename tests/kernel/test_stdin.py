# SPDX-License-Identifier: Apache-2.0
"""Waiting for input takes no processor time, and ends when input comes or the time is over."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mew.vm.run import DEFAULT_QEMU
from pipeline import ROOT
from pipeline import TIMEOUT_S
from pipeline import System

WAIT_MS = 400

# Polls standard input and a clock together, tells which one it was, polls and copies the input.
PROGRAM = f"""
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 600) "waiting\\nstdin\\n  timeout\\n")
  (func $put (param $text i32) (param $size i32)
    (i32.store (i32.const 512) (local.get $text))
    (i32.store (i32.const 516) (local.get $size))
    (if (call $write (i32.const 1) (i32.const 512) (i32.const 1) (i32.const 520))
      (then (call $exit (i32.const 2)))))
  (func $wait (param $count i32)
    (if (call $poll (i32.const 0) (i32.const 256) (local.get $count) (i32.const 504))
      (then (call $exit (i32.const 3))))
    (if (i32.ne (i32.load (i32.const 504)) (i32.const 1)) (then (call $exit (i32.const 4))))
    (if (i32.load16_u (i32.const 264)) (then (call $exit (i32.const 5)))))
  (func (export "_start")
    (i32.store8 (i32.const 8) (i32.const 1))
    (i32.store (i32.const 64) (i32.const 1))
    (i64.store (i32.const 72) (i64.const {WAIT_MS}000000))
    (call $put (i32.const 600) (i32.const 8))
    (call $wait (i32.const 2))
    (if (i32.load8_u (i32.const 266))
      (then (call $put (i32.const 608) (i32.const 8)))
      (else (call $put (i32.const 616) (i32.const 8))))
    (loop $more
      (call $wait (i32.const 1))
      (i32.store (i32.const 512) (i32.const 1024))
      (i32.store (i32.const 516) (i32.const 100))
      (if (call $read (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 520))
        (then (call $exit (i32.const 6))))
      (if (i32.eqz (i32.load (i32.const 520))) (then (call $exit (i32.const 0))))
      (call $put (i32.const 1024) (i32.load (i32.const 520)))
      (br $more))))
"""
# Once or twice a millisecond is what a loop that looks for input would need.
WAKE_UPS_MAX = WAIT_MS // 4


@pytest.fixture(scope="module")
def image(kernel: System) -> Path:
    source = kernel.work / "stdin.wat"
    source.write_text(PROGRAM)
    return kernel.link(source, "stdin")


def wake_ups(pid: int) -> int:
    """How often the threads of a process have gone to sleep by themselves."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        total += int(fields["voluntary_ctxt_switches"])
    return total


@pytest.mark.parametrize("machine", ["microvm", "pc", "q35"])
def test_waiting_for_input(image: Path, tmp_path: Path, machine: str) -> None:
    qemu = tmp_path / "qemu"
    qemu.write_text(f'#!/bin/sh\necho $$ >{tmp_path}/pid\nexec {DEFAULT_QEMU} "$@"\n')
    qemu.chmod(0o755)
    with subprocess.Popen(
        [
            sys.executable, "-m", "mew", "run", image, "--machine", machine, "--qemu", qemu,
            "--timeout-s", str(TIMEOUT_S),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src/python")},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as vm:
        assert vm.stdin is not None and vm.stdout is not None
        assert vm.stdout.readline() == b"waiting\n"
        pid = int((tmp_path / "pid").read_text())
        before = wake_ups(pid)
        assert vm.stdout.readline() == b"timeout\n"
        assert wake_ups(pid) - before < WAKE_UPS_MAX
        for line in (b"hello\n", b"x" * 99 + b"\n", b"\n"):
            vm.stdin.write(line)
            vm.stdin.flush()
            assert vm.stdout.readline() == line
        vm.stdin.close()
        assert vm.stdout.read() == b""
        assert vm.wait() == 0


def test_input_that_is_there_comes_before_the_time(image: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mew", "run", image, "--timeout-s", str(TIMEOUT_S)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src/python")},
        input=b"here", capture_output=True, check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"waiting\nstdin\n  here"
