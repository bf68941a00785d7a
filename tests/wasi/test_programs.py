# SPDX-License-Identifier: Apache-2.0
"""The official preview1 programs, all of them: the same object as a process and in a VM."""
from __future__ import annotations

import subprocess
from pathlib import Path

import corpora
import official
import pytest
from mew_abi import wasi
from pipeline import TIMEOUT_S
from pipeline import ZIG
from pipeline import Outcome
from pipeline import expect_success
from pipeline import run_module

ARCHIVE = corpora.find(official.ARCHIVE)
CASES = official.load(ARCHIVE) if ARCHIVE else []
FEATURES = ",".join(wasi.FEATURES)
SYSTEMS = ("linux", "kernel")

pytestmark = pytest.mark.skipif(
    not CASES, reason=f"{official.ARCHIVE} is not here; point MEW_CORPORA at its folder"
)


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both systems with every feature set."""
    built = {}
    for system in SYSTEMS:
        built[system] = tmp_path_factory.mktemp(system) / "objects"
        expect_success(
            run_module(
                "mew", "build-system", "--system", system, "--zig", ZIG, "-o", built[system],
                "--features", FEATURES,
            )
        )
    return built


def _link(system: str, objects: Path, program: Path, image: Path, *options: object) -> None:
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", system, "--zig", ZIG,
            "--objects", objects, *options,
        )
    )


def _run_linux(objects: Path, program: Path, case: official.Case, work: Path) -> Outcome:
    image = work / "linux.elf"
    _link("linux", objects, program, image)
    environment = dict(case.environment)
    if case.root is not None:
        environment["MEW_PREOPENS"] = f"/={work / 'root'}"
    done = subprocess.run(
        ["program", *case.arguments], executable=image, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def _run_kernel(objects: Path, program: Path, case: official.Case, work: Path) -> Outcome:
    image = work / "kernel.elf"
    files = ("--no-preopens",)
    if case.root is not None:
        # The programs write into it.
        files = ("--files", work / "root", "--preopen", "/=overlay")
    _link("kernel", objects, program, image, *files)
    environment = []
    for name, value in case.environment.items():
        environment += ["--env", f"{name}={value}"]
    return run_module(
        "mew", "run", image, "--timeout-s", 120, *environment, "--", *case.arguments
    )


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 48


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_program(objects: dict[str, Path], case: official.Case, tmp_path: Path) -> None:
    module = tmp_path / "program.wasm"
    module.write_bytes(case.module)
    program = tmp_path / "program.o"
    expect_success(run_module("wasker", "compile", module, "-o", program, "--wasi", FEATURES))
    if case.root is not None:
        case.write_root(tmp_path / "root")
    # First the VM: it works on a copy of the directory.
    for system, run in (("kernel", _run_kernel), ("linux", _run_linux)):
        outcome = run(objects[system], program, case, tmp_path)
        assert outcome.exit_code == case.exit_code, (system, outcome)
        if case.stdout is not None:
            assert outcome.stdout == case.stdout, system
