# SPDX-License-Identifier: Apache-2.0
"""The systems that programs run on: the product's own Linux host and kernel, and the driver."""
from __future__ import annotations

import io
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from pipeline import ROOT
from pipeline import ZIG

from mew.link.build import build_system
from mew.link.image import link_image
from mew.link.process import run as run_tool
from mew.vm.machine import Machine
from mew.vm.run import RunRequest
from mew.vm.run import run as run_vm
from mew_abi import wasi

DRIVER_SOURCE = Path(__file__).parent / "driver/driver.zig"
# Name on the command line -> the linker's name.
SYSTEMS = {"host": "linux", "vm": "kernel"}
# The suite grows memories to a few hundred pages at most, besides refused requests.
_VM_MEMORY_MIB = 256
# Generous: programs take milliseconds, but the machine may be shared; a hang still ends.
_TIMEOUT_S = 300
_DRIVER_LINES = re.compile(r"^[FE] \d[^\n]*\n", re.MULTILINE)
_DRIVER_FLAGS = (
    "-O", "safe", "-mcpu", "x86_64", "-fPIC", "-fstrip", "-mno-red-zone", "-fno-stack-check",
    "-fno-stack-protector", "-fno-compiler-rt", "-fno-omit-frame-pointer", "-fsingle-threaded",
)  # fmt: skip


@dataclass(frozen=True)
class Ending:
    """How a program ended: its standard output, and what went wrong ("" if nothing did)."""

    output: str
    problem: str


@dataclass(frozen=True)
class System:
    """A built system; `folder` holds its objects and the driver's."""

    name: str
    folder: Path

    @staticmethod
    def build(name: str, folder: Path) -> "System":
        """Compile the system and the driver into `folder`; a few seconds."""
        build_system(
            SYSTEMS[name], zig=ZIG, sources=ROOT / "kernel", output=folder,
            features=wasi.DEFAULT_FEATURES,
        )  # fmt: skip
        system = System(name, folder)
        target = "x86_64-linux-none" if name == "host" else "x86_64-freestanding-none"
        with tempfile.TemporaryDirectory(prefix="cache-", dir=folder) as cache:
            caches = ("--cache-dir", cache, "--global-cache-dir", cache)
            argv = (
                str(ZIG), "build-obj", "-target", target, *_DRIVER_FLAGS, *caches,
                str(DRIVER_SOURCE), f"-femit-bin={system.driver}",
            )  # fmt: skip
            finished = run_tool(argv)
        assert finished.exit_code == 0, finished.stderr
        return system

    @property
    def driver(self) -> Path:
        """The driver's object."""
        return self.folder / "driver.o"

    def link(self, objects: Sequence[Path], image: Path) -> None:
        """Link a program; raises MewError."""
        link_image(
            SYSTEMS[self.name], zig=ZIG, objects=self.folder, programs=[self.driver, *objects],
            output=image,
        )  # fmt: skip

    def run(self, image: Path) -> Ending:
        """Run an image to its end."""
        return _run_on_host(image) if self.name == "host" else _run_in_vm(image)


def _run_on_host(image: Path) -> Ending:
    try:
        done = subprocess.run(
            [image], stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        return Ending((error.stdout or b"").decode(), f"no end within {_TIMEOUT_S} s")
    problem = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        problem = f"exit code {done.returncode}: {problem}"
    return Ending(done.stdout.decode(errors="replace"), problem)


def _run_in_vm(image: Path) -> Ending:
    machine = Machine(memory_mib=_VM_MEMORY_MIB, accelerator="tcg")
    control = io.BytesIO()
    with tempfile.TemporaryFile() as output:
        request = RunRequest(image, machine, timeout_s=_TIMEOUT_S)
        outcome = run_vm(request, output, control)
    # The driver's lines and the kernel's come the same way.
    text = control.getvalue().decode(errors="replace")
    problem = _DRIVER_LINES.sub("", text)
    if outcome.exit_code != 0:
        problem = f"exit code {outcome.exit_code}: {problem}"
    return Ending("".join(_DRIVER_LINES.findall(text)), problem)
