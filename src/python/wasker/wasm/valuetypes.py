# SPDX-License-Identifier: Apache-2.0
"""Value, reference and heap types in the binary (specification, section 5.3)."""
from __future__ import annotations

from typing import NamedTuple
from typing import Optional
from typing import Union

from wasker.wasm.cursor import Cursor
from wasker.wasm.faults import fault
from wasker.wasm.features import CUSTOM_DESCRIPTORS
from wasker.wasm.features import EXCEPTION_HANDLING
from wasker.wasm.features import FUNCTION_REFERENCES
from wasker.wasm.features import GC
from wasker.wasm.features import SHARED_EVERYTHING
from wasker.wasm.features import STACK_SWITCHING
from wasker.wasm.features import Features
from wasker.wasm.features import not_enabled
from wasker.wasm.module import EXTERNREF
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import RefType
from wasker.wasm.module import ValueType

NUMBER_TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
# code -> (abstract heap type, proposal)
ABSTRACT_HEAP_TYPES = {
    0x70: ("func", ""),
    0x6F: ("extern", ""),
    0x6E: ("any", GC),
    0x6D: ("eq", GC),
    0x6C: ("i31", GC),
    0x6B: ("struct", GC),
    0x6A: ("array", GC),
    0x71: ("none", GC),
    0x72: ("noextern", GC),
    0x73: ("nofunc", GC),
    0x69: ("exn", EXCEPTION_HANDLING),
    0x74: ("noexn", EXCEPTION_HANDLING),
    0x68: ("cont", STACK_SWITCHING),
    0x75: ("nocont", STACK_SWITCHING),
}
# What a proposal that is known by name only writes before a heap type: exact, shared.
_REFUSED_PREFIXES = {0x62: CUSTOM_DESCRIPTORS, 0x65: SHARED_EVERYTHING}
_NULLABLE_FORM = 0x63
_NON_NULLABLE_FORM = 0x64
EMPTY_BLOCK = 0x40

# One object per type, so that comparing by identity nearly always suffices.
_SHARED: dict[RefType, RefType] = {FUNCREF: FUNCREF, EXTERNREF: EXTERNREF}


def reference(nullable: bool, heap: Union[str, int]) -> RefType:
    """The reference type, as the one object that stands for abstract ones."""
    made = RefType(nullable, heap)
    return _SHARED.setdefault(made, made) if isinstance(heap, str) else made


class TypeSpace(NamedTuple):
    """What the meaning of a type's bytes depends on.

    `canonical` maps each type index to the lowest one of an equal type; it is None while the
    type section itself is read, when indices may still point forward.
    """

    features: Features
    types: tuple = ()
    canonical: Optional[tuple[int, ...]] = None


def read_heap_type(cursor: Cursor, space: TypeSpace) -> Union[str, int]:
    """An abstract heap type's name or a canonical type index; raises E013, E020, E031."""
    at = cursor.position
    code = cursor.peek()
    if code in ABSTRACT_HEAP_TYPES:
        cursor.byte()
        name, proposal = ABSTRACT_HEAP_TYPES[code]
        if proposal and proposal not in space.features:
            raise not_enabled(proposal, f"the heap type {name!r}", at)
        return name
    if code in _REFUSED_PREFIXES:
        raise not_enabled(_REFUSED_PREFIXES[code], f"a heap type after 0x{code:02x}", at)
    index = cursor.signed(33)
    if index < 0:
        raise fault("E013", f"malformed heap type: byte 0x{code:02x}", at)
    if FUNCTION_REFERENCES not in space.features:
        raise not_enabled(FUNCTION_REFERENCES, f"a heap type that is type {index}", at)
    if space.canonical is None:
        return index
    if index >= len(space.canonical):
        raise fault("E031", f"unknown type {index}; there are {len(space.canonical)}", at)
    return space.canonical[index]


def _reference_type(cursor: Cursor, space: TypeSpace) -> Optional[RefType]:
    """A reference type, or None (nothing read) when the next byte starts none."""
    at = cursor.position
    code = cursor.peek()
    if code in ABSTRACT_HEAP_TYPES or code in _REFUSED_PREFIXES:
        return reference(True, str(read_heap_type(cursor, space)))
    if code not in (_NULLABLE_FORM, _NON_NULLABLE_FORM):
        return None
    if FUNCTION_REFERENCES not in space.features:
        raise not_enabled(FUNCTION_REFERENCES, "a reference to a given type", at)
    cursor.byte()
    return reference(code == _NULLABLE_FORM, read_heap_type(cursor, space))


def read_reference_type(cursor: Cursor, space: TypeSpace) -> RefType:
    """A reference type; raises E013, E020."""
    at = cursor.position
    found = _reference_type(cursor, space)
    if found is None:
        raise fault("E013", f"malformed reference type: byte 0x{cursor.peek():02x}", at)
    return found


def read_value_type(cursor: Cursor, space: TypeSpace) -> ValueType:
    """A number, vector or reference type; raises E013, E020."""
    at = cursor.position
    code = cursor.peek()
    if code in NUMBER_TYPES:
        cursor.byte()
        return NUMBER_TYPES[code]
    found = _reference_type(cursor, space)
    if found is None:
        raise fault("E013", f"malformed value type: byte 0x{code:02x}", at)
    return found


def read_block_result(cursor: Cursor, space: TypeSpace) -> Union[None, int, ValueType]:
    """A block type: None for no result, a type index, or the one result's type."""
    code = cursor.peek()
    if code == EMPTY_BLOCK:
        cursor.byte()
        return None
    if code in NUMBER_TYPES or 0x40 < code < 0x80:
        return read_value_type(cursor, space)
    at = cursor.position
    index = cursor.signed(33)
    if index < 0:
        raise fault("E013", f"malformed block type: {index}", at)
    return index
