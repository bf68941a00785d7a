# SPDX-License-Identifier: Apache-2.0
"""The commands for gdb, in a real gdb that debugs a VM, started as `mew run --gdb` says."""
from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from inlined import build_inlined
from mew_abi import protocol
from pipeline import ROOT
from pipeline import TIMEOUT_S
from pipeline import System
from pipeline import run_module
from probe import free_port

# A name as C++ has them.
NAME = 'operator new(unsigned int), "it\'s" <T*>'
PROGRAM = r"""
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "needle in memory")
  (func $"operator new(unsigned int), \"it's\" <T*>" (param i32) (result i32)
    (i32.load (local.get 0)))
  (func $main (export "_start")
    (drop (call $"operator new(unsigned int), \"it's\" <T*>" (i32.const 16)))
    (i32.store (i32.const 65536) (i32.const 1))))
"""
needs_gdb = pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")


def debug(image: Path, *commands: str) -> str:
    """What gdb says to `commands`; the VM is let go, or ended, with gdb."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src/python")])}
    with subprocess.Popen(
        [sys.executable, "-m", "mew", "run", image, f"--gdb={free_port()}"],
        env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as vm:
        try:
            assert vm.stderr is not None
            announced = re.fullmatch(r"mew: waiting for: (.*)\n", vm.stderr.readline())
            assert announced is not None
            program, *arguments = shlex.split(announced[1])
            options = [word for command in commands for word in ("-ex", command)]
            # gdb tries again until the VM listens. Its status is that of the last command.
            done = subprocess.run(
                [program, "-nx", "-batch", *arguments, *options], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S, check=False,
            )
        finally:
            vm.terminate()
        return done.stdout


@pytest.fixture(scope="module")
def image(kernel: System) -> Path:
    source = kernel.work / "named.wat"
    source.write_text(PROGRAM)
    return kernel.link(source, "named", "--opt", 0)


@needs_gdb
def test_functions_memory_and_callers(image: Path) -> None:
    said = debug(
        image, "mew functions OPERATOR", f"mew break {NAME}", "mew memory 0", "continue",
        "mew backtrace", "mew memory 0x10 20", "mew memory 65537", "mew break operator",
        "finish", "mew backtrace",
    )  # fmt: skip
    assert "Python Exception" not in said and "Traceback" not in said, said
    assert re.search(rf"^0x[0-9a-f]+ +\d+ bytes  wasm function '{re.escape(NAME)}'$", said, re.M)
    assert "no linear memory: the program has not started" in said
    function, main = re.escape(NAME), r"#\d 0x[0-9a-f]+ wasm function 'main' \+ 0x[0-9a-f]+"
    callers = rf"#0 0x[0-9a-f]+ wasm function '{function}' \+ 0x0\n{main}\n#2 .*'mew_start'"
    assert re.search(callers, said), said
    assert "0x00000010  6e 65 65 64 6c 65 20 69 6e 20 6d 65 6d 6f 72 79  needle in memory" in said
    assert re.search(r"^0x00000020  00 00 00 00 +\.\.\.\.$", said, re.M), said
    assert "0x10001 is not in the memory of 0x10000 bytes" in said
    assert f"no function 'operator'; wasm function '{NAME}'" in said
    # After `finish`, the innermost frame is the caller.
    assert re.search(rf"^#0 {main[4:]}$", said, re.M), said


@needs_gdb
def test_a_trap_stops_with_the_programs_frames(image: Path) -> None:
    said = debug(image, "mew traps", "continue", "mew backtrace", "mew traps off", "continue")
    assert "Python Exception" not in said and "Traceback" not in said, said
    assert "mew: page fault: out of bounds memory access at 0x10000\n" in said
    assert re.search(r"^  at 0x[0-9a-f]+ wasm function 'main' \+ 0x[0-9a-f]+$", said, re.M)
    frames = re.findall(r"^#\d+ 0x[0-9a-f]+ (.*) \+ 0x", said, re.M)
    handler = ["'handleInterrupt'", "'interrupt_common'"]
    assert frames[:4] == [*handler, "wasm function 'main'", "'mew_start'"], said


@needs_gdb
def test_source_lines_and_what_was_inlined(kernel: System, tmp_path: Path) -> None:
    image = kernel.link(build_inlined(tmp_path), "lines", "--debug-lines")
    said = debug(image, "mew traps", "continue", "mew backtrace")
    assert re.search(
        r"#2 0x[0-9a-f]+ wasm function 'start' \+ 0x[0-9a-f]+ at /source/main\.c:5 in caller, "
        r"inlined\n#3 0x[0-9a-f]+ 'mew_start'",
        said,
    ), said


def test_a_port_that_is_taken_has_a_fix(image: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = run_module("mew", "run", image, f"--gdb={port}")
    assert done.exit_code == protocol.RUNNER_EXIT_VMM_FAILURE
    assert f"fix: give another port than {port}: --gdb=PORT" in done.stderr


@needs_gdb
def test_mistakes_are_answered(image: Path) -> None:
    said = debug(image, "mew break nothing", "mew functions nothing", "mew memory", "mew traps x")
    assert "no function 'nothing'; see `mew functions`" in said
    assert "no function has 'nothing' in its name" in said
    assert "usage: mew memory ADDRESS [BYTES]" in said and "usage: mew traps [off]" in said
    assert "Traceback" not in said
