# SPDX-License-Identifier: Apache-2.0
"""ELF64 files, as far as linking needs them: symbols, segments and notes in; one section out.

Layouts are those of the System V gABI, chapters 4 (object files) and 5 (program loading).
"""
import struct
from typing import Iterator
from typing import List
from typing import NamedTuple
from typing import Tuple

from mew.errors import MewError

# magic, class (64 bits), data (little-endian), version.
_IDENT = b"\x7fELF\x02\x01\x01"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_NOTE = struct.Struct("<III")

_SECTION_SYMTAB = 2
_TYPE_RELOCATABLE = 1
_TYPE_EXECUTABLE = 2
_MACHINE_X86_64 = 62

SEGMENT_LOAD = 1
SEGMENT_NOTE = 4
FLAG_EXECUTE = 1
FLAG_WRITE = 2

SYMBOL_FUNCTION = 2
_BIND_LOCAL = 0
_BIND_WEAK = 2
SECTION_UNDEFINED = 0


class Symbol(NamedTuple):
    """An entry of the symbol table; `kind` is STT_*, `section` an index (0 = undefined)."""

    name: bytes
    kind: int
    is_local: bool
    section: int
    address: int
    size: int
    is_weak: bool = False


class Segment(NamedTuple):
    """A program header; sizes and offsets in bytes."""

    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int


class _Section(NamedTuple):
    kind: int
    offset: int
    size: int
    link: int


class Image:
    """A linked executable that was read into memory. Raises MewError when it is no such file."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content = content
        self.where = where
        if len(content) < _HEADER.size or not content.startswith(_IDENT):
            raise self._broken("not a little-endian ELF64 file")
        header = _HEADER.unpack_from(content)
        if header[1] != _TYPE_EXECUTABLE or header[2] != _MACHINE_X86_64:
            raise self._broken("not an x86-64 executable")
        self.entry = header[4]
        segment_offset, section_offset = header[5], header[6]
        segment_count, section_count = header[10], header[12]
        self.segments = [
            self._segment(segment_offset + index * _SEGMENT.size) for index in range(segment_count)
        ]
        self._sections = [
            self._section(section_offset + index * _SECTION.size) for index in range(section_count)
        ]

    def symbols(self) -> List[Symbol]:
        """Every named symbol of the symbol table, in file order."""
        found = []
        for section in self._sections:
            if section.kind != _SECTION_SYMTAB:
                continue
            names = self._sections[section.link]
            table = self.content[section.offset : section.offset + section.size]
            for name, info, _, index, address, size in _SYMBOL.iter_unpack(table):
                if name:
                    text = self._string(names.offset + name)
                    bind = info >> 4
                    local, weak = bind == _BIND_LOCAL, bind == _BIND_WEAK
                    found.append(Symbol(text, info & 0xF, local, index, address, size, weak))
        return found

    def notes(self) -> Iterator[Tuple[bytes, int, bytes]]:
        """(owner, type, description) of each note in the image's note segments."""
        for segment in self.segments:
            if segment.kind != SEGMENT_NOTE:
                continue
            position = segment.offset
            end = segment.offset + segment.file_size
            while position + _NOTE.size <= end:
                owner_size, size, kind = _NOTE.unpack_from(self.content, position)
                owner_start = position + _NOTE.size
                start = owner_start + _aligned(owner_size, 4)
                owner = self.content[owner_start : owner_start + owner_size].rstrip(b"\0")
                yield owner, kind, self.content[start : start + size]
                position = start + _aligned(size, 4)

    def _segment(self, offset: int) -> Segment:
        self._check(offset, _SEGMENT.size)
        kind, flags, place, address, _, file_size, memory_size, _ = _SEGMENT.unpack_from(
            self.content, offset
        )
        return Segment(kind, flags, place, address, file_size, memory_size)

    def _section(self, offset: int) -> _Section:
        self._check(offset, _SECTION.size)
        fields = _SECTION.unpack_from(self.content, offset)
        return _Section(kind=fields[1], offset=fields[4], size=fields[5], link=fields[6])

    def _string(self, offset: int) -> bytes:
        end = self.content.find(b"\0", offset)
        if end < 0:
            raise self._broken(f"string at offset {offset} has no end")
        return self.content[offset:end]

    def _check(self, offset: int, size: int) -> None:
        if offset + size > len(self.content):
            raise self._broken(f"truncated: {size} bytes at offset {offset} are missing")

    def _broken(self, what: str) -> MewError:
        return MewError(f"{self.where}: {what}", hint="Link the image again.")


def section_object(section: str, content: bytes) -> bytes:
    """Return a relocatable x86-64 object whose only section, read-only data, holds `content`."""
    names = b"\0" + section.encode() + b"\0.shstrtab\0"
    content_offset = _HEADER.size
    names_offset = content_offset + len(content)
    table_offset = _aligned(names_offset + len(names), 8)
    header = _HEADER.pack(
        _IDENT, _TYPE_RELOCATABLE, _MACHINE_X86_64, 1, 0, 0, table_offset, 0,
        _HEADER.size, 0, 0, _SECTION.size, 3, 2,
    )
    progbits, strtab, allocated = 1, 3, 2
    sections = _SECTION.pack(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    sections += _SECTION.pack(
        1, progbits, allocated, 0, content_offset, len(content), 0, 0, 8, 0
    )
    sections += _SECTION.pack(
        len(section) + 2, strtab, 0, 0, names_offset, len(names), 0, 0, 1, 0
    )
    padding = b"\0" * (table_offset - names_offset - len(names))
    return header + content + names + padding + sections


def _aligned(value: int, alignment: int) -> int:
    return (value + alignment - 1) // alignment * alignment
