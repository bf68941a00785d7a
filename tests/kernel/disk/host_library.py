# SPDX-License-Identifier: Apache-2.0
"""The kernel's FAT32 as a library of this process (kernel/src/fat_host.zig), disks in memory."""
from __future__ import annotations

import ctypes
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pipeline import ROOT
from pipeline import ZIG

SECTOR = 512
_KINDS = ("volume", "write", "flush", "mark")
_TELL = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_size_t)


@dataclass(frozen=True)
class Step:
    """What the file system did: "write" at `sector`, "flush"; "mark" says that all is there."""

    kind: str
    sector: int
    content: bytes


class HostLibrary:
    """`optimisation` is one of zig's: "fast" takes a minute to compile."""

    def __init__(self, work: Path, optimisation: str = "debug") -> None:
        path = work / "libfat.so"
        subprocess.run(
            [
                ZIG, "build-lib", "-dynamic", "-target", "x86_64-linux-none", "-O", optimisation,
                ROOT / "kernel/src/fat_host.zig", f"-femit-bin={path}",
                "--cache-dir", work, "--global-cache-dir", work,
            ],
            check=True,
        )
        self._library = ctypes.CDLL(str(path))
        self._library.fat_mount.restype = ctypes.c_void_p
        self._library.fat_transfer.restype = ctypes.c_uint64

    def record(self, seed: int, clusters: int, operations: int) -> tuple[bytes, list[Step]]:
        """Random work on an empty volume: its bytes at first, and all steps after that."""
        steps: list[Step] = []

        def note(kind: int, sector: int, address: int, size: int) -> None:
            content = ctypes.string_at(address, size) if size else b""
            steps.append(Step(_KINDS[kind], sector, content))

        failed = self._library.fat_record(
            ctypes.c_uint64(seed), ctypes.c_uint32(clusters), ctypes.c_uint32(operations),
            _TELL(note),
        )
        assert not failed
        assert steps[0].kind == "volume"
        return steps[0].content, steps[1:]

    def mount(self, image: ctypes.Array[ctypes.c_char]) -> int:
        """Mount the volume and open a new file on it, for `transfer`."""
        file = self._library.fat_mount(image, ctypes.c_size_t(len(image)))
        assert file
        return int(file)

    def transfer(self, file: int, *, writes: bool, size: int, piece: int) -> int:
        """Move `size` bytes in pieces; returns the number of requests to the disk."""
        requests = self._library.fat_transfer(
            ctypes.c_void_p(file), ctypes.c_bool(writes), ctypes.c_size_t(size),
            ctypes.c_size_t(piece),
        )
        assert requests
        return int(requests)
