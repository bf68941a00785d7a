# SPDX-License-Identifier: Apache-2.0
"""Promises about the image itself: size, start-up time, machines, determinism, exit codes."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from pipeline import ROOT
from pipeline import ZIG
from pipeline import System
from pipeline import expect_success
from pipeline import run_module

HELLO = ROOT / "examples/hello/hello.wat"
GREETING = "Hello from a kernel!\n"
SIZE_MAX_KIB = 256
ENTRY_MAX_US = 1000


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> System:
    return System.build("kernel", tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def hello(kernel: System) -> Path:
    return kernel.link(HELLO, "hello")


def test_size(hello: Path) -> None:
    assert hello.stat().st_size <= SIZE_MAX_KIB * 1024


@pytest.mark.parametrize("machine", ["microvm", "pc", "q35"])
def test_boots_on(hello: Path, machine: str) -> None:
    outcome = expect_success(
        run_module("mew", "run", hello, "--machine", machine, "--timeout-s", 120)
    )
    assert outcome.stdout == GREETING


@pytest.mark.parametrize("memory_mib", [16, 4096])
def test_memory_size(kernel: System, hello: Path, memory_mib: int) -> None:
    outcome = expect_success(kernel.run(hello, memory_mib=memory_mib))
    assert outcome.stdout == GREETING


def test_entry_to_program(hello: Path) -> None:
    """The best of forty: other work on the machine may steal time, the kernel may not."""
    times_us = []
    for _ in range(40):
        outcome = run_module("mew", "run", hello, "--log-level", "debug", "--timeout-s", 120)
        match = re.search(r"entry to app: (\d+) us", outcome.stderr)
        assert match, outcome
        times_us.append(int(match.group(1)))
    assert min(times_us) <= ENTRY_MAX_US, times_us


@pytest.mark.parametrize("code", [0, 7, 200, 255])
def test_exit_code(kernel: System, tmp_path: Path, code: int) -> None:
    source = tmp_path / "exit.wat"
    source.write_text(
        '(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))'
        f' (func (export "_start") (call $exit (i32.const {code}))))'
    )
    assert kernel.run(kernel.link(source, f"exit{code}")).exit_code == code


def test_same_object_for_both_systems_and_same_bytes_twice(tmp_path: Path) -> None:
    """Compiled and linked twice, from other directories: nothing of the place may show."""
    images = []
    for place in ("first", "second/deeper"):
        directory = tmp_path / place
        directory.mkdir(parents=True)
        source = directory / "hello.wat"
        source.write_bytes(HELLO.read_bytes())
        app = directory / "hello.o"
        expect_success(run_module("wasker", "compile", source, "-o", app))
        outputs = [app.read_bytes()]
        for name in ("kernel", "linux"):
            system = System.build(name, directory)
            image = directory / f"hello.{name}"
            expect_success(
                run_module("mew", "link", app, "-o", image, "--system", name, "--zig", ZIG,
                           "--objects", system.objects)
            )
            assert system.run(image).stdout == GREETING
            outputs.append(image.read_bytes())
        images.append(outputs)
    assert images[0] == images[1]
