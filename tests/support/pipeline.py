# SPDX-License-Identifier: Apache-2.0
"""Drives the real command lines from Wasm to a finished run, for tests of the whole path."""
from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import ziglang

ROOT = Path(__file__).resolve().parents[2]
ZIG = Path(ziglang.__file__).parent / "zig"
# Generous: the suite shares two cores with compilers; a hang still ends the test with a message.
TIMEOUT_S = 300


@dataclass(frozen=True)
class Outcome:
    """One finished command: its exit code and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


def module_environment() -> dict[str, str]:
    """Our own environment, in which `python -m mew` and others find this repository's sources.

    For children only: other programs that start a Python, such as gdb, must not see it.
    """
    search_path = os.pathsep.join([str(ROOT / "src/python"), *sys.path])
    return {**os.environ, "PYTHONPATH": search_path}


def run_module(module: str, *arguments: object, stdin: bytes = b"") -> Outcome:
    """Run `python -m module arguments` on this repository's sources and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        input=stdin, capture_output=True, env=module_environment(), timeout=TIMEOUT_S, check=False,
    )
    return Outcome(
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )


def expect_success(outcome: Outcome) -> Outcome:
    """Fail the test with the command's own words unless it exited with 0."""
    assert outcome.exit_code == 0, f"exit code {outcome.exit_code}\n{outcome.stderr}"
    return outcome


@dataclass(frozen=True)
class System:
    """Prebuilt objects of one system ("kernel" or "linux") and a place for outputs."""

    name: str
    objects: Path
    work: Path

    @staticmethod
    def build(name: str, work: Path, *build_options: object) -> "System":
        """Compile the system's own sources; a few seconds, so do it once per session."""
        objects = work / f"{name}-objects"
        expect_success(
            run_module(
                "mew", "build-system", "--system", name, "--zig", ZIG, "-o", objects,
                *build_options,
            )
        )
        return System(name, objects, work)

    def link(
        self, program: Path, stem: str, *compile_options: object, options: Sequence[object] = ()
    ) -> Path:
        """Compile `program` (.wat or .wasm) and link it with this system, as `options` say."""
        app = self.work / f"{stem}.o"
        image = self.work / f"{stem}.{self.name}.elf"
        expect_success(run_module("wasker", "compile", program, "-o", app, *compile_options))
        expect_success(
            run_module(
                "mew", "link", app, "-o", image,
                "--system", self.name, "--zig", ZIG, "--objects", self.objects, *options,
            )
        )
        return image

    def run(self, image: Path, *arguments: str, memory_mib: int = 64) -> Outcome:
        """Run the image to its end: in a VM for the kernel, as a process for Linux."""
        if self.name == "kernel":
            return run_module(
                "mew", "run", image, "--memory-mib", memory_mib, "--timeout-s", 120,
                "--", *arguments,
            )
        done = subprocess.run(
            [image, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        return Outcome(done.returncode, done.stdout, done.stderr)
