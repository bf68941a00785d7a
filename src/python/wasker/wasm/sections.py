# SPDX-License-Identifier: Apache-2.0
"""One reader per section (specification, section 5.5); `reader.py` calls them in file order."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable
from typing import Optional

from wasker.wasm.code import decode_expression
from wasker.wasm.code import function_reference
from wasker.wasm.cursor import Cursor
from wasker.wasm.faults import fault
from wasker.wasm.features import COMPACT_IMPORTS
from wasker.wasm.features import CUSTOM_PAGE_SIZES
from wasker.wasm.features import EXCEPTION_HANDLING
from wasker.wasm.features import FUNCTION_REFERENCES
from wasker.wasm.features import MEMORY64
from wasker.wasm.features import THREADS
from wasker.wasm.features import Features
from wasker.wasm.features import not_enabled
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import ConstExpr
from wasker.wasm.module import DataSegment
from wasker.wasm.module import ElementSegment
from wasker.wasm.module import Export
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import GlobalType
from wasker.wasm.module import Import
from wasker.wasm.module import Limits
from wasker.wasm.module import MemoryType
from wasker.wasm.module import RefType
from wasker.wasm.module import TableType
from wasker.wasm.module import TagType
from wasker.wasm.module import ValueType
from wasker.wasm.typesection import TypeSection
from wasker.wasm.typesection import read_mutability
from wasker.wasm.typesection import read_type_section
from wasker.wasm.valuetypes import TypeSpace
from wasker.wasm.valuetypes import read_reference_type
from wasker.wasm.valuetypes import read_value_type

KINDS = ("func", "table", "memory", "global", "tag")
# Locals of one function, parameters not counted: the limit that the engines share.
LOCALS_MAX = 50_000
_TABLE_WITH_INIT = 0x40
_LIMIT_MAXIMUM, _LIMIT_SHARED, _LIMIT_64, _LIMIT_PAGE_SIZE = 1, 2, 4, 8
# In the place of an import's kind: several imports follow.
_COMPACT_FORMS = (0x7E, 0x7F)
# Flags of an element segment.
_ELEM_NOT_ACTIVE, _ELEM_EXPLICIT, _ELEM_EXPRESSIONS = 1, 2, 4


@dataclass
class Sections:
    """What has been read so far; the field names are those of `Module`."""

    features: Features
    type_section: TypeSection = TypeSection()
    imports: tuple[Import, ...] = ()
    functions: tuple[int, ...] = ()
    tables: tuple[tuple[TableType, Optional[ConstExpr]], ...] = ()
    memories: tuple[MemoryType, ...] = ()
    tags: tuple[TagType, ...] = ()
    globals: tuple[tuple[GlobalType, ConstExpr], ...] = ()
    exports: tuple[Export, ...] = ()
    start: Optional[int] = None
    elements: tuple[ElementSegment, ...] = ()
    data_count: Optional[int] = None
    code: tuple[FunctionBody, ...] = ()
    data: tuple[DataSegment, ...] = ()

    def space(self) -> TypeSpace:
        """What reading a type needs to know; valid once the type section is read."""
        return TypeSpace(self.features, self.type_section.types, self.type_section.canonical)


def _read_limits(cursor: Cursor, what: str, features: Features) -> tuple[Limits, int]:
    """Limits and their flags."""
    at = cursor.position
    flags = cursor.byte()
    if what == "memory" and flags & _LIMIT_PAGE_SIZE and flags < 2 * _LIMIT_PAGE_SIZE:
        raise not_enabled(CUSTOM_PAGE_SIZES, "a memory with its own page size", at)
    allowed = _LIMIT_MAXIMUM | _LIMIT_64 | (_LIMIT_SHARED if what == "memory" else 0)
    if flags & ~allowed:
        raise fault("E017", f"malformed limits flags 0x{flags:02x} of a {what}", at)
    if flags & _LIMIT_SHARED and THREADS not in features:
        raise not_enabled(THREADS, "a shared memory", at)
    if flags & _LIMIT_64 and MEMORY64 not in features:
        raise not_enabled(MEMORY64, f"a 64-bit {what}", at)
    read = cursor.u64 if MEMORY64 in features else cursor.u32
    minimum = read()
    return Limits(minimum, read() if flags & _LIMIT_MAXIMUM else None), flags


def _table_type(cursor: Cursor, space: TypeSpace) -> TableType:
    element = read_reference_type(cursor, space)
    limits, flags = _read_limits(cursor, "table", space.features)
    return TableType(element, limits, bool(flags & _LIMIT_64))


def _memory_type(cursor: Cursor, space: TypeSpace) -> MemoryType:
    limits, flags = _read_limits(cursor, "memory", space.features)
    return MemoryType(limits, bool(flags & _LIMIT_64), bool(flags & _LIMIT_SHARED))


def _global_type(cursor: Cursor, space: TypeSpace) -> GlobalType:
    return GlobalType(read_value_type(cursor, space), read_mutability(cursor))


def _tag_type(cursor: Cursor, space: TypeSpace) -> TagType:
    at = cursor.position
    if EXCEPTION_HANDLING not in space.features:
        raise not_enabled(EXCEPTION_HANDLING, "a tag", at)
    attribute = cursor.byte()
    if attribute:
        raise fault("E017", f"malformed tag attribute 0x{attribute:02x}", at)
    return TagType(cursor.u32())


_IMPORT_TYPES: tuple[Callable, ...] = (
    lambda cursor, space: cursor.u32(),
    _table_type,
    _memory_type,
    _global_type,
    _tag_type,
)


def _kind(cursor: Cursor, what: str) -> int:
    at = cursor.position
    kind = cursor.byte()
    if kind >= len(KINDS):
        raise fault("E017", f"malformed {what} kind 0x{kind:02x}", at)
    return kind


def _import(cursor: Cursor, space: TypeSpace) -> Import:
    module, name = cursor.name(), cursor.name()
    if cursor.peek() in _COMPACT_FORMS and not name:
        raise not_enabled(COMPACT_IMPORTS, "a group of imports", cursor.position)
    kind = _kind(cursor, "import")
    return Import(module, name, KINDS[kind], _IMPORT_TYPES[kind](cursor, space))


def _table(cursor: Cursor, space: TypeSpace) -> tuple[TableType, Optional[ConstExpr]]:
    at = cursor.position
    if cursor.peek() != _TABLE_WITH_INIT:
        return _table_type(cursor, space), None
    if FUNCTION_REFERENCES not in space.features:
        raise not_enabled(FUNCTION_REFERENCES, "a table with an initial value", at)
    cursor.byte()
    reserved = cursor.byte()
    if reserved:
        raise fault("E017", f"zero byte expected in a table, not 0x{reserved:02x}", at)
    return _table_type(cursor, space), decode_expression(cursor, space)


def _global(cursor: Cursor, space: TypeSpace) -> tuple[GlobalType, ConstExpr]:
    return _global_type(cursor, space), decode_expression(cursor, space)


def _export(cursor: Cursor, space: TypeSpace) -> Export:
    name = cursor.name()
    return Export(name, KINDS[_kind(cursor, "export")], cursor.u32())


def _element_kind(cursor: Cursor, flags: int, space: TypeSpace) -> RefType:
    """The segment's element type: implied, a kind byte, or a reference type."""
    if flags & _ELEM_EXPRESSIONS:
        explicit = flags & (_ELEM_NOT_ACTIVE | _ELEM_EXPLICIT)
        return read_reference_type(cursor, space) if explicit else FUNCREF
    if flags & (_ELEM_NOT_ACTIVE | _ELEM_EXPLICIT):
        at = cursor.position
        kind = cursor.byte()
        if kind:
            raise fault("E017", f"malformed element kind 0x{kind:02x}", at)
    # Function indices cannot be null, which a table of non-nullable elements needs to know.
    return RefType(False, "func") if FUNCTION_REFERENCES in space.features else FUNCREF


