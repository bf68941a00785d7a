# SPDX-License-Identifier: Apache-2.0
"""Which functions form a unit: cuts that depend on the functions beside them only.

A boundary lies behind a function whose symbol's hash says so, within bounds of size. So an edit
moves no boundary, and an inserted or removed function at most the next one.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Sequence


@dataclass(frozen=True)
class CutRule:
    """Bytes of code of a unit, and how many functions there are to a boundary on average.

    A process costs 0.2 s before it does any work and LLVM compiles 10 to 30 KB of code a second:
    see docs/explain/codegen-units.md for the measurement.
    """

    minimum_bytes: int = 20_000
    maximum_bytes: int = 80_000
    functions_per_boundary: int = 24

    @staticmethod
    def of_size(minimum_bytes: int) -> "CutRule":
        """The same proportions for units of another size."""
        return CutRule(minimum_bytes, max(4 * minimum_bytes, 1))


def _is_boundary(symbol: str, rule: CutRule) -> bool:
    digest = hashlib.blake2b(symbol.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % rule.functions_per_boundary == 0


def cut(symbols: Sequence[str], sizes: Sequence[int], rule: CutRule) -> list[range]:
    """Ranges of positions, in order and without gaps; one function is never divided."""
    found = []
    start = 0
    size = 0
    for position, symbol in enumerate(symbols):
        size += sizes[position]
        at_boundary = size >= rule.minimum_bytes and _is_boundary(symbol, rule)
        if at_boundary or size >= rule.maximum_bytes:
            found.append(range(start, position + 1))
            start = position + 1
            size = 0
    if start < len(symbols):
        found.append(range(start, len(symbols)))
    return found
