# SPDX-License-Identifier: Apache-2.0
"""Run a native compiler and clean the module that it writes: `native MODULE DEBUG COMMAND...`.

Debug sections hold absolute paths of the sandbox and of the toolchain, which must not reach a
cached output. DEBUG is `drop`: they go; or `keep`: slashes take the place of such folders, as many
as the folder's name has letters, since offsets lead into these sections (the compiler reads any
number of slashes as one). The name section stays, because traps name functions; Zig itself can only
strip both.
"""
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable
from typing import Optional
from typing import Sequence

_HEADER_LENGTH = 8
_CUSTOM_SECTION = 0
_PREFIX_MAP = "-ffile-prefix-map={sandbox}="


def _leb128(data: bytes, start: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and the offset after it."""
    value = shift = 0
    while True:
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, start


def rewrite_debug_sections(
    module: bytes, rewrite: Callable[[bytes], Optional[bytes]]
) -> bytes:
    """Return the module without `producers`, and with `rewrite` of the content of `.debug_*`.

    `rewrite` keeps a section's length, or gives None to drop it.
    """
    kept = [module[:_HEADER_LENGTH]]
    start = _HEADER_LENGTH
    while start < len(module):
        length, body = _leb128(module, start + 1)
        end = body + length
        section: Optional[bytes] = module[start:end]
        if module[start] == _CUSTOM_SECTION:
            name_length, name_start = _leb128(module, body)
            content_start = name_start + name_length
            name = module[name_start:content_start]
            if name == b"producers":
                section = None
            elif name.startswith(b".debug_"):
                content = rewrite(module[content_start:end])
                assert content is None or len(content) == end - content_start
                section = None if content is None else module[start:content_start] + content
        if section is not None:
            kept.append(section)
        start = end
    return b"".join(kept)


def blank_folders(content: bytes, sandbox: str) -> bytes:
    """Return `content` with slashes for what leads to the sandbox and to Zig's own sources.

    Compilers split a path behind what it shares with the working directory, so the folders above
    the sandbox stand alone, and paths to Zig may begin in the middle.
    """
    above = sorted((str(path) for path in Path(sandbox).parents if path.name), reverse=True)
    folders = re.compile(
        rb"(?:/|(?<![\x01-\xff])[\x21-\x7e])[\x21-\x7e]*?(?=/ziglang/lib[/\0])"
        rb"|" + re.escape(sandbox.encode()) + rb"(?=[/\0])"
        rb"|(?:" + b"|".join(re.escape(path.encode()) for path in above) + rb")(?=\0)"
    )
    return folders.sub(lambda match: b"/" * len(match.group()), content)


def main(arguments: Sequence[str]) -> int:
    """Return the compiler's exit code; its messages go to standard error as they are.

    `{sandbox}` at the start of a -ffile-prefix-map stands for the working directory.
    """
    module, debug, *command = arguments
    sandbox = os.getcwd()
    command = [
        word.replace("{sandbox}", sandbox) if word.startswith(_PREFIX_MAP) else word
        for word in command
    ]
    path = Path(module)
    path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode == 0:
        path.write_bytes(
            rewrite_debug_sections(
                path.read_bytes(),
                (lambda content: blank_folders(content, sandbox))
                if debug == "keep"
                else (lambda content: None),
            )
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
