# SPDX-License-Identifier: Apache-2.0
"""Instructions: from the bytes of a body to `(opcode, immediate, offset)` (section 5.4).

What each immediate kind of `opcodes.py` becomes:

    (none)                           None
    label local global func type     int
    table memory data elem tag       int
    labels (br_table)                (tuple of labels, default label)
    type_table (call_indirect)       (type, table)
    memarg                           (alignment exponent, offset, memory)
    memarg_lane                      (alignment exponent, offset, memory, lane)
    lane                             int
    shuffle                          bytes, 16 lane numbers
    i32 i64                          signed int
    f32 f64 v128                     int, the bit pattern
    types (select_t)                 tuple of value types
    heap                             heap type: a name or a type index
    block                            FuncType
    try_table                        (FuncType, tuple of (kind, tag or None, label))
    data_memory elem_table           (segment, memory or table)
    memory_memory table_table        (destination, source)
    type_field type_count type_data type_elem type_type     (type, second index)
    label_cast                       (label, source RefType, target RefType)
"""
from __future__ import annotations

from functools import lru_cache
from typing import Callable

from wasker.wasm.cursor import Cursor
from wasker.wasm.faults import fault
from wasker.wasm.features import MEMORY64
from wasker.wasm.features import MULTI_MEMORY
from wasker.wasm.features import Features
from wasker.wasm.features import not_enabled
from wasker.wasm.leb128 import read_signed
from wasker.wasm.leb128 import read_unsigned
from wasker.wasm.module import ConstExpr
from wasker.wasm.module import FuncType
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import Instruction
from wasker.wasm.module import Module
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_CODE
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.opcodes import SUB_OPCODE_MAX
from wasker.wasm.opcodes import is_prefix
from wasker.wasm.opcodes import opcode_text
from wasker.wasm.valuetypes import EMPTY_BLOCK
from wasker.wasm.valuetypes import NUMBER_TYPES
from wasker.wasm.valuetypes import TypeSpace
from wasker.wasm.valuetypes import read_block_result
from wasker.wasm.valuetypes import read_heap_type
from wasker.wasm.valuetypes import read_value_type
from wasker.wasm.valuetypes import reference

_END = OPCODES_BY_NAME["end"].code
_REF_FUNC = OPCODES_BY_NAME["ref.func"].code
_EMPTY = FuncType((), ())
_MEMORY_INDEX_FLAG = 0x40
_CATCH_KINDS = ("catch", "catch_ref", "catch_all", "catch_all_ref")


def _block(cursor: Cursor, space: TypeSpace) -> FuncType:
    at = cursor.position
    found = read_block_result(cursor, space)
    if found is None:
        return _EMPTY
    if not isinstance(found, int):
        return FuncType((), (found,))
    if found >= len(space.types):
        raise fault("E031", f"unknown type {found}; there are {len(space.types)}", at)
    block_type = space.types[found]
    if not isinstance(block_type, FuncType):
        raise fault("E031", f"type {found} of a block is not a function type", at)
    return block_type


def _labels(cursor: Cursor, space: TypeSpace) -> tuple:
    return cursor.vector(cursor.u32), cursor.u32()


def _memory(cursor: Cursor, space: TypeSpace) -> int:
    """A memory index; one zero byte where there can be one memory only."""
    at = cursor.position
    if MULTI_MEMORY in space.features:
        return cursor.u32()
    byte = cursor.byte()
    if byte:
        raise fault("E019", f"zero byte expected, not 0x{byte:02x}", at)
    return 0


def _memarg(cursor: Cursor, space: TypeSpace) -> tuple:
    at = cursor.position
    alignment = cursor.u32()
    memory = 0
    if alignment & _MEMORY_INDEX_FLAG and MULTI_MEMORY in space.features:
        alignment ^= _MEMORY_INDEX_FLAG
        memory = cursor.u32()
    if alignment >= _MEMORY_INDEX_FLAG:
        raise fault("E019", f"malformed memory operand flags 0x{alignment:x}", at)
    offset = cursor.u64() if MEMORY64 in space.features else cursor.u32()
    return alignment, offset, memory


