# SPDX-License-Identifier: Apache-2.0
"""Unpack wheels into one tree: `unpack WHEELS_DIRECTORY TREE DROP_PATTERN...`.

The tree depends on the wheels' content only: no byte code, no records of an installer. Files that
match a pattern (fnmatch, `*` crosses directories) are left out, to keep the tree small.
"""
from __future__ import annotations

import shutil
import stat
import sys
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Sequence

_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def wanted(name: str, drop: Sequence[str]) -> bool:
    """Whether a wheel's member belongs in the tree."""
    return not name.endswith("/") and not any(fnmatchcase(name, pattern) for pattern in drop)


def unpack(wheel: Path, tree: Path, drop: Sequence[str]) -> None:
    """Write the wanted members of one wheel below `tree`, executable bits included."""
    with zipfile.ZipFile(wheel) as archive:
        for member in sorted(archive.infolist(), key=lambda info: info.filename):
            if not wanted(member.filename, drop):
                continue
            path = tree / member.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
            executable = (member.external_attr >> 16) & stat.S_IXUSR
            path.chmod(0o644 | (_EXECUTABLE if executable else 0))


def main(arguments: Sequence[str]) -> int:
    """Unpack every wheel of the directory."""
    wheels, tree, *drop = arguments
    for wheel in sorted(Path(wheels).glob("*.whl")):
        unpack(wheel, Path(tree), drop)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
