# SPDX-License-Identifier: Apache-2.0
"""A container's files as a FAT32 disk, for hosts whose QEMU cannot share a directory.

FAT32 has no symbolic links, modes and owners, and no two names that differ in case only. A link
to a file becomes a copy of it, one to a directory is left out, as are devices and sockets.
docs/decisions/0012 says why the files are shared where that is possible.
"""
from __future__ import annotations

import os
import stat

from mew.disk import fat32
from mew.errors import MewError
from mew.files import write_sparse_output
from mew.image.record import FOLDER
from mew.kernels import keys
from mew.kernels.store import Store
from mew.oci.rootfs import read_file
from mew.oci.rootfs import resolve

DISK_NAME = "rootfs.img"
_LABEL = "ROOTFS"
_SIZE_MIB_MIN = 64
# Of a file: the rest of its last cluster, and the most that its name takes in the directory.
_OVERHEAD = 4096 + 1024
# What a program that may write gets besides, as a part of what is there.
_ROOM = 1
# While the disk is made, this host's memory holds its files.
FILES_BYTES_MAX = 1 << 30
_HINT = "Let the container's files be shared instead: rootfs = \"share\" in the configuration."


def read_only_disk(rootfs: str, store: Store) -> str:
    """Return a disk with the files below `rootfs` that no container may write to.

    Containers of one image share it: it is an entry of the cache, by the files' contents. Raises
    MewError for names that FAT32 does not have.
    """
    files = files_of(rootfs)
    key = keys.disk_key(files)
    with store.lock(keys.DISKS, key):
        entry = store.find(keys.DISKS, key)
        if not entry:
            entry = store.unfinished()
            _write(files, os.path.join(entry, DISK_NAME), room=0)
            entry = store.keep(entry, keys.DISKS, key)
    return os.path.join(entry, DISK_NAME)


def own_disk(rootfs: str, target: str) -> None:
    """Write a disk with the files below `rootfs`, and room for as much again, to `target`."""
    _write(files_of(rootfs), target, room=_ROOM)


def files_of(rootfs: str) -> dict[str, bytes | None]:
    """Return what a program finds in `rootfs`: path -> content, None for a directory."""
    files: dict[str, bytes | None] = {}
    total = 0
    for folder, folders, names in os.walk(rootfs):
        inside = os.path.relpath(folder, rootfs)
        if inside == ".":
            inside = ""
            folders[:] = [name for name in folders if name != FOLDER]
        for name in sorted([*folders, *names]):
            path = os.path.join(inside, name)
            try:
                is_there, content = _content(rootfs, path)
            except OSError as error:
                raise MewError(
                    f"/{path}: cannot read the container's file: {error.strerror}", hint=_HINT
                ) from error
            if is_there:
                files[path] = content
                total += len(content or b"")
            if total > FILES_BYTES_MAX:
                raise MewError(
                    f"the container's files take more than {FILES_BYTES_MAX >> 20} MiB, "
                    "too much for a disk that is made in memory", hint=_HINT,
                )
    return files


def _content(rootfs: str, path: str) -> tuple[bool, bytes | None]:
    """Whether FAT32 has a place for what is at `path`, and a file's content or None."""
    found = os.path.join(rootfs, path)
    is_link = os.path.islink(found)
    if is_link:
        found = resolve(rootfs, path)
    try:
        mode = os.lstat(found).st_mode
    except FileNotFoundError:
        return False, None
    if stat.S_ISDIR(mode):
        return not is_link, None
    if not stat.S_ISREG(mode):
        return False, None
    return True, read_file(found, FILES_BYTES_MAX)


def _write(files: dict[str, bytes | None], target: str, *, room: int) -> None:
    from pathlib import Path

    size = sum(len(content or b"") + _OVERHEAD for content in files.values())
    size_mib = (1 + room) * size // fat32.MIB + _SIZE_MIB_MIN
    pieces = fat32.volume(files, size_mib=size_mib, label=_LABEL)
    write_sparse_output(Path(target), size_mib * fat32.MIB, pieces)
