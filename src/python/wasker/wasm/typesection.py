# SPDX-License-Identifier: Apache-2.0
"""The type section, with each type's canonical index (specification, section 5.5.4).

Two types are equal when their recursive groups are equal at the same place. A group is compared
by a key in which references to itself are relative and references outward are canonical; types of
a group already seen get that group's indices, so that later comparisons are of numbers.
"""
from __future__ import annotations

from typing import Callable
from typing import NamedTuple
from typing import Union

from wasker.wasm.cursor import Cursor
from wasker.wasm.faults import fault
from wasker.wasm.features import CUSTOM_DESCRIPTORS
from wasker.wasm.features import GC
from wasker.wasm.features import SHARED_EVERYTHING
from wasker.wasm.features import STACK_SWITCHING
from wasker.wasm.features import not_enabled
from wasker.wasm.module import ArrayType
from wasker.wasm.module import FieldType
from wasker.wasm.module import FuncType
from wasker.wasm.module import RefType
from wasker.wasm.module import StructType
from wasker.wasm.module import SubType
from wasker.wasm.module import ValueType
from wasker.wasm.valuetypes import TypeSpace
from wasker.wasm.valuetypes import read_value_type

Composite = Union[FuncType, StructType, ArrayType]
_Entry = tuple[SubType, Composite]

# Limits that the engines share: parameters or results of a function, fields of a struct.
VALUES_MAX = 1_000
FIELDS_MAX = 10_000
_FUNCTION_FORM = 0x60
_STRUCT_FORM = 0x5F
_ARRAY_FORM = 0x5E
_SUB_FORM = 0x50
_SUB_FINAL_FORM = 0x4F
_GROUP_FORM = 0x4E
# Forms of proposals that are known by name only: cont, describes, descriptor, shared.
_REFUSED_FORMS = {
    0x5D: STACK_SWITCHING,
    0x4C: CUSTOM_DESCRIPTORS,
    0x4D: CUSTOM_DESCRIPTORS,
    0x65: SHARED_EVERYTHING,
}
_PACKED_TYPES = {0x78: "i8", 0x77: "i16"}


class TypeSection(NamedTuple):
    """The four parallel lists of `Module`."""

    types: tuple[Composite, ...] = ()
    subtypes: tuple[SubType, ...] = ()
    canonical: tuple[int, ...] = ()
    groups: tuple[tuple[int, int], ...] = ()


def read_mutability(cursor: Cursor) -> bool:
    """The flag of a global or field: 0 constant, 1 variable; raises E017."""
    at = cursor.position
    flag = cursor.byte()
    if flag > 1:
        raise fault("E017", f"malformed mutability 0x{flag:02x}", at)
    return bool(flag)


def _field(cursor: Cursor, space: TypeSpace) -> FieldType:
    code = cursor.peek()
    storage: ValueType
    if code in _PACKED_TYPES:
        cursor.byte()
        storage = _PACKED_TYPES[code]
    else:
        storage = read_value_type(cursor, space)
    return FieldType(storage, read_mutability(cursor))


def _check_length(what: str, count: int, limit: int, at: int) -> None:
    if count > limit:
        raise fault("E018", f"a type with {count} {what}; the limit is {limit}", at)


def _composite(cursor: Cursor, space: TypeSpace) -> Composite:
    at = cursor.position
    form = cursor.byte()
    if form in (_STRUCT_FORM, _ARRAY_FORM) and GC not in space.features:
        raise not_enabled(GC, "a struct or array type", at)
    if form == _FUNCTION_FORM:
        params = cursor.vector(lambda: read_value_type(cursor, space))
        results = cursor.vector(lambda: read_value_type(cursor, space))
        _check_length("parameters or results", max(len(params), len(results)), VALUES_MAX, at)
        return FuncType(params, results)
    if form == _STRUCT_FORM:
        fields = cursor.vector(lambda: _field(cursor, space))
        _check_length("fields", len(fields), FIELDS_MAX, at)
        return StructType(fields)
    if form == _ARRAY_FORM:
        return ArrayType(_field(cursor, space))
    if form in _REFUSED_FORMS:
        raise not_enabled(_REFUSED_FORMS[form], f"a type of the form 0x{form:02x}", at)
    raise fault("E013", f"malformed type definition: form 0x{form:02x}", at)


def _entry(cursor: Cursor, space: TypeSpace) -> _Entry:
    at = cursor.position
    form = cursor.peek()
    if form not in (_SUB_FORM, _SUB_FINAL_FORM):
        return SubType(True, ()), _composite(cursor, space)
    if GC not in space.features:
        raise not_enabled(GC, "a type with supertypes", at)
    cursor.byte()
    supertypes = cursor.vector(cursor.u32)
    return SubType(form == _SUB_FINAL_FORM, supertypes), _composite(cursor, space)


def _group(cursor: Cursor, space: TypeSpace) -> tuple[_Entry, ...]:
    at = cursor.position
    if cursor.peek() != _GROUP_FORM:
        return (_entry(cursor, space),)
    if GC not in space.features:
        raise not_enabled(GC, "a recursive group of types", at)
    cursor.byte()
    return cursor.vector(lambda: _entry(cursor, space))


def renumber(entry: _Entry, number: Callable[[int], int]) -> _Entry:
    """The entry with `number` applied to every type index in it."""

    def value(kind: ValueType) -> ValueType:
        if isinstance(kind, RefType) and isinstance(kind.heap, int):
            return RefType(kind.nullable, number(kind.heap))
        return kind

    def field(kind: FieldType) -> FieldType:
        return FieldType(value(kind.storage), kind.mutable)

    declared, composite = entry
    renumbered = SubType(declared.final, tuple(map(number, declared.supertypes)))
    if isinstance(composite, FuncType):
        params = tuple(map(value, composite.params))
        return renumbered, FuncType(params, tuple(map(value, composite.results)))
    if isinstance(composite, StructType):
        return renumbered, StructType(tuple(map(field, composite.fields)))
    return renumbered, ArrayType(field(composite.element))


def read_type_section(cursor: Cursor, space: TypeSpace) -> TypeSection:
    """Read every type definition; raises E013, E020, E031 for a type after the own group."""
    entries: list[_Entry] = []
    canonical: list[int] = []
    groups: list[tuple[int, int]] = []
    first_of_key: dict[tuple, int] = {}
    for _ in range(cursor.u32()):
        at = cursor.position
        start = len(entries)
        group = _group(cursor, space)

        def relative(index: int) -> int:
            """Canonical outside of the group; -1, -2, ... inside of it."""
            if index >= start + len(group):
                raise fault("E031", f"unknown type {index} in a type definition", at)
            return canonical[index] if index < start else start - index - 1

        key = tuple(renumber(entry, relative) for entry in group)
        first = first_of_key.setdefault(key, start)
        for entry in key:
            entries.append(renumber(entry, lambda i: i if i >= 0 else first - i - 1))
        canonical.extend(range(first, first + len(group)))
        groups.extend([(first, len(group))] * len(group))
    types = tuple(composite for _, composite in entries)
    declarations = tuple(declared for declared, _ in entries)
    return TypeSection(types, declarations, tuple(canonical), tuple(groups))
