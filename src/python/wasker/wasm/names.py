# SPDX-License-Identifier: Apache-2.0
"""The `name` custom section (specification, appendix A.4): names for people."""
from __future__ import annotations

from wasker.errors import Diagnostic
from wasker.wasm.cursor import Cursor
from wasker.wasm.module import NameSection

_MODULE, _FUNCTIONS, _GLOBALS = 0, 1, 7


def _name_map(cursor: Cursor) -> dict[int, str]:
    return dict(cursor.vector(lambda: (cursor.u32(), cursor.name())))


def read_names(data: bytes, start: int, end: int) -> NameSection:
    """Read module, function and global names from the section's content at [start, end).

    A malformed section costs the names that follow the fault, never the module.
    """
    found: dict = {}
    cursor = Cursor(data, start, end)
    try:
        while not cursor.at_end():
            kind = cursor.byte()
            size = cursor.u32()
            cursor.take(size)
            part = Cursor(data, cursor.position - size, cursor.position)
            if kind == _MODULE:
                found["module"] = part.name()
            elif kind == _FUNCTIONS:
                found["functions"] = _name_map(part)
            elif kind == _GLOBALS:
                found["globals"] = _name_map(part)
    except Diagnostic:
        pass
    return NameSection(**found)
