# SPDX-License-Identifier: Apache-2.0
"""The layers of our own images: the module with its files, and the kernel with its record."""
from __future__ import annotations

import stat
from dataclasses import dataclass
from dataclasses import field
from typing import Dict
from typing import List
from typing import Mapping
from typing import Optional
from typing import Tuple

from mew.errors import MewError
from mew.image import record
from mew.image.layout import Layer
from mew.kernels import keys
from mew.link.archive import Entry
from mew.link.archive import file

_CREATED_BY = "mew image build"
_MODULE_NAME = record.MODULE_PATH.lstrip("/")
_MAGIC = b"\0asm"


@dataclass(frozen=True)
class Kernel:
    """A kernel linked from the module, and what it was made from: `key` tells one from another."""

    content: bytes
    key: str
    features: Tuple[str, ...]
    toolchain: Mapping[str, str] = field(default_factory=dict)


def layers(module: bytes, files: Mapping[str, Entry], kernel: Optional[Kernel]) -> List[Layer]:
    """Return the image's layers.

    `files` are from path without a leading slash. Raises MewError when they hide what is ours, or
    when `module` is none.
    """
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
    program = Entry(stat.S_IFREG | 0o755, module)
    found = [Layer({**files, _MODULE_NAME: program}, f"{_CREATED_BY}: module and files")]
    if kernel is not None:
        found.append(Layer(_kernel_entries(module, kernel), f"{_CREATED_BY}: kernel"))
    return found


def _kernel_entries(module: bytes, kernel: Kernel) -> Dict[str, Entry]:
    path = record.kernel_path(keys.X86_64)
    facts = record.encode(
        module_path=record.MODULE_PATH,
        module_sha256=keys.sha256(module),
        features=list(kernel.features),
        toolchain=dict(kernel.toolchain),
        kernels={
            keys.X86_64: {
                "path": path, "sha256": keys.sha256(kernel.content), "key": kernel.key,
            }
        },
    )
    return {record.PATH[1:]: file(facts), path[1:]: file(kernel.content)}
