# SPDX-License-Identifier: Apache-2.0
"""Functions that LLVM's optimiser would take minutes or hours for.

Some of its passes take time quadratic in the length of a block (the vectoriser of straight-line
code: 8 s for 1 MB of IR) or of a function (jump threading, value propagation: 5 s for 1 MB of
branches). Programs that people write stay far below: the largest function of CPython has 2.2 MB,
its longest block 0.25 MB.
"""
from __future__ import annotations

import re

FUNCTION_BYTES_MAX = 4_000_000
BLOCK_BYTES_MAX = 1_000_000

_HEADER = re.compile(r"^define [^\n]*?@(\"[^\"]*\"|[\w.]+)\([^\n]*?\) #0", re.MULTILINE)
_LABEL = re.compile(r"^[\w.]+:$", re.MULTILINE)
_END = "\n}"
_ATTRIBUTES = " noinline optnone"


def leave_oversized(ir_text: str) -> tuple[str, list[str]]:
    """Mark functions past the limits as not to be optimised; returns the text and their symbols.

    Linear, and nothing is copied where nothing is marked.
    """
    marked: list[str] = []
    parts: list[str] = []
    copied = 0
    start = 0
    limit = min(BLOCK_BYTES_MAX, FUNCTION_BYTES_MAX)
    while (end := ir_text.find(_END, start)) >= 0:
        header = _HEADER.search(ir_text, start, end) if end - start > limit else None
        if header and _is_oversized(ir_text, header.end(), end):
            marked.append(header[1].strip('"'))
            parts += [ir_text[copied : header.end()], _ATTRIBUTES]
            copied = header.end()
        start = end + len(_END)
    if not marked:
        return ir_text, marked
    return "".join([*parts, ir_text[copied:]]), marked


def _is_oversized(ir_text: str, start: int, end: int) -> bool:
    if end - start > FUNCTION_BYTES_MAX:
        return True
    places = [label.start() for label in _LABEL.finditer(ir_text, start, end)]
    return any(after - at > BLOCK_BYTES_MAX for at, after in zip(places, [*places[1:], end]))
