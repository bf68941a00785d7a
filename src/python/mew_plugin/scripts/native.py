# SPDX-License-Identifier: Apache-2.0
"""Run a native compiler and clean the module that it writes: `native MODULE COMMAND...`.

Debug sections hold absolute paths of the sandbox, so they must not reach a cached output; the name
section stays, because traps name functions. Zig itself can only strip both.
"""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Sequence

_HEADER_LENGTH = 8
_CUSTOM_SECTION = 0


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


def without_debug_sections(module: bytes) -> bytes:
    """Return the module without its custom sections `.debug_*` and `producers`."""
    kept = [module[:_HEADER_LENGTH]]
    start = _HEADER_LENGTH
    while start < len(module):
        length, body = _leb128(module, start + 1)
        end = body + length
        name = b""
        if module[start] == _CUSTOM_SECTION:
            name_length, name_start = _leb128(module, body)
            name = module[name_start : name_start + name_length]
        if not name.startswith(b".debug_") and name != b"producers":
            kept.append(module[start:end])
        start = end
    return b"".join(kept)


def main(arguments: Sequence[str]) -> int:
    """Return the compiler's exit code; its messages go to standard error as they are."""
    module, *command = arguments
    path = Path(module)
    path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode == 0:
        path.write_bytes(without_debug_sections(path.read_bytes()))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
