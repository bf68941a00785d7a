# SPDX-License-Identifier: Apache-2.0
"""What is behind each directory that a program starts with, by image, boot and host."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from mew_abi import protocol
from pipeline import TIMEOUT_S
from pipeline import ZIG
from pipeline import Outcome
from pipeline import expect_success
from pipeline import run_module
from raw_programs import compile_c

# Error codes of preview1.
NOENT, ROFS, XDEV = 44, 69, 75

# One image serves all boots: its own table, what a boot says of it, what the program sees then.
BOOTS = {
    "default": ((), f"/ device 1 file text made {ROFS}\n/tmp device 2 file {NOENT} made 0\n"
                    f"move {XDEV}\n"),
    "overlay": (("--preopen", "/=overlay"),
                f"/ device 1 file text made 0\n/tmp device 2 file {NOENT} made 0\nmove {XDEV}\n"),
    "one-file-system": (
        ("--preopen=/=overlay", "--preopen=/tmp=overlay"),
        "/ device 1 file text made 0\n/tmp device 1 file text made 0\nmove 0\n"),
    "fewer": (("--preopen", "/tmp=none"), f"/ device 1 file text made {ROFS}\n"),
    "own": (("--preopen", "/=memory", "--preopen", "/a=b=memory"),
            f"/ device 1 file {NOENT} made 0\n/tmp device 2 file {NOENT} made 0\n"
            f"/a=b device 3 file {NOENT} made 0\nmove {XDEV}\nmove {XDEV}\n"),
}

REFUSED = {
    "no-disk": (("--preopen", "/data=disk"),
                "preopen '/data' is a disk, and this machine has none; start it with --disk PATH"),
    "no-share": (("--preopen", "/code=host"), "start the machine with --share /code=DIR"),
    "no-file-system": (("--preopen", "/data=disk", "--disk", "{empty}"),
                       "preopen '/data' is a disk, which has no usable FAT32 file system"),
    "too-many": ([f"--preopen=/{number}=memory" for number in range(15)],
                 "preopen '/14' is one too many, 16 are possible; leave one out"),
}


@pytest.fixture(scope="module")
def image(system: str, objects: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("directories")
    program = compile_c("directories", work)
    (work / "files").mkdir()
    (work / "files/file").write_text("text")
    (work / "empty").write_bytes(bytes(1 << 20))
    linked = work / "directories.elf"
    files = ("--files", work / "files") if system == "kernel" else ()
    expect_success(
        run_module(
            "mew", "link", program, "-o", linked, "--system", system, "--zig", ZIG,
            "--objects", objects, *files,
        )
    )
    return linked


def boot(image: Path, *options: str) -> Outcome:
    """Boot the image; `{empty}` in an option stands for a disk of zeros."""
    places = {"empty": image.parent / "empty"}
    filled = [option.format(**places) for option in options]
    return run_module("mew", "run", image, "--timeout-s", 120, *filled)


def test_directories(system: str, image: Path, tmp_path: Path) -> None:
    if system == "kernel":
        for name, (options, expected) in BOOTS.items():
            outcome = boot(image, *options)
            assert (outcome.stdout, outcome.exit_code) == (expected, 0), (name, outcome.stderr)
        return
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "one/file").write_text("text")
    preopens = f"/={tmp_path / 'one'}:/tmp={tmp_path / 'other'}"
    done = subprocess.run(
        [image], env={"MEW_PREOPENS": preopens}, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=True,
    )
    device = (tmp_path / "one").stat().st_dev
    assert f" device {device >> 8 << 32 | device & 0xFF} " in done.stdout
    assert [line.split(" file ")[-1] for line in done.stdout.splitlines()] == [
        "text made 0", f"{NOENT} made 0", "move 0",
    ]
    assert (tmp_path / "one/moved").read_text() == "content"


def test_what_a_machine_cannot_give_is_a_reason_not_to_start(system: str, image: Path) -> None:
    if system == "linux":
        done = subprocess.run(
            [image], env={"MEW_PREOPENS": "/=/no/such/folder"}, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )
        assert done.returncode == protocol.RUNNER_EXIT_PANIC
        assert "cannot start: cannot open directory '/no/such/folder'" in done.stderr
        return
    for name, (options, message) in REFUSED.items():
        outcome = boot(image, *options)
        assert outcome.exit_code == protocol.RUNNER_EXIT_PANIC, (name, outcome.stderr)
        assert "cannot start: " in outcome.stderr and message in outcome.stderr, name
        assert "panic" not in outcome.stderr and outcome.stdout == "", name
