# SPDX-License-Identifier: Apache-2.0
"""Where a body's bytes hold indices, found without decoding its instructions.

One regular expression, made from the opcode table, passes over everything that holds no index, so
Python sees about one instruction in ten. Nothing is validated here: each unit validates its own
bodies. `scan_body` gives up (None) on bytes that are not instructions, which validation refuses.
"""
from __future__ import annotations

import re
from typing import NamedTuple
from typing import Optional

from wasker.errors import Diagnostic
from wasker.wasm.leb128 import read_unsigned
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import Module
from wasker.wasm.opcodes import OPCODES


class Reference(NamedTuple):
    """Bytes [start, end) of the file are the LEB128 of an index; `kind` names its index space.

    A type index of a block is signed: its kind is "block". A function index of `ref.func` has the
    kind "funcref".
    """

    start: int
    end: int
    kind: str
    index: int


class Scan(NamedTuple):
    """One body's indices in order, and what it uses besides.

    `uses` holds names of instructions that decide how the rest of the module is compiled, with
    the table that they change or -1. `has_type_references`: types occur where indices are fixed.
    """

    references: tuple[Reference, ...]
    uses: frozenset[tuple[str, int]]
    has_type_references: bool


_LEB = rb"[\x80-\xff]{0,9}[\x00-\x7f]"
_ABSTRACT = rb"[\x69-\x74]"
_MEMARG = rb"(?:[\x00-\x3f]|[\x40-\x7f]" + _LEB + rb")" + _LEB
# The immediates without an index that changes between modules. Memories, tables and tags keep
# their indices (`extract.py`).
_PLAIN_IMMEDIATES = {
    "": b"",
    **dict.fromkeys(("label", "local", "table", "memory", "tag", "i32", "i64"), _LEB),
    **dict.fromkeys(("memory_memory", "table_table", "type_field"), _LEB + _LEB),
    **dict.fromkeys(("type_count", "type_type"), _LEB + _LEB),
    "memarg": _MEMARG,
    "memarg_lane": _MEMARG + b".",
    "lane": b".",
    "f32": b".{4}",
    "f64": b".{8}",
    "v128": b".{16}",
    "shuffle": b".{16}",
    "block": rb"[\x40\x69-\x74\x7b-\x7f]",
    "heap": _ABSTRACT,
    "label_cast": rb"[\x00-\x03]" + _LEB + _ABSTRACT + _ABSTRACT,
}
# Immediates that begin with indices: their kinds in order, "" for one that stays as it is.
_INDEX_IMMEDIATES = {
    "func": ("func",),
    "funcref": ("funcref",),
    "global": ("global",),
    "type": ("type",),
    "data": ("data",),
    "elem": ("elem",),
    "block": ("block",),
    "type_table": ("type", ""),
    "data_memory": ("data", ""),
    "elem_table": ("elem", ""),
    "type_data": ("type", "data"),
    "type_elem": ("type", "elem"),
}
# Immediates with a type index among other things.
_HEAP = rb"(?:" + _ABSTRACT + rb"|" + _LEB + rb")"
_TYPED_IMMEDIATES = {
    "heap": _HEAP,
    "label_cast": rb"[\x00-\x03]" + _LEB + _HEAP + _HEAP,
}
_VALUE_TYPE = re.compile(rb"[\x69-\x74\x7b-\x7f]|[\x63\x64]" + _HEAP, re.DOTALL)
_LEB_PATTERN = re.compile(_LEB)
_GC_PREFIX = 0xFB

# Instructions that decide something about the whole module; the number is the position of the
# changed table among the immediate's indices, or -1.
_USES = {
    "table.set": 0,
    "table.grow": 0,
    "table.fill": 0,
    "table.copy": 0,
    "table.init": 1,
    **dict.fromkeys(("return_call", "return_call_indirect", "return_call_ref"), -1),
    **dict.fromkeys(("throw", "throw_ref", "try_table"), -1),
    **dict.fromkeys(("struct.new", "struct.new_default", "array.new", "array.new_default"), -1),
    **dict.fromkeys(("array.new_fixed", "array.new_data", "array.new_elem"), -1),
}


def _opcode_bytes(code: int) -> bytes:
    if code <= 0xFF:
        return bytes([code])
    return bytes([code >> 16]) + _unsigned(code & 0xFFFF)