def _element(cursor: Cursor, space: TypeSpace) -> ElementSegment:
    at = cursor.position
    flags = cursor.u32()
    if flags > 7:
        raise fault("E017", f"malformed element segment flags 0x{flags:x}", at)
    mode, table, offset = "active", 0, None
    if flags & _ELEM_NOT_ACTIVE:
        mode = "declarative" if flags & _ELEM_EXPLICIT else "passive"
    else:
        table = cursor.u32() if flags & _ELEM_EXPLICIT else 0
        offset = decode_expression(cursor, space)
    element = _element_kind(cursor, flags, space)
    if flags & _ELEM_EXPRESSIONS:
        items = cursor.vector(lambda: decode_expression(cursor, space))
    else:
        items = cursor.vector(lambda: function_reference(cursor))
    return ElementSegment(mode, table, offset, element, items)


def _data(cursor: Cursor, space: TypeSpace) -> DataSegment:
    at = cursor.position
    flags = cursor.u32()
    if flags > 2:
        raise fault("E017", f"malformed data segment flags 0x{flags:x}", at)
    if flags == 1:
        return DataSegment("passive", 0, None, cursor.take(cursor.u32()))
    memory = cursor.u32() if flags == 2 else 0
    offset = decode_expression(cursor, space)
    return DataSegment("active", memory, offset, cursor.take(cursor.u32()))


def _locals(cursor: Cursor, space: TypeSpace) -> tuple[int, ValueType]:
    return cursor.u32(), read_value_type(cursor, space)


def _body(cursor: Cursor, space: TypeSpace) -> FunctionBody:
    at = cursor.position
    size = cursor.u32()
    start = cursor.position
    cursor.take(size)
    inner = Cursor(cursor.data, start, start + size)
    runs = inner.vector(lambda: _locals(inner, space))
    count = sum(count for count, _ in runs)
    if count > LOCALS_MAX:
        raise fault("E018", f"too many locals: {count}; the limit is {LOCALS_MAX}", at)
    return FunctionBody(runs, inner.position, start + size)


def _items(read_item: Callable) -> Callable[[Cursor, Sections], tuple]:
    """A reader of a section that is a list of items."""

    def read(cursor: Cursor, sections: Sections) -> tuple:
        space = sections.space()
        return cursor.vector(lambda: read_item(cursor, space))

    return read


# section number -> (field of Sections, reader), in the order that the sections must have.
SECTION_READERS: dict[int, tuple[str, Callable[[Cursor, Sections], object]]] = {
    1: ("type_section", lambda cursor, old: read_type_section(cursor, TypeSpace(old.features))),
    2: ("imports", _items(_import)),
    3: ("functions", _items(lambda cursor, space: cursor.u32())),
    4: ("tables", _items(_table)),
    5: ("memories", _items(_memory_type)),
    13: ("tags", _items(_tag_type)),
    6: ("globals", _items(_global)),
    7: ("exports", _items(_export)),
    8: ("start", lambda cursor, so_far: cursor.u32()),
    9: ("elements", _items(_element)),
    12: ("data_count", lambda cursor, so_far: cursor.u32()),
    10: ("code", _items(_body)),
    11: ("data", _items(_data)),
}
