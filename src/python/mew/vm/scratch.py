# SPDX-License-Identifier: Apache-2.0
"""Disks that a run may change without anybody seeing it: copies that end with the run."""
import os
from pathlib import Path

from mew.errors import MewError

# Zeros in pieces of this size take no room in the copy: images of disks are mostly zeros.
_PIECE_BYTES = 1 << 20


def copy_disk(source: Path, target: Path) -> None:
    """Copy a disk image. Raises MewError with the reason when it cannot be read or held."""
    zeros = bytes(_PIECE_BYTES)
    try:
        with source.open("rb") as reader, target.open("wb") as writer:
            while True:
                piece = reader.read(_PIECE_BYTES)
                if not piece:
                    break
                if piece == zeros[: len(piece)]:
                    writer.seek(len(piece), os.SEEK_CUR)
                else:
                    writer.write(piece)
            writer.truncate()
    except OSError as error:
        raise MewError(
            f"{source}: cannot copy the disk image to {target.parent}: {error.strerror}",
            hint="give the path of a raw image file, and TMPDIR a folder with room for it",
        ) from error
