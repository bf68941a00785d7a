# SPDX-License-Identifier: Apache-2.0
"""The official WASI test programs (preview1) as the corpora hold them."""
from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Optional

ARCHIVE = "wasi-testsuite.tar.xz"
_PREVIEW = "p1"


@dataclass(frozen=True)
class Case:
    """One program and what the suite's JSON-FORMAT.md says about its run.

    `root` is the directory to preopen as `/`: file name -> content, None for a directory.
    `stdout` is None where the suite does not say what the program prints.
    """

    name: str
    module: bytes
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    root: Optional[dict[str, Optional[bytes]]] = None
    exit_code: int = 0
    stdout: Optional[str] = None

    def write_root(self, target: Path) -> None:
        """Make the directory that `root` describes."""
        assert self.root is not None
        target.mkdir()
        for name, content in sorted(self.root.items()):
            path = target / name
            if content is None:
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def load(path: Path) -> list[Case]:
    """Every preview1 program, sorted by name (`rust/readlink`)."""
    entries: dict[str, Optional[bytes]] = {}
    with tarfile.open(path) as contents:
        for member in contents:
            _, _, name = member.name.partition(f"/{_PREVIEW}/")
            reader = contents.extractfile(member) if member.isfile() else None
            if name:
                entries[name] = reader.read() if reader else None
    cases = []
    for name, content in sorted(entries.items()):
        if name.endswith(".wasm"):
            assert content is not None
            cases.append(_case(name.removesuffix(".wasm"), content, entries))
    return cases


def _case(name: str, module: bytes, entries: dict[str, Optional[bytes]]) -> Case:
    text = entries.get(f"{name}.json") or b"{}"
    said = json.loads(text)
    root = None
    if said.get("root"):
        prefix = f"{name.rpartition('/')[0]}/{said['root']}/"
        root = {
            path[len(prefix) :]: content
            for path, content in entries.items()
            # Left-overs of earlier runs are not part of the test.
            if path.startswith(prefix) and not path.endswith(".cleanup")
        }
    return Case(
        name,
        module,
        tuple(said.get("args", ())),
        said.get("env", {}),
        root,
        said.get("exit_code", 0),
        said.get("stdout"),
    )
