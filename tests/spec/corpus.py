# SPDX-License-Identifier: Apache-2.0
"""The official test suite as the corpora hold it: scripts as JSON, modules as files beside them."""
from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import corpora

# Name on the command line -> archive.
SUITES = {
    "2.0": "spec-wg-2.0.tar.xz",
    "3.0": "spec-wg-3.0.tar.xz",
    "proposals": "spec-proposals.tar.xz",
}


@dataclass(frozen=True)
class Script:
    """One .wast file: `name` is its path in the suite without suffix, such as `simd/simd_load`."""

    name: str
    commands: tuple[dict, ...]
    files: dict[str, bytes]

    @property
    def size_bytes(self) -> int:
        """Bytes of all modules; a measure of how long the script takes."""
        return sum(map(len, self.files.values()))


def archive(suite: str) -> Optional[Path]:
    """Where the suite's archive is; None if nowhere."""
    return corpora.find(SUITES[suite])


def load(path: Path) -> list[Script]:
    """Read a whole archive; scripts in order of their names."""
    folders: dict[str, dict[str, bytes]] = {}
    with tarfile.open(path) as contents:
        for member in contents:
            if member.isfile() and member.name.count("/") >= 2:
                folder, _, name = member.name.rpartition("/")
                reader = contents.extractfile(member)
                assert reader is not None
                folders.setdefault(folder, {})[name] = reader.read()
    scripts = []
    for folder in sorted(folders):
        files = folders[folder]
        for name in sorted(name for name in files if name.endswith(".json")):
            # <suite>/<groups>/<script>/<script>.json
            groups = folder.split("/")[1:-1]
            script = "/".join([*groups, name.removesuffix(".json")])
            commands = json.loads(files[name])["commands"]
            modules = {key: value for key, value in files.items() if not key.endswith(".json")}
            scripts.append(Script(script, tuple(commands), modules))
    return scripts
