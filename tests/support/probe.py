# SPDX-License-Identifier: Apache-2.0
"""A C program linked with the kernel (tests/kernel/programs), run in VMs by `mew.vm`."""
from __future__ import annotations

import io
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mew.vm.machine import Machine
from mew.vm.report import Outcome
from mew.vm.run import DEFAULT_QEMU
from mew.vm.run import RunRequest
from mew.vm.run import run
from pipeline import ROOT
from pipeline import ZIG
from pipeline import System
from pipeline import expect_success
from pipeline import run_module

PROGRAMS = ROOT / "tests/kernel/programs"
# A hang ends with a message; the machine that runs the tests may be busy.
TIMEOUT_S = 120.0


def free_port() -> int:
    """A TCP port of this machine that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Finished:
    """One run: what it means, and what came out of it."""

    outcome: Outcome
    stdout: bytes
    stderr: str


@dataclass(frozen=True)
class Probe:
    """An image whose program does what its arguments say."""

    image: Path

    @staticmethod
    def build(kernel: System, source: str, *flags: str, stem: str = "probe") -> "Probe":
        """Compile PROGRAMS/source and link it as the program."""
        program = kernel.work / f"{stem}.o"
        image = kernel.work / f"{stem}.elf"
        cache = str(kernel.work / "zig-cache")
        subprocess.run(
            [
                ZIG, "build-obj", "-target", "x86_64-freestanding-none", "-O", "small",
                "-mno-red-zone", "-fno-omit-frame-pointer", "-fstrip", *flags,
                PROGRAMS / source, f"-femit-bin={program}",
                "--cache-dir", cache, "--global-cache-dir", cache,
            ],
            check=True,
        )
        expect_success(
            run_module(
                "mew", "link", program, "-o", image,
                "--system", "kernel", "--zig", ZIG, "--objects", kernel.objects,
            )
        )
        return Probe(image)

    def run(
        self,
        *arguments: str,
        machine: Machine = Machine(),
        stdin: bytes | None = None,
        timeout_s: float = TIMEOUT_S,
        log_level: str = "warn",
        qemu: str = DEFAULT_QEMU,
    ) -> Finished:
        """Boot the image with these arguments after argv[0] and wait for its end."""
        request = RunRequest(
            kernel=self.image,
            machine=machine,
            program_arguments=arguments,
            log_level=log_level,
            timeout_s=timeout_s,
            qemu=qemu,
        )
        stderr = io.BytesIO()
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as given:
            given.write(stdin or b"")
            given.seek(0)
            outcome = run(request, stdout, stderr, None if stdin is None else given)
            stdout.seek(0)
            return Finished(outcome, stdout.read(), stderr.getvalue().decode(errors="replace"))
