# SPDX-License-Identifier: Apache-2.0
"""How fast the file system moves the contents of one file.

    PYTHONPATH=src/python python tests/kernel/disk/speed.py [--vm]

On a disk in memory of the host the disk costs nothing: what is measured is the file system's own
work, and how many requests it makes. With --vm a program in a machine does it, on a disk image.
"""
from __future__ import annotations

import ctypes
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parents[2] / "support"),
    str(Path(__file__).resolve().parents[1] / "wasi"),
    str(Path(__file__).resolve().parents[3] / "src/python"),
]

from host_library import HostLibrary  # noqa: E402
from pipeline import ZIG  # noqa: E402
from pipeline import expect_success  # noqa: E402
from pipeline import run_module  # noqa: E402
from raw_programs import FEATURES  # noqa: E402
from raw_programs import compile_c  # noqa: E402

from mew.disk import fat32  # noqa: E402

SIZE_MIB = 256
FILE_MIB = 128
# As programs/transfer.c has it.
VM_FILE_BYTES = 32 << 20
PIECES = (512, 4 << 10, 64 << 10, 1 << 20)
RUNS = 5


def main() -> None:
    """Print a table for the documents."""
    with tempfile.TemporaryDirectory() as work:
        if sys.argv[1:] == ["--vm"]:
            measure_in_machine(Path(work))
        else:
            measure_on_host(Path(work))


def measure_in_machine(work: Path) -> None:
    """Print MB/s, best of RUNS, for each way and size of piece (programs/transfer.c)."""
    objects, image, disk = work / "objects", work / "transfer.elf", work / "disk.img"
    expect_success(
        run_module("mew", "build-system", "--system", "kernel", "--zig", ZIG, "-o", objects,
                   "--features", FEATURES)
    )
    program = compile_c("transfer", work)
    expect_success(
        run_module("mew", "link", program, "-o", image, "--system", "kernel", "--zig", ZIG,
                   "--objects", objects, "--preopen", "/=disk")
    )
    best: dict[int, tuple[int, int]] = {}
    for _ in range(RUNS):
        expect_success(run_module("mew", "disk", "-o", disk, "--size-mib", SIZE_MIB))
        outcome = expect_success(run_module("mew", "run", image, "--disk", disk))
        for line in outcome.stdout.splitlines():
            piece, *times_us = map(int, line.split())
            before = best.get(piece, tuple(times_us))
            best[piece] = (min(times_us[0], before[0]), min(times_us[1], before[1]))
    sys.stdout.write("| piece | write MB/s | read MB/s |\n|---|---|---|\n")
    for piece, times_us in best.items():
        speeds = [f"{VM_FILE_BYTES / time_us:.0f}" for time_us in times_us]
        sys.stdout.write(f"| {piece} B | {' | '.join(speeds)} |\n")


def measure_on_host(work: Path) -> None:
    """Print MB/s, best of RUNS, and requests for each way and size of piece."""
    library = HostLibrary(work, "fast")
    sys.stdout.write("| piece | write MB/s | requests | read MB/s | requests |\n")
    sys.stdout.write("|---|---|---|---|---|\n")
    for piece in PIECES:
        cells = [f"{piece} B"]
        for writes in (True, False):
            cells += measure(library, writes, piece)
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


def measure(library: HostLibrary, writes: bool, piece: int) -> list[str]:
    """Speed and number of requests; a file that is read has been written before."""
    best_s = float("inf")
    for _ in range(RUNS):
        image = ctypes.create_string_buffer(SIZE_MIB << 20)
        for offset, content in fat32.volume({}, size_mib=SIZE_MIB, label="SPEED"):
            ctypes.memmove(ctypes.addressof(image) + offset, content, len(content))
        file = library.mount(image)
        if not writes:
            library.transfer(file, writes=True, size=FILE_MIB << 20, piece=1 << 20)
        start_s = time.perf_counter()
        requests = library.transfer(file, writes=writes, size=FILE_MIB << 20, piece=piece)
        best_s = min(best_s, time.perf_counter() - start_s)
    return [f"{(FILE_MIB << 20) / best_s / 1e6:.0f}", str(requests)]


if __name__ == "__main__":
    main()
