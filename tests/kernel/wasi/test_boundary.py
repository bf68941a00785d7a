# SPDX-License-Identifier: Apache-2.0
"""Programs that pass what no libc would: exact error codes, and nothing but error codes."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
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


@pytest.fixture(scope="module", params=["linux", "kernel"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return request.param


@pytest.fixture(scope="module")
def objects(system: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp(system) / "objects"
    expect_success(
        run_module(
            "mew", "build-system", "--system", system, "--zig", ZIG, "-o", output,
            "--features", FEATURES,
        )
    )
    return output


def _run(system: str, objects: Path, program: Path, files: "Path | None") -> "tuple[int, str, str]":
    image = program.with_suffix(".elf")
    in_image = ()
    if system == "kernel":
        # The programs write into their directory.
        preopen = ("--files", files, "--preopen", "/=overlay")
        in_image = preopen if files else ("--no-preopens",)
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", system, "--zig", ZIG,
            "--objects", objects, *in_image,
        )
    )
    if system == "kernel":
        outcome = run_module("mew", "run", image, "--timeout-s", 120)
        return outcome.exit_code, outcome.stdout, outcome.stderr
    environment = {"MEW_PREOPENS": f"/={files}"} if files else {}
    done = subprocess.run(
        [image], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_exact_codes(system: str, objects: Path, tmp_path: Path) -> None:
    """The exit code is the line of the first expectation that failed."""
    outcome = _run(system, objects, compile_c("exact", tmp_path), None)
    assert outcome == (0, "", ""), "exit code: line of programs/exact.c"


def test_hostile_numbers(system: str, objects: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    code, stdout, stderr = _run(system, objects, compile_c("hostile", tmp_path), files)
    assert stdout == "survived\n", (code, stderr)
    assert code == (0x78 if system == "linux" else 255)


def test_no_path_leads_out(system: str, objects: Path, tmp_path: Path) -> None:
    """The exit code is the line of the first expectation that failed."""
    files = tmp_path / "files"
    (files / "dir").mkdir(parents=True)
    (files / "dir/file").write_text("content")
    for name, target in {
        "in": "dir/file", "out": "/etc", "up": "../..", "loop": "loop", "dir/back": "../dir/file",
    }.items():
        (files / name).symlink_to(target)
    (tmp_path / "file").write_text("not yours")
    outcome = _run(system, objects, compile_c("paths", tmp_path), files)
    assert outcome == (0, "", ""), "exit code: line of programs/paths.c"
    assert sorted(path.name for path in files.iterdir()) == ["dir", "in", "loop", "out", "up"]
