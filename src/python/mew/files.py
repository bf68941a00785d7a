# SPDX-License-Identifier: Apache-2.0
"""Reading inputs and writing outputs so that no half-made file is ever seen."""
from pathlib import Path
from typing import Iterable
from typing import Tuple

from mew.errors import MewError


def read_input(path: Path) -> bytes:
    """Return the content of `path`. Raises MewError with the reason when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise MewError(
            f"{path}: cannot read the file: {error.strerror}",
            hint="Check the path; an earlier step may have failed to write it.",
        ) from error


def write_output(path: Path, content: bytes, *, executable: bool = False) -> None:
    """Write by way of a temporary name beside `path`, so that readers see all of it or nothing."""
    write_sparse_output(path, len(content), [(0, content)], executable=executable)


def write_sparse_output(
    path: Path, size: int, pieces: Iterable[Tuple[int, bytes]], *, executable: bool = False
) -> None:
    """Write a file of `size` bytes that is zero but for `pieces`, pairs of offset and bytes.

    What is between the pieces takes no room where the host's file system can do that.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as output:
            output.truncate(size)
            for offset, content in pieces:
                output.seek(offset)
                output.write(content)
        temporary.chmod(0o755 if executable else 0o644)
        temporary.replace(path)
    except OSError as error:
        raise MewError(
            f"{path}: cannot write the file: {error.strerror}",
            hint="Choose an output in a directory that exists and can be written.",
        ) from error
