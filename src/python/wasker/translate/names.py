# SPDX-License-Identifier: Apache-2.0
"""Symbol names as LLVM writes them, and names that are unique within an object."""
from __future__ import annotations

import re

_PLAIN = re.compile(r'[ !#-\[\]-~]*')


def quoted(symbol: str) -> str:
    r"""`"symbol"` with quotes, backslashes and non-printables as `\XX`.

    A NUL cannot be part of an ELF symbol and is written as the two characters `\0`.
    """
    if _PLAIN.fullmatch(symbol):
        return f'"{symbol}"'
    raw = symbol.replace("\0", "\\0").encode("utf-8", errors="surrogateescape")
    return '"' + byte_text(raw) + '"'


def reference(symbol: str) -> str:
    """The symbol as an operand: `@"symbol"`."""
    return "@" + quoted(symbol)


_BYTE_TEXT = [
    chr(value) if 0x20 <= value < 0x7F and value not in b'"\\' else f"\\{value:02X}"
    for value in range(256)
]


def byte_text(content: bytes) -> str:
    """Bytes as the inside of an LLVM string constant."""
    return "".join(map(_BYTE_TEXT.__getitem__, content))


class UniqueNames:
    """Hands out names, adding `[index]` to one that was taken before."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str, index: int) -> str:
        """Return `wanted`, or a variant that no earlier call returned."""
        name = wanted
        while name in self._taken:
            name = f"{name}[{index}]"
        self._taken.add(name)
        return name
