# SPDX-License-Identifier: Apache-2.0
"""Runs official programs on both systems: the same object as a process and in a VM."""
from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import official
from elftools.elf.elffile import ELFFile
from mew_abi import wasi
from pipeline import TIMEOUT_S
from pipeline import ZIG
from pipeline import Outcome
from pipeline import expect_success
from pipeline import run_module

SYSTEMS = ("linux", "kernel")
DIRECTORIES = ("overlay", "share")
FEATURES = ",".join(wasi.FEATURES)


def build(system: str, work: Path) -> Path:
    """The folder with the objects of a system that has every feature set."""
    objects = work / f"{system}-objects"
    expect_success(
        run_module(
            "mew", "build-system", "--system", system, "--zig", ZIG, "-o", objects,
            "--features", FEATURES,
        )
    )
    return objects


def exported_functions(system: str, objects: Path) -> set[str]:
    """Names of the preview1 functions that a system's object defines."""
    content = (objects / f"{system}.o").read_bytes()
    symbols = ELFFile(BytesIO(content)).get_section_by_name(".symtab")
    prefix = f"{wasi.MODULE}."
    return {
        symbol.name.removeprefix(prefix)
        for symbol in symbols.iter_symbols()
        if symbol.name.startswith(prefix) and symbol["st_shndx"] != "SHN_UNDEF"
    }


def compile_case(case: official.Case, work: Path) -> Path:
    """Compile the program in `work`, and put its directory there too; returns the object."""
    module = work / "program.wasm"
    module.write_bytes(case.module)
    program = work / "program.o"
    expect_success(run_module("wasker", "compile", module, "-o", program, "--wasi", FEATURES))
    if case.root is not None:
        case.write_root(work / "root")
    return program


def run_case(
    system: str,
    objects: Path,
    program: Path,
    case: official.Case,
    work: Path,
    directory: str = "overlay",
) -> Outcome:
    """Link what `compile_case` made in `work` and run it. A VM works on a copy of the directory:
    in memory (`directory` is overlay), or a folder of the host (share)."""
    image = work / f"{system}.elf"
    options: "tuple[object, ...]" = ()
    share: "tuple[object, ...]" = ()
    if system == "kernel":
        # The programs write into their directory.
        options = ("--no-preopens",)
        if case.root is not None and directory == "overlay":
            options = ("--files", work / "root", "--preopen", "/=overlay")
        elif case.root is not None:
            shutil.copytree(work / "root", work / "shared", symlinks=True)
            share = ("--share", f"/={work / 'shared'}")
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", system, "--zig", ZIG,
            "--objects", objects, *options,
        )
    )
    if system == "kernel":
        variables = (f"--env={name}={value}" for name, value in case.environment.items())
        return run_module(
            "mew", "run", image, "--timeout-s", 120, *share, *variables, "--", *case.arguments
        )
    environment = dict(case.environment)
    if case.root is not None:
        environment["MEW_PREOPENS"] = f"/={work / 'root'}"
    done = subprocess.run(
        ["program", *case.arguments], executable=image, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def complaint(case: official.Case, outcome: Outcome) -> str:
    """What is wrong with the outcome; empty when it is what the suite asks for."""
    if outcome.exit_code != case.exit_code:
        return f"exit code {outcome.exit_code}, not {case.exit_code}: {outcome.stderr.strip()}"
    if case.stdout is not None and outcome.stdout != case.stdout:
        return f"standard output {outcome.stdout!r}, not {case.stdout!r}"
    return ""