def _unsigned(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def encode_index(value: int, *, signed: bool) -> bytes:
    """The shortest LEB128 of an index; `signed` keeps bit 6 of the last byte clear."""
    found = _unsigned(value)
    if signed and found[-1] & 0x40:
        return found[:-1] + bytes([found[-1] | 0x80, 0])
    return found


def _is_plain(row) -> bool:
    if row.name in _USES or row.immediate not in _PLAIN_IMMEDIATES:
        # Struct and array types keep their indices: see `extract.py`.
        return row.immediate == "type" and row.code >> 16 == _GC_PREFIX and row.name not in _USES
    return True


def _skipped() -> re.Pattern[bytes]:
    """A pattern of any number of instructions without an index; equal immediates share a branch."""
    codes: dict[bytes, list[bytes]] = {}
    for row in OPCODES:
        if _is_plain(row):
            immediate = _PLAIN_IMMEDIATES.get(row.immediate, _LEB)
            codes.setdefault(immediate, []).append(_opcode_bytes(row.code))
    branches = []
    for immediate, opcodes in codes.items():
        single = b"".join(re.escape(text) for text in opcodes if not text[1:])
        if single:
            branches.append((len(single), b"[" + single + b"]" + immediate))
        longer = [re.escape(text) for text in opcodes if text[1:]]
        if longer:
            branches.append((0, b"(?:" + b"|".join(longer) + b")" + immediate))
    ordered = b"|".join(branch for _, branch in sorted(branches, reverse=True))
    return re.compile(b"(?:" + ordered + b")*", re.DOTALL)


_SKIPPED = _skipped()
_ROWS = {_opcode_bytes(row.code): row for row in OPCODES}
_PREFIXES = frozenset(row.code >> 16 for row in OPCODES if row.code > 0xFF)


class _Malformed(Exception):
    """The bytes are no instruction."""


class _Scanner:
    """Goes over one body; the methods for single instructions move `position` behind them."""

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self._data = data
        self._end = end
        self.position = position
        self.references: list[Reference] = []
        self.uses: set[tuple[str, int]] = set()
        self.has_type_references = False

    def run(self) -> None:
        while True:
            self.position = _SKIPPED.match(self._data, self.position, self._end).end()
            if self.position >= self._end:
                return
            self._instruction()

    def _unsigned(self) -> int:
        value, self.position = read_unsigned(self._data, self.position, self._end, 33)
        return value

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self._data, self.position, self._end)
        if match is None:
            raise _Malformed
        self.position = match.end()

    def _row(self):
        start = self.position
        self.position += 1
        if self._data[start] in _PREFIXES:
            sub_opcode = self._unsigned()
            row = _ROWS.get(self._data[start : start + 1] + _unsigned(sub_opcode))
        else:
            row = _ROWS.get(self._data[start : start + 1])
        if row is None:
            raise _Malformed
        return row

    def _instruction(self) -> None:
        row = self._row()
        kind = "funcref" if row.name == "ref.func" else row.immediate
        if kind == "block" and self._data[self.position] >= 0x40 and self._block_value_type():
            return
        indices: list[int] = []
        if kind in _INDEX_IMMEDIATES:
            self._indices(_INDEX_IMMEDIATES[kind], indices)
        elif kind in ("labels", "types", "try_table"):
            self._vector(kind)
        elif kind in _TYPED_IMMEDIATES and row.name not in _USES:
            self.has_type_references = True
            self._skip(re.compile(_TYPED_IMMEDIATES[kind], re.DOTALL))
        elif kind in _PLAIN_IMMEDIATES:
            start = self.position
            self._skip(re.compile(_PLAIN_IMMEDIATES[kind], re.DOTALL))
            if kind in ("table", "table_table"):
                indices.append(read_unsigned(self._data, start, self._end, 32)[0])
        else:
            raise _Malformed
        if row.name in _USES:
            position = _USES[row.name]
            self.uses.add((row.name, indices[position] if position >= 0 else -1))

    def _block_value_type(self) -> bool:
        """Pass over a block type that is not an index; False, and nothing passed, for an index."""
        first = self._data[self.position]
        if first == 0x40:
            self.position += 1
            return True
        if first > 0x7F:
            return False
        self.has_type_references |= first in (0x63, 0x64)
        self._skip(_VALUE_TYPE)
        return True

    def _indices(self, kinds: tuple[str, ...], found: list[int]) -> None:
        for kind in kinds:
            start = self.position
            found.append(self._unsigned())
            if kind:
                self.references.append(Reference(start, self.position, kind, found[-1]))

    def _vector(self, kind: str) -> None:
        if kind == "try_table":
            self.uses.add((kind, -1))
            if self._data[self.position] < 0x40 or not self._block_value_type():
                self._indices(("block",), [])
        count = self._unsigned()
        if count > self._end - self.position:
            raise _Malformed
        for _ in range(count):
            if kind == "types":
                self.has_type_references |= self._data[self.position] in (0x63, 0x64)
                self._skip(_VALUE_TYPE)
                continue
            if kind == "try_table":
                has_tag = self._data[self.position] < 2
                self.position += 1
                if has_tag:
                    self._skip(_LEB_PATTERN)
            self._skip(_LEB_PATTERN)
        if kind == "labels":
            self._skip(_LEB_PATTERN)


def scan_body(module: Module, body: FunctionBody) -> Optional[Scan]:
    """The indices in a body, or None when its bytes are not instructions. Linear."""
    scanner = _Scanner(module.binary, body.start, body.end)
    try:
        scanner.run()
    except (_Malformed, IndexError, Diagnostic):
        return None
    return Scan(
        tuple(scanner.references), frozenset(scanner.uses), scanner.has_type_references
    )