def _memarg_lane(cursor: Cursor, space: TypeSpace) -> tuple:
    return (*_memarg(cursor, space), cursor.byte())


def _catch(cursor: Cursor) -> tuple:
    at = cursor.position
    kind = cursor.byte()
    if kind >= len(_CATCH_KINDS):
        raise fault("E017", f"malformed catch clause: kind 0x{kind:02x}", at)
    tag = cursor.u32() if kind < 2 else None
    return _CATCH_KINDS[kind], tag, cursor.u32()


def _try_table(cursor: Cursor, space: TypeSpace) -> tuple:
    return _block(cursor, space), cursor.vector(lambda: _catch(cursor))


def _label_cast(cursor: Cursor, space: TypeSpace) -> tuple:
    at = cursor.position
    flags = cursor.byte()
    if flags > 3:
        raise fault("E017", f"malformed cast flags 0x{flags:02x}", at)
    label = cursor.u32()
    source = reference(bool(flags & 1), read_heap_type(cursor, space))
    target = reference(bool(flags & 2), read_heap_type(cursor, space))
    return label, source, target


def _types(cursor: Cursor, space: TypeSpace) -> tuple:
    return cursor.vector(lambda: read_value_type(cursor, space))


def _zero(cursor: Cursor, space: TypeSpace) -> None:
    at = cursor.position
    byte = cursor.byte()
    if byte:
        raise fault("E019", f"zero byte expected, not 0x{byte:02x}", at)


def _index(cursor: Cursor, space: TypeSpace) -> int:
    return cursor.u32()


def _index_pair(cursor: Cursor, space: TypeSpace) -> tuple:
    return cursor.u32(), cursor.u32()


_INDEX_KINDS = "label local global func type table data elem tag".split()
_PAIR_KINDS = (
    "type_table elem_table table_table type_field type_count type_data type_elem type_type".split()
)
_READERS: dict[str, Callable[[Cursor, TypeSpace], object]] = {
    "": lambda cursor, space: None,
    **{kind: _index for kind in _INDEX_KINDS},
    **{kind: _index_pair for kind in _PAIR_KINDS},
    "labels": _labels,
    "memory": _memory,
    "memarg": _memarg,
    "memarg_lane": _memarg_lane,
    "data_memory": lambda cursor, space: (cursor.u32(), _memory(cursor, space)),
    "memory_memory": lambda cursor, space: (_memory(cursor, space), _memory(cursor, space)),
    "lane": lambda cursor, space: cursor.byte(),
    "shuffle": lambda cursor, space: cursor.take(16),
    "i32": lambda cursor, space: cursor.signed(32),
    "i64": lambda cursor, space: cursor.signed(64),
    "f32": lambda cursor, space: cursor.fixed(4),
    "f64": lambda cursor, space: cursor.fixed(8),
    "v128": lambda cursor, space: cursor.fixed(16),
    "types": _types,
    "heap": lambda cursor, space: read_heap_type(cursor, space),
    "block": _block,
    "try_table": _try_table,
    "label_cast": _label_cast,
    "zero": _zero,
}


def _instruction(cursor: Cursor, space: TypeSpace) -> Instruction:
    """One instruction of any kind; raises E016, E020 and what its immediates raise."""
    at = cursor.position
    opcode = cursor.byte()
    if is_prefix(opcode):
        sub_opcode = cursor.u32()
        if sub_opcode > SUB_OPCODE_MAX:
            raise fault("E016", f"illegal opcode 0x{opcode:02x} {sub_opcode}", at)
        opcode = opcode << 16 | sub_opcode
    row = OPCODES_BY_CODE.get(opcode)
    if row is None:
        raise fault("E016", f"illegal opcode {opcode_text(opcode)}", at)
    if row.proposal and row.proposal not in space.features:
        raise not_enabled(row.proposal, f"the instruction {row.name!r}", at)
    return opcode, _READERS[row.immediate](cursor, space), at


def decode_expression(cursor: Cursor, space: TypeSpace) -> ConstExpr:
    """Instructions up to and including the first `end`: the form of a constant expression.

    Blocks are not constant, so the first `end` is the expression's own; validation refuses them.
    """
    instructions: list[Instruction] = []
    while not instructions or instructions[-1][0] != _END:
        instructions.append(_instruction(cursor, space))
    return tuple(instructions)


