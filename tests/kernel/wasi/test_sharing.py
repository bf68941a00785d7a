# SPDX-License-Identifier: Apache-2.0
"""A directory of the host as the program's own: what it does there, and where it cannot go."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from mew_abi import protocol
from pipeline import ZIG
from pipeline import Outcome
from pipeline import expect_success
from pipeline import run_module
from raw_programs import compile_c

# The Linux host has its directories from the system that it runs on.
pytestmark = pytest.mark.parametrize("system", ["kernel"], indirect=True, scope="session")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """What sharing.c expects."""
    root = tmp_path / "shared,with=odd name"
    for name in ("given", "empty", "many/sub"):
        (root / name).mkdir(parents=True)
    for name in ("moves", "replaces", "replaced", "removed", "cut"):
        (root / name).write_text(f"{name} was here before")
    for number in range(200):
        (root / "many" / f"file number {number}").touch()
    (root / "given.txt").write_text("hello, guest\n")
    os.utime(root / "given.txt", ns=(10**9, 10**9))
    return root


def run(objects: Path, program: Path, *options: object) -> Outcome:
    """Link the program without directories and run it with those of the options."""
    image = program.with_suffix(".elf")
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", "kernel", "--zig", ZIG,
            "--objects", objects, "--no-preopens",
        )
    )
    return run_module("mew", "run", image, "--timeout-s", 120, *options)


@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_files_names_and_lists(objects: Path, tmp_path: Path, shared: Path, machine: str) -> None:
    program = compile_c("sharing", tmp_path)
    outcome = run(objects, program, "--machine", machine, "--share", f"/={shared}")
    assert outcome == Outcome(0, "", ""), "exit code: line of programs/sharing.c"
    long = bytes((number * 7 + number // 256) % 256 for number in range(199_999))
    assert (shared / "long").read_bytes() == long
    assert (shared / "long").stat().st_mtime_ns == 5_000_000_007
    assert (shared / "long").stat().st_mode & 0o777 == 0o644
    assert (shared / "cut").read_text() == "short"
    assert (shared / "made/below/moved").read_text() == "moves was here before"
    assert (shared / "replaced").read_text() == "replaces was here before"
    assert (shared / "made/twin").samefile(shared / "given.txt")
    assert os.readlink(shared / "made/link") == "../given.txt"
    assert (shared / "made").stat().st_mtime_ns == 7_000_000_000
    names = {path.name for path in shared.iterdir()}
    assert names == {"given", "given.txt", "many", "long", "cut", "made", "replaced"}


def test_no_path_leads_out(objects: Path, tmp_path: Path) -> None:
    """The program that tries this everywhere (test_boundary.py)."""
    shared = tmp_path / "shared"
    (shared / "dir").mkdir(parents=True)
    (shared / "dir/file").write_text("content")
    for name, target in {
        "in": "dir/file", "out": "/etc", "up": "../..", "loop": "loop", "dir/back": "../dir/file",
    }.items():
        (shared / name).symlink_to(target)
    (tmp_path / "file").write_text("not yours")
    before = sorted(path.name for path in tmp_path.iterdir())
    program = compile_c("paths", tmp_path)
    outcome = run(objects, program, "--share", f"/={shared}")
    assert outcome == Outcome(0, "", ""), "exit code: line of programs/paths.c"
    assert sorted(path.name for path in shared.iterdir()) == ["dir", "in", "loop", "out", "up"]
    assert set(before) <= {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "file").read_text() == "not yours"


def test_a_read_only_share(objects: Path, tmp_path: Path, shared: Path) -> None:
    before = sorted(shared.rglob("*"))
    outcome = run(objects, compile_c("read_only", tmp_path), "--share", f"/={shared}:ro")
    assert outcome == Outcome(0, "", ""), "exit code: line of programs/read_only.c"
    assert sorted(shared.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--preopen", "/src=host"], protocol.RUNNER_EXIT_PANIC, "with --share /src=DIR"),
        (["--share", "/src=nowhere"], 1, "no directory nowhere"),
        (["--share", "nowhere"], 1, "write --share NAME=DIR"),
    ],
)
def test_a_share_that_is_not_there(
    objects: Path, tmp_path: Path, options: "list[str]", code: int, message: str
) -> None:
    outcome = run(objects, compile_c("read_only", tmp_path), *options)
    assert outcome.exit_code == code, outcome
    assert message in outcome.stderr
