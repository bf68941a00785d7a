# SPDX-License-Identifier: Apache-2.0
"""What a container runtime has to know of a WebAssembly module before it compiles it.

Whether a file is one, and which WASI functions it imports; all else is the compiler's to judge.
"""
from __future__ import annotations

from itertools import combinations

from mew.errors import MewError
from mew_abi import wasi

_PREAMBLE_BYTES = 8
_IMPORT_SECTION = 2
_LEB128_BYTES_MAX = 5
# Kinds of imports (WebAssembly 3.0, section 5.5.5): function, table, memory, global, tag.
_FUNCTION, _TABLE, _MEMORY, _GLOBAL, _TAG = range(5)
_HAS_MAXIMUM = 0x01
# Reference types that name a heap type: (ref null ht), (ref ht).
_LONG_REFERENCES = (0x63, 0x64)


def needs(content: bytes, where: str) -> tuple[str, ...]:
    """Return the WASI feature sets that the module `content` imports from, in table order.

    Raises MewError, naming `where`, for what cannot be read.
    """
    names = _imports(content, where)
    needed = {wasi.FUNCTIONS[name].feature for name in names if name in wasi.FUNCTIONS}
    return tuple(name for name in wasi.FEATURES if name in needed)


def features(content: bytes, where: str) -> tuple[str, ...]:
    """Return the feature sets of a system that runs the module: those it needs, and the default.

    Few combinations are worth more than small images: each one is a system to compile. Raises
    MewError as `needs` does.
    """
    wanted = (*needs(content, where), *wasi.DEFAULT_FEATURES)
    return tuple(name for name in wasi.FEATURES if name in wanted)


def all_features() -> list[tuple[str, ...]]:
    """Return every list of feature sets that `features` can return."""
    further = [name for name in wasi.FEATURES if name not in wasi.DEFAULT_FEATURES]
    chosen = [part for size in range(len(further) + 1) for part in combinations(further, size)]
    wanted = [{*part, *wasi.DEFAULT_FEATURES} for part in chosen]
    return [tuple(name for name in wasi.FEATURES if name in names) for names in wanted]


def _imports(content: bytes, where: str) -> set[str]:
    """Names of the functions that the module imports from WASI."""
    reader = _Reader(content, where)
    reader.position = _PREAMBLE_BYTES
    while reader.position < len(content):
        kind, size = reader.byte(), reader.number()
        if kind == _IMPORT_SECTION:
            found = (_entry(reader) for _ in range(reader.number()))
            return {name for module, name in found if module == wasi.MODULE}
        reader.position += size
    return set()


def _entry(reader: _Reader) -> tuple[str, str]:
    """(module, name) of one import."""
    module, name, kind = reader.text(), reader.text(), reader.byte()
    if kind == _FUNCTION:
        reader.number()
    elif kind == _GLOBAL:
        reader.value_type()
        reader.byte()
    elif kind == _TAG:
        reader.byte()
        reader.number()
    else:
        if kind == _TABLE:
            reader.value_type()
        flags = reader.byte()
        for _ in range(2 if flags & _HAS_MAXIMUM else 1):
            reader.number()
    return module, name


class _Reader:
    """A position in a module."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content = content
        self.position = 0
        self._where = where

    def byte(self) -> int:
        """The next byte."""
        if self.position >= len(self.content):
            raise MewError(
                f"{self._where}: the WebAssembly module ends in the middle",
                hint="Build the module, and the image with it, again.",
            )
        self.position += 1
        return self.content[self.position - 1]

    def number(self) -> int:
        """The next LEB128 number; of a signed one only the length is right."""
        value = 0
        for place in range(2 * _LEB128_BYTES_MAX):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                break
        return value

    def text(self) -> str:
        """The next name."""
        size = self.number()
        start, self.position = self.position, self.position + size
        return self.content[start : self.position].decode(errors="replace")

    def value_type(self) -> None:
        """Skip a value type."""
        if self.byte() in _LONG_REFERENCES:
            self.number()
