# SPDX-License-Identifier: Apache-2.0
"""Waiting costs no processor time, and clocks agree with the world outside."""
from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest
from mew.vm.machine import Machine
from pipeline import System
from probe import Probe

SLEEP_S = 2

# Sleeps with poll_oneoff, then exits with 0 if the monotonic clock says that it did.
SLEEPER = f"""
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const {SLEEP_S * 10**9}))
    (if (call $time (i32.const 1) (i64.const 1) (i32.const 512)) (then (call $exit (i32.const 3))))
    (if (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 504))
      (then (call $exit (i32.const 2))))
    (if (call $time (i32.const 1) (i64.const 1) (i32.const 520)) (then (call $exit (i32.const 3))))
    (call $exit (i64.lt_u
      (i64.sub (i64.load (i32.const 520)) (i64.load (i32.const 512)))
      (i64.const {SLEEP_S * 10**9})))))
"""

# Exits with the seconds of the wall clock, 32 bits of them.
TELLER = """
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $time (i32.const 0) (i64.const 1) (i32.const 0)))
    (call $exit (i32.wrap_i64 (i64.div_u (i64.load (i32.const 0)) (i64.const 1000000000))))))
"""


def build(kernel: System, directory: Path, name: str, text: str) -> Probe:
    source = directory / f"{name}.wat"
    source.write_text(text)
    return Probe(kernel.link(source, name))


def test_sleeping_idles(kernel: System, tmp_path: Path) -> None:
    sleeper = build(kernel, tmp_path, "sleeper", SLEEPER)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    started_s = time.monotonic()
    assert sleeper.run().outcome.program_code == 0
    elapsed_s = time.monotonic() - started_s
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy_s = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    assert elapsed_s >= SLEEP_S * 0.99, "the guest's clock runs fast"
    assert busy_s < SLEEP_S / 2, "a waiting guest must not spin"


@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_wall_clock(kernel: System, tmp_path: Path, machine: str) -> None:
    teller = build(kernel, tmp_path, "teller", TELLER)
    before_s = int(time.time())
    told_s = teller.run(machine=Machine(machine=machine)).outcome.program_code
    assert told_s is not None and before_s - 1 <= told_s <= time.time() + 1
