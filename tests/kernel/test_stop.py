# SPDX-License-Identifier: Apache-2.0
"""A program without listening sockets that is asked to end does so at once, whatever it does, and
the kernel with it: SIGTERM to the runner is an NMI to the machine."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import ROOT
from pipeline import TIMEOUT_S
from pipeline import System

EXIT_CODE = 128 + signal.SIGTERM
MACHINES = ("microvm", "pc", "q35")
# More than any of these takes on a busy machine. One that runs out shows as another exit code.
STOP_TIMEOUT_S = 60

# Writes "ready", then does for ever what its argument says.
PROGRAM = """
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 64)
  (data (i32.const 600) "ready\\n")
  (func $put (param $stream i32) (param $size i32)
    (i32.store (i32.const 512) (i32.const 600))
    (i32.store (i32.const 516) (local.get $size))
    (if (call $write (local.get $stream) (i32.const 512) (i32.const 1) (i32.const 520))
      (then (call $exit (i32.const 2)))))
  (func $is (param $letter i32) (result i32)
    (i32.eq (local.get $letter) (i32.load8_u (i32.load (i32.const 1028)))))
  (func $forever
    ;; spins
    (if (call $is (i32.const 115)) (then (loop $more (br $more))))
    (loop $more
      ;; fills memory, which the runtime's memset does
      (if (call $is (i32.const 102))
        (then (memory.fill (i32.const 65536) (i32.const 1) (i32.const 4000000))))
      ;; grows memory by nothing
      (if (call $is (i32.const 103)) (then (drop (memory.grow (i32.const 0)))))
      ;; asks for the time
      (if (call $is (i32.const 116))
        (then (drop (call $time (i32.const 1) (i64.const 0) (i32.const 520)))))
      ;; output, error output
      (if (call $is (i32.const 111)) (then (call $put (i32.const 1) (i32.const 6))))
      (if (call $is (i32.const 101)) (then (call $put (i32.const 2) (i32.const 6))))
      ;; waits for a clock, for input
      (if (call $is (i32.const 99))
        (then (i64.store (i32.const 24) (i64.const 1000000000000))
          (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 504)))))
      (if (call $is (i32.const 105))
        (then (i32.store (i32.const 512) (i32.const 2048)) (i32.store (i32.const 516) (i32.const 9))
          (drop (call $read (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 520)))))
      (br $more)))
  (func (export "_start")
    (drop (call $sizes (i32.const 504) (i32.const 508)))
    (drop (call $args (i32.const 1024) (i32.const 1100)))
    (call $put (i32.const 1) (i32.const 6))
    (call $forever)))
"""
DEEDS = ("spin", "fill", "grow", "time", "output", "error", "clock", "input")


@pytest.fixture(scope="module")
def image(kernel: System) -> Path:
    source = kernel.work / "stop.wat"
    source.write_text(PROGRAM)
    return kernel.link(source, "stop")


def stop(image: Path, deed: str, machine: str) -> "tuple[int, str]":
    """Start, stop when it has begun, and return exit code and error output of the runner."""
    running = subprocess.Popen(
        [sys.executable, "-m", "mew", "run", image, "--machine", machine, "--timeout-s", "120",
         "--stop-timeout-s", str(STOP_TIMEOUT_S), "--", deed],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src/python")},
    )
    try:
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(signal.SIGTERM)
        # Read on: the program may be waiting for that.
        _, stderr = running.communicate(timeout=TIMEOUT_S)
    finally:
        running.kill()
    return running.returncode, stderr.decode()


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("deed", DEEDS)
def test_a_program_ends_whatever_it_does(image: Path, deed: str, machine: str) -> None:
    code, stderr = stop(image, deed, machine)
    assert code == EXIT_CODE, stderr[-1000:]
    assert "panic" not in stderr


@pytest.mark.parametrize("deed", ["grow", "time", "output", "error"])
def test_at_any_instruction(image: Path, deed: str) -> None:
    """Each stop hits another one."""
    for _ in range(12):
        code, stderr = stop(image, deed, "microvm")
        assert code == EXIT_CODE, stderr[-1000:]
