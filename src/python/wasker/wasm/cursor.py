# SPDX-License-Identifier: Apache-2.0
"""A position in a range of the binary, with a reader for each primitive of section 5.2."""
from __future__ import annotations

from typing import Callable
from typing import TypeVar

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault
from wasker.wasm.leb128 import read_signed
from wasker.wasm.leb128 import read_unsigned

T = TypeVar("T")


class Cursor:
    """Reads `data[position:end]` from front to back; every reader raises E006 at the end."""

    def __init__(self, data: bytes, position: int, end: int) -> None:
        assert 0 <= position <= end <= len(data)
        self.data = data
        self.position = position
        self.end = end

    def at_end(self) -> bool:
        """Whether every byte of the range was read."""
        return self.position >= self.end

    def byte(self) -> int:
        """One byte, as a number."""
        if self.position >= self.end:
            raise self._ended(1)
        value = self.data[self.position]
        self.position += 1
        return value

    def peek(self) -> int:
        """The next byte without reading it."""
        if self.position >= self.end:
            raise self._ended(1)
        return self.data[self.position]

    def take(self, size: int) -> bytes:
        """`size` bytes."""
        start = self.position
        if size > self.end - start:
            raise self._ended(size)
        self.position = start + size
        return self.data[start : self.position]

    def u32(self) -> int:
        """An unsigned 32-bit integer."""
        value, self.position = read_unsigned(self.data, self.position, self.end, 32)
        return value

    def u64(self) -> int:
        """An unsigned 64-bit integer."""
        value, self.position = read_unsigned(self.data, self.position, self.end, 64)
        return value

    def signed(self, bits: int) -> int:
        """A signed integer of `bits` bits (32, 33 or 64)."""
        value, self.position = read_signed(self.data, self.position, self.end, bits)
        return value

    def fixed(self, size: int) -> int:
        """`size` bytes as a little-endian unsigned number (float patterns, v128)."""
        return int.from_bytes(self.take(size), "little")

    def name(self) -> str:
        """A name: length and UTF-8 bytes; raises E014 for bytes that are not UTF-8."""
        start = self.position
        content = self.take(self.u32())
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            shown = content[error.start : error.end].hex(" ")
            message = f"malformed UTF-8 encoding: {shown} in a name"
            raise fault("E014", message, start) from None

    def vector(self, read: Callable[[], T]) -> tuple[T, ...]:
        """A count and that many items, each read by `read`."""
        start = self.position
        count = self.u32()
        # An item is at least one byte: refuse an absurd count before making a list of it.
        if count > self.end - self.position:
            left = self.end - self.position
            raise fault("E006", f"a list of {count} items in {left} bytes: unexpected end", start)
        return tuple(read() for _ in range(count))

    def _ended(self, wanted: int) -> Diagnostic:
        left = self.end - self.position
        place = "file" if self.end == len(self.data) else "section or function"
        message = f"unexpected end of {place}: {wanted} bytes wanted, {left} left"
        return fault("E006", message, self.position)
