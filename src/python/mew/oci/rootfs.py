# SPDX-License-Identifier: Apache-2.0
"""Paths inside a container's root directory, as a process in it would see them.

A symbolic link is followed as if the root were `/`, so none leads out. Runs at every start of
every container, Wasm or not, hence the few imports.
"""
from __future__ import annotations

import errno
import os
import stat

WASM_MAGIC = b"\0asm"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# As many as Linux follows.
_LINKS_MAX = 40


def resolve(root: str, path: str, cwd: str = "/") -> str:
    """Return where `path`, seen from `cwd` inside `root`, is on this host.

    Raises OSError for a loop of links. What does not exist resolves to where it would be.
    """
    waiting = f"{cwd}/{path}".split("/") if not path.startswith("/") else path.split("/")
    waiting.reverse()
    done: list[str] = []
    links = 0
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            done = done[:-1]
            continue
        here = os.path.join(root, *done, name)
        if not os.path.islink(here):
            done.append(name)
            continue
        links += 1
        if links > _LINKS_MAX:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        target = os.readlink(here)
        if target.startswith("/"):
            done = []
        waiting += reversed(target.split("/"))
    return os.path.join(root, *done)


def find_program(root: str, name: str, environment: list[str], cwd: str = "/") -> str | None:
    """Return the file on this host that a process in `root` would execute as `name`, or None.

    `environment` holds NAME=VALUE texts; its PATH counts for a name without a slash.
    """
    if "/" in name:
        places = [name]
    else:
        search = DEFAULT_PATH
        for text in environment:
            if text.startswith("PATH="):
                search = text[len("PATH=") :]
        places = [f"{folder or '.'}/{name}" for folder in search.split(":")]
    for place in places:
        try:
            found = resolve(root, place, cwd)
        except OSError:
            continue
        if os.path.isfile(found):
            return found
    return None


def starts_as_wasm(path: str) -> bool:
    """Whether the file at `path` begins as every WebAssembly binary does."""
    try:
        descriptor = _open_file(path)
    except OSError:
        return False
    try:
        return os.read(descriptor, len(WASM_MAGIC)) == WASM_MAGIC
    finally:
        os.close(descriptor)


def read_file(path: str, bytes_max: int) -> bytes:
    """Return the content of a file that an image brought along.

    Raises OSError for what is no file, since a pipe would keep us waiting and a device of the
    host would be read, and for more than `bytes_max`, which would take the host's memory.
    """
    descriptor = _open_file(path)
    with open(descriptor, "rb", buffering=0) as source:
        if os.fstat(descriptor).st_size > bytes_max:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return source.read()


def _open_file(path: str) -> int:
    """Open a regular file. What is there is looked at before it is read, never waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return descriptor
