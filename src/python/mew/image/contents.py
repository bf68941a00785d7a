# SPDX-License-Identifier: Apache-2.0
"""The layers of our own images: the module with its files, and the kernel with its record."""
from __future__ import annotations

import stat
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Dict
from typing import List
from typing import Mapping
from typing import Optional
from typing import Tuple

from mew.errors import MewError
from mew.image import record
from mew.image.layout import Layer
from mew.kernels import keys
from mew.kernels import linkfacts
from mew.link.archive import Entry
from mew.link.archive import file

_CREATED_BY = "mew image build"
_MODULE_NAME = record.MODULE_PATH.lstrip("/")
_MAGIC = b"\0asm"


@dataclass(frozen=True)
class Program:
    """A module, and how its kernels are linked (`mew.kernels.linkfacts`)."""

    module: bytes
    link: Mapping[str, Any] = field(default_factory=lambda: dict(linkfacts.DEFAULT))


@dataclass(frozen=True)
class Kernel:
    """A kernel linked from the module, and what it was made from: `key` tells one from another."""

    content: bytes
    key: str
    features: Tuple[str, ...]
    toolchain: Mapping[str, str] = field(default_factory=dict)


def layers(
    program: Program, files: Mapping[str, Entry], kernel: Optional[Kernel]
) -> List[Layer]:
    """Return the image's layers.

    `files` are from path without a leading slash. Raises MewError when they hide what is ours, or
    when the module is none. An image has a record if there is something to say: a kernel, or how
    to link one.
    """
    module = program.module
    if not module.startswith(_MAGIC):
        raise MewError(
            f"the module begins with {module[:4].hex(' ') or 'nothing'}, not with 00 61 73 6d",
            hint="Give a WebAssembly binary, a .wasm file.",
        )
    for path in files:
        if path == _MODULE_NAME or path.split("/")[0] == record.FOLDER:
            raise MewError(
                f"/{path}: the image has something of its own there",
                hint=f"Name the file otherwise: {record.MODULE_PATH} and /{record.FOLDER} are "
                "taken.",
            )
    # Executable, as an entry has to be where nobody looks at the magic bytes.
    entry = Entry(stat.S_IFREG | 0o755, module)
    found = [Layer({**files, _MODULE_NAME: entry}, f"{_CREATED_BY}: module and files")]
    if kernel is not None or program.link != linkfacts.DEFAULT:
        found.append(Layer(_kernel_entries(program, kernel), f"{_CREATED_BY}: kernel"))
    return found


def _kernel_entries(program: Program, kernel: Optional[Kernel]) -> Dict[str, Entry]:
    path = record.kernel_path(keys.X86_64)
    entries = {}
    kernels = {}
    if kernel is not None:
        entries[path[1:]] = file(kernel.content)
        kernels[keys.X86_64] = {
            "path": path, "sha256": keys.sha256(kernel.content), "key": kernel.key,
        }
    facts = record.encode(
        module_path=record.MODULE_PATH,
        module_sha256=keys.sha256(program.module),
        features=[] if kernel is None else list(kernel.features),
        link=dict(program.link),
        toolchain={} if kernel is None else dict(kernel.toolchain),
        kernels=kernels,
    )
    return {record.PATH[1:]: file(facts), **entries}
