# SPDX-License-Identifier: Apache-2.0
"""LEB128 integers as the binary format restricts them (specification, section 5.2.2)."""
from __future__ import annotations

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault


def _take(data: bytes, position: int, end: int, bits: int) -> tuple[int, int, int]:
    """Return (raw value, its width in bits, next position) of at most ceil(bits / 7) bytes."""
    start = position
    value = 0
    width = 0
    while True:
        if position >= end:
            raise _truncated(data, start, end)
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << width
        width += 7
        if byte < 0x80:
            return value, width, position
        if width >= bits:
            shown = data[start:position].hex(" ")
            raise fault("E010", f"integer representation too long for {bits} bits: {shown}", start)


def _truncated(data: bytes, start: int, end: int) -> Diagnostic:
    place = "file" if end >= len(data) else "section or function"
    return fault("E006", f"unexpected end of {place} inside an integer", start)


def read_unsigned(data: bytes, position: int, end: int, bits: int) -> tuple[int, int]:
    """Return (value, next position) of an unsigned integer of `bits` bits.

    Raises E006 when it reaches `end`, E010 when it is too long or too large.
    """
    value, _, after = _take(data, position, end, bits)
    if value >> bits:
        raise fault("E010", f"integer too large for u{bits}: {value}", position)
    return value, after


def read_signed(data: bytes, position: int, end: int, bits: int) -> tuple[int, int]:
    """Return (value, next position) of a two's complement integer of `bits` bits.

    Raises E006 when it reaches `end`, E010 when it is too long or too large.
    """
    value, width, after = _take(data, position, end, bits)
    if value >> (width - 1):
        value -= 1 << width
    bound = 1 << (bits - 1)
    if not -bound <= value < bound:
        raise fault("E010", f"integer too large for s{bits}: {value}", position)
    return value, after
