# SPDX-License-Identifier: Apache-2.0
"""The files of an image as a cpio archive ("newc"); `kernel/src/fs/archive.zig` reads it.

Format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Owners and times are
zero and inodes are counted, so that the same files give the same bytes.
"""
import os
import stat
from pathlib import Path
from typing import Dict
from typing import List
from typing import NamedTuple

from mew.errors import MewError
from mew.files import read_input

SECTION = "mew_files"

_MAGIC = b"070701"
_TRAILER = "TRAILER!!!"
_SIZE_MAX = 0xFFFF_FFFF


class Entry(NamedTuple):
    """A file, directory or symbolic link; of a link the content is its target."""

    mode: int
    content: bytes


def file(content: bytes) -> Entry:
    """Return a regular file."""
    return Entry(stat.S_IFREG | 0o644, content)


def directory() -> Entry:
    """Return a directory; those that only hold other entries need none."""
    return Entry(stat.S_IFDIR | 0o755, b"")


def symlink(target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def archive_bytes(entries: Dict[str, Entry]) -> bytes:
    """Return the archive of `entries`: path with `/` between components -> what is there."""
    parts: List[bytes] = []
    for number, (path, entry) in enumerate(sorted(entries.items()), 1):
        parts.append(_record(number, path, entry))
    parts.append(_record(0, _TRAILER, Entry(0, b"")))
    return b"".join(parts)


def read_directory(root: Path) -> Dict[str, Entry]:
    """Return the entries for all that is under `root`. Links stay links.

    Raises MewError for what is neither file, directory nor link, and for files of 4 GiB or more.
    """
    if not root.is_dir():
        raise MewError(f"{root}: no such directory", hint="Correct the option --files.")
    entries: Dict[str, Entry] = {}
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files):
            path = Path(folder, name)
            entries[path.relative_to(root).as_posix()] = _read(path)
    return entries


def _read(path: Path) -> Entry:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return symlink(os.readlink(path))
    if stat.S_ISDIR(mode):
        return directory()
    if not stat.S_ISREG(mode) or path.stat().st_size > _SIZE_MAX:
        raise MewError(
            f"{path}: not a file, directory or symbolic link, or too large for an image",
            hint="Leave it out of the directory given with --files.",
        )
    return file(read_input(path))


def _record(number: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    links = 1
    fields = (
        number, entry.mode, 0, 0, links, 0, len(entry.content), 0, 0, 0, 0, len(name), 0,
    )
    header = _MAGIC + b"".join(b"%08X" % value for value in fields)
    return _padded(header + name) + _padded(entry.content)


def _padded(text: bytes) -> bytes:
    return text + b"\0" * (-len(text) % 4)
