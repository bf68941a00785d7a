# SPDX-License-Identifier: Apache-2.0
"""Whenever a machine ends, others' programs find a volume that is whole, but for lost clusters.

The driver's own view of the same, and of what must have survived, is in
kernel/src/fs/fat/crash_tests.zig.
"""
from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from host_library import SECTOR
from host_library import HostLibrary
from host_library import Step

FSCK = shutil.which("fsck.fat", path="/usr/sbin:/sbin:/usr/bin:/bin")
MDIR = shutil.which("mdir")
# Another seed is another run; a few seconds each.
SEED = 3
CLUSTERS = 700
OPERATIONS = 120

# Lost clusters; a chain that is longer than its file; the second table still to be written; the
# start of a long name whose end is still to be written; numbers that are hints.
HARMLESS = re.compile(
    r"fsck\.fat .*|Free cluster summary .*|  Auto-correcting\.|Reclaimed \d+ unused clusters?.*"
    r"|Leaving filesystem unchanged\.|.*: \d+ files, \d+/\d+ clusters|"
    r"|/.*|  File size is \d+ bytes, cluster chain length is > \d+ bytes\."
    r"|  Truncating file to \d+ bytes\."
    r"|FATs differ but appear to be intact\.|  Using first FAT\.|FATs differ.*"
    r"|Orphaned long file name part .*|  Auto-deleting\."
    r"|WARNING: Number of clusters for 32 bit FAT is less than suggested minimum\."
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> HostLibrary:
    return HostLibrary(tmp_path_factory.mktemp("library"))


def put(image: bytearray, sector: int, content: bytes) -> None:
    image[sector * SECTOR : sector * SECTOR + len(content)] = content


def check(image: bytes, path: Path) -> None:
    path.write_bytes(image)
    done = subprocess.run([str(FSCK), "-n", path], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stdout.splitlines() if not HARMLESS.fullmatch(line)]
    assert not wrong and done.returncode in (0, 1), done.stdout + done.stderr


@pytest.mark.skipif(not FSCK, reason="fsck.fat is not installed (Debian: dosfstools)")
def test_every_prefix(library: HostLibrary, tmp_path: Path) -> None:
    before, steps = library.record(SEED, CLUSTERS, OPERATIONS)
    image = bytearray(before)
    writes = 0
    for step in steps:
        if step.kind != "write":
            continue
        put(image, step.sector, step.content)
        check(image, tmp_path / "disk.img")
        writes += 1
    assert writes > 200


@pytest.mark.skipif(not FSCK, reason="fsck.fat is not installed (Debian: dosfstools)")
def test_reordered_windows(library: HostLibrary, tmp_path: Path) -> None:
    """Between two flushes a device may keep any of the sectors."""
    before, steps = library.record(SEED + 1, CLUSTERS, OPERATIONS)
    choice = random.Random(SEED)
    image = bytearray(before)
    window: list[Step] = []
    for step in steps:
        if step.kind == "write":
            window.append(step)
        if step.kind != "flush" or not window:
            continue
        kept = bytearray(image)
        for write in window:
            for offset in range(0, len(write.content), SECTOR):
                if choice.random() < 0.5:
                    sector = write.sector + offset // SECTOR
                    put(kept, sector, write.content[offset : offset + SECTOR])
        check(kept, tmp_path / "disk.img")
        for write in window:
            put(image, write.sector, write.content)
        window = []


@pytest.mark.skipif(not MDIR, reason="mdir is not installed (Debian: mtools)")
def test_another_reader(library: HostLibrary, tmp_path: Path) -> None:
    # It takes smaller ones for FAT16, whatever they say.
    before, steps = library.record(SEED, 65525, OPERATIONS)
    image = bytearray(before)
    path = tmp_path / "disk.img"
    for number, step in enumerate(steps):
        if step.kind == "write":
            put(image, step.sector, step.content)
        # An empty volume is an error to this program.
        if number > 100 and number % 60 == 0 or number == len(steps) - 1:
            path.write_bytes(image)
            done = subprocess.run(
                [str(MDIR), "-/", "-b", "-i", path, "::"], capture_output=True, text=True,
                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}, check=False,
            )
            assert done.returncode == 0 and len(done.stdout.splitlines()) > 3, done.stderr
