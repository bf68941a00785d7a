# SPDX-License-Identifier: Apache-2.0
"""A FAT32 disk in a machine: what a program does there, and what is left when QEMU is killed."""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import ROOT
from pipeline import TIMEOUT_S
from pipeline import ZIG
from pipeline import Outcome
from pipeline import expect_success
from pipeline import run_module
from raw_programs import compile_c

# The Linux host has its directories from the system that it runs on.
pytestmark = pytest.mark.parametrize("system", ["kernel"], indirect=True, scope="session")

MCOPY = shutil.which("mcopy")
FSCK = shutil.which("fsck.fat", path="/usr/sbin:/sbin:/usr/bin:/bin")
RECORD = 32
RECORDS = 48
# What a checker may say of a disk whose machine was killed: clusters that are lost, and numbers
# that are hints.
HARMLESS = re.compile(
    r"fsck\.fat .*|Free cluster summary .*|  Auto-correcting\.|Reclaimed \d+ unused clusters?.*"
    r"|Leaving filesystem unchanged\.|.*: \d+ files, \d+/\d+ clusters|"
)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    expect_success(run_module("mew", "disk", "-o", path, "--size-mib", 33))
    return path


def link(objects: Path, program: Path) -> Path:
    image = program.with_suffix(".elf")
    expect_success(
        run_module(
            "mew", "link", program, "-o", image, "--system", "kernel", "--zig", ZIG,
            "--objects", objects, "--preopen", "/=disk",
        )
    )
    return image


def run(image: Path, disk: object, *options: object) -> Outcome:
    return run_module("mew", "run", image, "--disk", disk, "--timeout-s", 120, *options)


def run_until_killed(image: Path, disk: Path, said: str) -> None:
    """Start the machine and kill QEMU as soon as the program has said the line."""
    search_path = os.pathsep.join([str(ROOT / "src/python"), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-m", "mew", "run", image, "--disk", disk, "--timeout-s", "120"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": search_path},
    ) as runner:
        assert runner.stdout is not None
        for line in runner.stdout:
            if line.strip() == said:
                break
        else:
            pytest.fail(f"the program ended before it said {said}")
        children = Path(f"/proc/{runner.pid}/task/{runner.pid}/children").read_text().split()
        assert len(children) == 1
        os.kill(int(children[0]), signal.SIGKILL)
        runner.wait(TIMEOUT_S)


def expect_harmless(disk: Path) -> None:
    """Another checker finds a volume that can be mounted, with lost clusters at worst."""
    if not FSCK:
        return
    done = subprocess.run([FSCK, "-n", disk], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stdout.splitlines() if not HARMLESS.fullmatch(line)]
    assert not wrong, done.stdout


def copy(disk: Path, name: str) -> bytes:
    """The file as another program reads it."""
    done = subprocess.run(
        [str(MCOPY), "-i", disk, f"::{name}", "-"], capture_output=True, check=True
    )
    return done.stdout


def test_killed_machines_lose_nothing_synced(objects: Path, tmp_path: Path, disk: Path) -> None:
    image = link(objects, compile_c("journal", tmp_path))
    for said in (1, 4, 11, 12, 21, 32, 40):
        run_until_killed(image, disk, f"{said:02}")
        expect_harmless(disk)
        if MCOPY:
            log = copy(disk, "The log of all.txt")
            assert len(log) >= said * RECORD
    outcome = run(image, disk)
    assert (outcome.exit_code, outcome.stderr) == (0, ""), "line of programs/journal.c"
    lines = outcome.stdout.splitlines()
    assert 40 <= int(lines[0]) and lines[-1] == str(RECORDS)
    expect_harmless(disk)
    if MCOPY:
        assert len(copy(disk, "The log of all.txt")) == RECORDS * RECORD
        kept = copy(disk, "A file that was kept 11")
        assert kept == bytes((11 + i // 7) % 256 for i in range(5000))


@pytest.mark.skipif(not FSCK, reason="fsck.fat is not installed (Debian: dosfstools)")
def test_a_program_that_ends_leaves_nothing_to_check(
    objects: Path, tmp_path: Path, disk: Path
) -> None:
    image = link(objects, compile_c("journal", tmp_path))
    assert run(image, disk, "--machine", "q35").exit_code == 0
    done = subprocess.run([FSCK, "-n", disk], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    # Its version, and the counts: the number of free clusters is right too.
    assert len(done.stdout.splitlines()) == 2, done.stdout


def test_unfit_disks_are_refused(objects: Path, tmp_path: Path) -> None:
    image = link(objects, compile_c("journal", tmp_path))
    disk = tmp_path / "zeros.img"
    disk.write_bytes(bytes(1 << 20))
    outcome = run(image, disk)
    assert outcome.exit_code != 0
    assert "no usable FAT32" in outcome.stderr and "mew disk" in outcome.stderr
