# SPDX-License-Identifier: Apache-2.0
"""A program with listening sockets on either system, as an object that tests talk to."""
from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from mew.testing.unikernel import Unikernel
from pipeline import ZIG
from pipeline import expect_success
from pipeline import module_environment
from pipeline import run_module
from raw_programs import FEATURES

TIMEOUT_S = 120


def build(system: str, work: Path) -> Path:
    """Compile the system with all feature sets; return where its objects are."""
    output = work / "objects"
    expect_success(
        run_module(
            "mew", "build-system", "--system", system, "--zig", ZIG, "-o", output,
            "--features", FEATURES,
        )
    )
    return output


def compile_libc(sources: Sequence[Path], work: Path, *options: str) -> Path:
    """Compile a C program with wasi-libc to an object of ours."""
    module, program = work / "program.wasm", work / "program.o"
    subprocess.run(
        [ZIG, "cc", "-target", "wasm32-wasi", "-O1", "-Wall", "-Werror", *options, *sources,
         "-o", module],
        check=True,
        env={"ZIG_LOCAL_CACHE_DIR": str(work), "ZIG_GLOBAL_CACHE_DIR": str(work)},
    )
    expect_success(run_module("wasker", "compile", module, "-o", program, "--wasi", FEATURES))
    return program


def link(
    system: str, objects: Path, program: Path, listeners: Sequence[str], files: "Path | None"
) -> Path:
    """The image; a Linux process is told of listeners and files when it starts."""
    image = program.with_suffix(f".{system}.elf")
    options: "list[object]" = []
    if system == "kernel":
        options += [f"--listen={listener}" for listener in listeners]
        options += ["--files", files, "--preopen", "/=overlay"] if files else ["--no-preopens"]
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", system, "--zig", ZIG,
            "--objects", objects, *options,
        )
    )
    return image


class Process:
    """What Unikernel is, for a Linux process."""

    address = "127.0.0.1"

    def __init__(self, image: Path, listeners: Sequence[str], files: "Path | None") -> None:
        """Start it, with each port replaced by one that is free here."""
        self._ports: "dict[tuple[str, int], int]" = {}
        variables = {"MEW_PREOPENS": f"/={files}"} if files else {}
        texts = []
        for listener in listeners:
            protocol, _, port = listener.partition(":")
            self._ports[protocol, int(port)] = own = _free_port(protocol)
            texts.append(f"{protocol}:{self.address}:{own}")
        if texts:
            variables["MEW_LISTEN"] = ",".join(texts)
        self._said = ""
        self.process = subprocess.Popen(
            [image], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )

    def port(self, guest_port: int, protocol: str = "tcp") -> int:
        """Where a port of the program is. Whether it listens already its output tells."""
        return self._ports[protocol, guest_port]

    def wait_for_output(self, text: str) -> str:
        """The standard output once it holds `text`."""
        while text not in self._said:
            line = self.process.stdout.readline()
            assert line, f"ended before {text!r}: {self._said}{self.process.stderr.read()}"
            self._said += line
        return self._said

    def wait(self) -> int:
        """Wait for the end by itself; the exit code."""
        return self.process.wait(TIMEOUT_S)

    def stop(self) -> int:
        """Ask for the end; the exit code, that of a shell if a signal was it."""
        self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        return 128 - code if code < 0 else code

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def run_process(image: Path, variables: "dict[str, str]") -> "subprocess.CompletedProcess[str]":
    """Run a Linux process to its end."""
    return subprocess.run(
        [image], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=False,
    )


def _free_port(protocol: str) -> int:
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((Process.address, 0))
        return probe.getsockname()[1]


def start(
    system: str, image: Path, listeners: Sequence[str], files: "Path | None" = None
) -> "Process | Unikernel":
    """Run it. Use the result in a `with` statement."""
    if system == "linux":
        return Process(image, listeners, files)
    published = []
    for listener in listeners:
        protocol, _, port = listener.partition(":")
        published.append(f"--publish=0:{port}" + ("/udp" if protocol == "udp" else ""))
    return Unikernel(
        [sys.executable, "-m", "mew", "run", str(image), *published, "--timeout-s",
         str(TIMEOUT_S)],
        environment=module_environment(),
    )  # fmt: skip
