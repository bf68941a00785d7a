# SPDX-License-Identifier: Apache-2.0
"""Programs without a libc (programs/*.c), for arguments that no libc would pass."""
from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

from mew_abi import wasi
from pipeline import TIMEOUT_S
from pipeline import ZIG
from pipeline import expect_success
from pipeline import run_module

PROGRAMS = Path(__file__).parent / "programs"
FEATURES = ",".join(wasi.FEATURES)


def compile_c(name: str, work: Path) -> Path:
    """Compile programs/<name>.c, without a libc, to an object of ours."""
    module = work / f"{name}.wasm"
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-freestanding", "-nostdlib", "-O1", "-Wall", "-Werror",
            "-Wl,--export=_start", "-Wl,--no-entry", PROGRAMS / f"{name}.c", "-o", module,
        ],
        check=True,
        env={"ZIG_LOCAL_CACHE_DIR": str(work), "ZIG_GLOBAL_CACHE_DIR": str(work)},
    )
    program = work / f"{name}.o"
    expect_success(run_module("wasker", "compile", module, "-o", program, "--wasi", FEATURES))
    return program


def run_program(
    system: str,
    objects: Path,
    program: Path,
    files: "Path | None",
    preopen: str = "/=overlay",
    memory_mib: int = 128,
    closed_streams: bool = False,
) -> "tuple[int, str, str]":
    """Link and run: exit code, standard output, standard error. No `files`: no directory.

    With `closed_streams` a Linux process starts without descriptors 0 to 2.
    """
    image = program.with_suffix(".elf")
    options: "tuple[object, ...]" = ()
    if system == "kernel":
        # The programs write into their directory.
        options = ("--files", files, "--preopen", preopen) if files else ("--no-preopens",)
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", system, "--zig", ZIG,
            "--objects", objects, *options,
        )
    )
    if system == "kernel":
        outcome = run_module("mew", "run", image, "--timeout-s", 120, "--memory-mib", memory_mib)
        return outcome.exit_code, outcome.stdout, outcome.stderr
    environment = {"MEW_PREOPENS": f"/={files}"} if files else {}
    done = subprocess.run(
        [image], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=False,
        preexec_fn=_close_streams if closed_streams else _allow_descriptors,
    )
    return done.returncode, done.stdout, done.stderr


def _allow_descriptors() -> None:
    """The limit that a test looks for is mew's, not that of the shell that started it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _close_streams() -> None:
    _allow_descriptors()
    os.closerange(0, 3)
