# SPDX-License-Identifier: Apache-2.0
"""Bytes arrive whole and in order, in both directions, fast way and slow."""
from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from mew.vm.machine import Machine
from mew_abi import protocol
from pipeline import ROOT
from pipeline import TIMEOUT_S
from pipeline import System
from probe import Probe

# Copies standard input to standard output in pieces of 3,000 bytes.
CAT = """
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 3000))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (call $exit (i32.const 1))))
      (if (i32.eqz (i32.load (i32.const 8))) (then (call $exit (i32.const 0))))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
        (then (call $exit (i32.const 2))))
      (br $more))))
"""

# Writes the first 65,536 bytes of its memory, which hold their own addresses, four times.
FLOOD = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (func (export "_start") (local $i i32)
    (loop $fill
      (i32.store (local.get $i) (local.get $i))
      (br_if $fill
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))
    (i32.store (i32.const 65540) (i32.const 65536))
    (local.set $i (i32.const 0))
    (loop $more
      (if (call $write (i32.const 1) (i32.const 65536) (i32.const 1) (i32.const 65544))
        (then (call $exit (i32.const 2))))
      (br_if $more
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))))
"""


@pytest.fixture(scope="module")
def cat(kernel: System, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    source = tmp_path_factory.mktemp("cat") / "cat.wat"
    source.write_text(CAT)
    return Probe(kernel.link(source, "cat"))


@pytest.mark.parametrize("size", [0, 1, 4096, 30_000])
@pytest.mark.parametrize("machine", ["microvm", "pc"])
def test_input_to_output(cat: Probe, machine: str, size: int) -> None:
    given = random.Random(size).randbytes(size)
    finished = cat.run(machine=Machine(machine), stdin=given)
    assert (finished.outcome.program_code, finished.stderr) == (0, "")
    assert finished.stdout == given


def test_no_input_is_an_empty_one(cat: Probe) -> None:
    assert cat.run(stdin=None).outcome.program_code == 0


@pytest.fixture(scope="module")
def flood(kernel: System, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    source = tmp_path_factory.mktemp("flood") / "flood.wat"
    source.write_text(FLOOD)
    return Probe(kernel.link(source, "flood"))


FLOODED = b"".join(address.to_bytes(4, "little") for address in range(0, 65536, 4)) * 4


def test_large_output(flood: Probe) -> None:
    finished = flood.run()
    assert finished.outcome.program_code == 0, finished
    assert finished.stdout == FLOODED


def run_into_pipe(image: Path, machine: str) -> "subprocess.Popen[bytes]":
    """Start `mew run` with a pipe that holds less than the kernel writes at once."""
    search_path = os.pathsep.join([str(ROOT / "src/python"), *sys.path])
    process = subprocess.Popen(
        [sys.executable, "-m", "mew", "run", image, "--machine", machine, "--timeout-s", "120"],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": search_path}, bufsize=0,
    )
    assert process.stdout is not None
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    return process


@pytest.mark.parametrize("machine", ["microvm", "pc"])
def test_a_slow_reader_loses_nothing(flood: Probe, machine: str) -> None:
    with run_into_pipe(flood.image, machine) as process:
        assert process.stdout is not None
        assert b"".join(iter(lambda: process.stdout.read(1000), b"")) == FLOODED
        assert process.wait(TIMEOUT_S) == 0


def test_a_reader_that_has_enough_ends_the_run(flood: Probe) -> None:
    with run_into_pipe(flood.image, "microvm") as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == FLOODED[:4]
        process.stdout.close()
        assert process.wait(TIMEOUT_S) == protocol.RUNNER_EXIT_READER_GONE
