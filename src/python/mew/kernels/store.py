# SPDX-License-Identifier: Apache-2.0
"""The host's cache: directories by content key, made once, whoever wants them at the same time.

An entry is `KIND/KEY/`. It is made under another name and renamed, so it is whole or not there;
a lock per key makes the second one who wants it wait instead of making it too. Entries that were
not used for longest go first when all together exceed the limit. Part of every container start,
hence the few imports.
"""
from __future__ import annotations

import fcntl
import os

from mew.errors import MewError

_LOCKS = "locks"
_UNFINISHED = "unfinished"
# Nobody compiles for that long: whoever began it has died.
_UNFINISHED_SECONDS_MAX = 24 * 3600


class Store:
    """A cache below the directory `root` of at most `bytes_max` bytes."""

    def __init__(self, root: str, bytes_max: int) -> None:
        self.root = root
        self.bytes_max = bytes_max

    def path(self, kind: str, key: str) -> str:
        """Return where an entry is, or would be."""
        return os.path.join(self.root, kind, key)

    def find(self, kind: str, key: str) -> str | None:
        """Return the directory of an entry and note that it was used; None: there is none."""
        entry = self.path(kind, key)
        try:
            os.utime(entry)
        except FileNotFoundError:
            return None
        except OSError:
            # Of another user, who may have let us read it.
            return entry if os.path.isdir(entry) else None
        return entry

    def lock(self, kind: str, key: str) -> Lock:
        """Return the lock that is held while an entry is made."""
        return Lock(os.path.join(self._folder(_LOCKS), f"{kind}-{key}"))

    def unfinished(self) -> str:
        """Make and return a directory for an entry in the making."""
        import tempfile

        return tempfile.mkdtemp(dir=self._folder(_UNFINISHED))

    def keep(self, made: str, kind: str, key: str) -> str:
        """Turn the directory `made` into an entry, then make room; returns where it is.

        The caller holds the entry's lock.
        """
        entry = self.path(kind, key)
        self._folder(kind)
        self.drop(kind, key)
        os.utime(made)
        os.rename(made, entry)
        self.make_room(entry)
        return entry

    def drop(self, kind: str, key: str) -> None:
        """Remove an entry, if there is one: it disappears at once, its files after that."""
        self._remove(self.path(kind, key))

    def make_room(self, newest: str) -> None:
        """Remove what was not used for longest until the limit holds; never `newest`."""
        with Lock(os.path.join(self._folder(_LOCKS), "room")):
            self._clear_unfinished()
            entries = sorted(self._entries())
            total = sum(size for _, size, _ in entries)
            for _, size, entry in entries:
                if total <= self.bytes_max:
                    break
                if entry != newest:
                    self._remove(entry)
                    total -= size

    def _entries(self) -> list[tuple[int, int, str]]:
        """(time of last use, bytes, directory) of each entry."""
        found = []
        for kind in os.listdir(self.root):
            if kind in (_LOCKS, _UNFINISHED) or not os.path.isdir(os.path.join(self.root, kind)):
                continue
            for key in os.listdir(os.path.join(self.root, kind)):
                entry = os.path.join(self.root, kind, key)
                try:
                    found.append((os.stat(entry).st_mtime_ns, _disk_usage(entry), entry))
                except FileNotFoundError:
                    continue  # Somebody else removed it.
        return found

    def _clear_unfinished(self) -> None:
        """Remove what killed processes left behind."""
        import shutil
        import time

        folder = self._folder(_UNFINISHED)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            try:
                age_s = time.time() - os.stat(path).st_mtime
            except FileNotFoundError:
                continue
            if age_s > _UNFINISHED_SECONDS_MAX:
                shutil.rmtree(path, ignore_errors=True)

    def _remove(self, entry: str) -> None:
        import shutil

        goner = os.path.join(self.unfinished(), "old")
        try:
            os.rename(entry, goner)
        except FileNotFoundError:
            pass
        shutil.rmtree(os.path.dirname(goner), ignore_errors=True)

    def _folder(self, name: str) -> str:
        folder = os.path.join(self.root, name)
        try:
            # What others may write, others may boot.
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise MewError(
                f"{folder}: cannot make the directory: {error.strerror}",
                hint="Set the cache's directory to one that can be written.",
            ) from error
        return folder


class Lock:
    """An exclusive lock among processes, for a `with` block; it ends with the process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Lock:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._descriptor)


def _disk_usage(folder: str) -> int:
    """Bytes that the files below `folder` take."""
    total = 0
    for here, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(here, name)).st_blocks * 512 for name in names)
    return total