def function_reference(cursor: Cursor) -> ConstExpr:
    """A function index, as the constant expression that it abbreviates in element segments."""
    at = cursor.position
    return (_REF_FUNC, cursor.u32(), at), (_END, None, at)


# How the loop of decode_body treats a first byte; most frequent first.
_FAST_INDEX, _FAST_MEMARG, _FAST_INTEGER, _FAST_NONE, _FAST_BLOCK, _SLOW = range(6)
_FAST_KINDS = {
    "memarg": _FAST_MEMARG,
    "i32": _FAST_INTEGER,
    "i64": _FAST_INTEGER,
    "": _FAST_NONE,
    "block": _FAST_BLOCK,
    **{kind: _FAST_INDEX for kind in _INDEX_KINDS},
}
_INTEGER_BITS = {
    row.code: int(row.immediate[1:]) for row in OPCODES if row.immediate in ("i32", "i64")
}
# The block types of one byte: no result, or one number or vector.
_SIMPLE_BLOCKS = {
    EMPTY_BLOCK: _EMPTY,
    **{code: FuncType((), (value_type,)) for code, value_type in NUMBER_TYPES.items()},
}


@lru_cache(maxsize=None)
def _fast_kinds(features: Features) -> tuple[int, ...]:
    """For each first byte, one of the `_FAST` kinds, or `_SLOW`."""
    kinds = [_SLOW] * 256
    for row in OPCODES:
        if row.code <= 0xFF and (not row.proposal or row.proposal in features):
            kinds[row.code] = _FAST_KINDS.get(row.immediate, _SLOW)
    return tuple(kinds)


def decode_body(module: Module, body: FunctionBody) -> list[Instruction]:
    """Decode every instruction of a function body, the final `end` included.

    Raises E006, E010, E012, E016, E019, E020 for malformed bytes. Nesting is not checked here.
    Common instructions are decoded in this loop, since a call for each would halve its speed; all
    others by `_instruction`, which knows every form.
    """
    data = module.binary
    kinds = _fast_kinds(module.features)
    space = TypeSpace(module.features, module.types, module.canonical_types)
    cursor = Cursor(data, body.start, body.end)
    offset_bits = 64 if MEMORY64 in module.features else 32
    position = body.start
    end = body.end
    instructions: list[Instruction] = []
    append = instructions.append
    try:
        while position < end:
            at = position
            opcode = data[at]
            kind = kinds[opcode]
            if kind == _FAST_INDEX:
                value = data[at + 1]
                position = at + 2
                if value > 0x7F:
                    value, position = read_unsigned(data, at + 1, end, 32)
                append((opcode, value, at))
            elif kind == _FAST_MEMARG and data[at + 1] < _MEMORY_INDEX_FLAG:
                offset = data[at + 2]
                position = at + 3
                if offset > 0x7F:
                    offset, position = read_unsigned(data, at + 2, end, offset_bits)
                append((opcode, (data[at + 1], offset, 0), at))
            elif kind == _FAST_INTEGER:
                value = data[at + 1]
                position = at + 2
                if value > 0x7F:
                    value, position = read_signed(data, at + 1, end, _INTEGER_BITS[opcode])
                elif value > 0x3F:
                    value -= 0x80
                append((opcode, value, at))
            elif kind == _FAST_NONE:
                position = at + 1
                append((opcode, None, at))
            elif kind == _FAST_BLOCK and data[at + 1] in _SIMPLE_BLOCKS:
                position = at + 2
                append((opcode, _SIMPLE_BLOCKS[data[at + 1]], at))
            else:
                cursor.position = at
                append(_instruction(cursor, space))
                position = cursor.position
    except IndexError:
        raise fault("E006", "unexpected end of file inside an instruction", position) from None
    if position != end:
        raise fault("E012", "the function body ends inside an instruction", at)
    if not instructions or instructions[-1][0] != _END:
        raise fault("E019", "END opcode expected: the function body does not close", end)
    return instructions
