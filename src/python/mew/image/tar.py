# SPDX-License-Identifier: Apache-2.0
"""Tar archives whose bytes depend on their files only: USTAR, sorted, nobody's, without times."""
from __future__ import annotations

import gzip
import io
import stat
import tarfile
from typing import Dict
from typing import Mapping

from mew.errors import MewError
from mew.link.archive import Entry

_KINDS = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
}
# The same for each zlib of one kind; the least that is still worth its time.
_COMPRESSION_LEVEL = 6


def archive(entries: Mapping[str, Entry]) -> bytes:
    """Return the archive of `entries`, path without a leading slash -> what is there.

    Raises MewError for a path that USTAR has no room for.
    """
    parts = []
    for path, entry in sorted(entries.items()):
        header = tarfile.TarInfo(path)
        header.type = _KINDS[stat.S_IFMT(entry.mode)]
        header.mode = stat.S_IMODE(entry.mode)
        content = b""
        if header.type == tarfile.SYMTYPE:
            header.linkname = entry.content.decode("utf-8", "surrogateescape")
        else:
            content = entry.content
            header.size = len(content)
        try:
            parts.append(header.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape"))
        except ValueError as error:
            raise MewError(
                f"{path}: cannot be in an image: {error}",
                hint="Shorten the path to 100 bytes, or to 255 with no part over 100.",
            ) from error
        parts.append(content)
        parts.append(bytes(-len(content) % tarfile.BLOCKSIZE))
    size = sum(map(len, parts)) + 2 * tarfile.BLOCKSIZE
    parts.append(bytes(2 * tarfile.BLOCKSIZE + -size % tarfile.RECORDSIZE))
    return b"".join(parts)


def with_parents(entries: Mapping[str, Entry]) -> Dict[str, Entry]:
    """Return `entries` and a directory for each folder that they lie in."""
    whole = dict(entries)
    for path in entries:
        parts = path.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            whole.setdefault("/".join(parts[:count]), Entry(stat.S_IFDIR | 0o755, b""))
    return whole


def compressed(content: bytes) -> bytes:
    """Return `content` as gzip, without time and name. Other builds of zlib give other bytes."""
    target = io.BytesIO()
    with gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, target, 0) as stream:
        stream.write(content)
    return target.getvalue()
