# SPDX-License-Identifier: Apache-2.0
"""Writes a part of a module as a module of its own, with local indices in a canonical order.

Functions, globals, segments and types are numbered anew: what the part uses, sorted by symbol.
Memories, tables and tags keep their indices; there are few of them. So do types where indices
occur in places other than calls and blocks: modules with typed references or garbage-collected
types have all of their types in every unit.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable
from typing import Iterable
from typing import Mapping
from typing import Sequence

from wasker.units.scan import Scan
from wasker.units.scan import encode_index
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import ConstExpr
from wasker.wasm.module import DataSegment
from wasker.wasm.module import ElementSegment
from wasker.wasm.module import FuncType
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import Import
from wasker.wasm.module import Limits
from wasker.wasm.module import Module
from wasker.wasm.module import RefType
from wasker.wasm.opcodes import OPCODES_BY_NAME

_REF_FUNC = OPCODES_BY_NAME["ref.func"].code
_END = OPCODES_BY_NAME["end"].code
_CONSTANTS = frozenset(
    OPCODES_BY_NAME[name].code
    for name in ("i32.const", "i64.const", "f32.const", "f64.const", "v128.const")
)
# From this size on, a memory may have its last page: entities.py.
_PAGES_ALL = 1 << 16


def _is_abstract(value_type: object) -> bool:
    return not isinstance(value_type, RefType) or isinstance(value_type.heap, str)


def has_plain_types(module: Module, scans: Iterable[Scan]) -> bool:
    """Whether type indices occur as types of functions, calls and blocks only."""
    for composite, declared in zip(module.types, module.subtypes):
        if not isinstance(composite, FuncType) or not declared.final or declared.supertypes:
            return False
        if not all(map(_is_abstract, composite.params + composite.results)):
            return False
    if any(size != 1 for _, size in module.type_groups):
        return False
    declared_types = [entry.value_type for entry in module.globals]
    declared_types += [table.element for table in module.tables]
    declared_types += [segment.element for segment in module.elements]
    declared_types += [kind for body in module.code for _, kind in body.locals]
    return all(map(_is_abstract, declared_types)) and not any(
        scan.has_type_references for scan in scans
    )


@dataclass(frozen=True)
class TypeList:
    """Types of a part, and how old indices map to new ones."""

    fields: Mapping[str, tuple]
    number: Callable[[int], int]


def choose_types(
    module: Module, used: Iterable[int], digest: Callable[[int], str], is_plain: bool
) -> TypeList:
    """The types that are used, in the order of their digests; all of them unless `is_plain`."""
    names = ("types", "subtypes", "canonical_types", "type_groups")
    if not is_plain:
        return TypeList({name: getattr(module, name) for name in names}, lambda index: index)
    chosen = sorted({module.canonical_types[index] for index in used}, key=digest)
    numbers = {old: new for new, old in enumerate(chosen)}
    fields = {
        "types": tuple(module.types[old] for old in chosen),
        "subtypes": tuple(module.subtypes[old] for old in chosen),
        "canonical_types": tuple(range(len(chosen))),
        "type_groups": tuple((new, 1) for new in range(len(chosen))),
    }
    return TypeList(fields, lambda index: numbers[module.canonical_types[index]])


def is_constant_global(module: Module, index: int) -> bool:
    """Whether code can use the global's value instead of its variable."""
    position = index - (len(module.globals) - len(module.global_inits))
    if position < 0 or module.globals[index].mutable:
        return False
    init = module.global_inits[position]
    return len(init) == 2 and init[0][0] in _CONSTANTS


def without_offsets(expression: ConstExpr, function: Callable[[int], int]) -> ConstExpr:
    """A constant expression with byte offsets of 0 and functions renumbered."""
    return tuple(
        (opcode, function(immediate) if opcode == _REF_FUNC else immediate, 0)
        for opcode, immediate, _ in expression
    )


def outside_entities(module: Module, types: TypeList) -> tuple[tuple[Import, ...], dict]:
    """Memories, tables and tags as imports of a part, and the fields of `Module` for them.

    Sizes are left out: code asks for them at run time or by a symbol.
    """
    tables = tuple(table._replace(limits=Limits(0, None)) for table in module.tables)
    memories = tuple(
        memory._replace(limits=Limits(_PAGES_ALL * (memory.limits.minimum >= _PAGES_ALL), None))
        for memory in module.memories
    )
    tags = tuple(tag._replace(type_index=types.number(tag.type_index)) for tag in module.tags)
    imports = [Import("", "", "table", table) for table in tables]
    imports += [Import("", "", "memory", memory) for memory in memories]
    imports += [Import("", "", "tag", tag) for tag in tags]
    return tuple(imports), {"tables": tables, "memories": memories, "tags": tags}


def rewrite_body(
    binary: bytes, body: FunctionBody, scan: Scan, maps: Mapping[str, Callable[[int], int]]
) -> bytes:
    """The body's instructions with every index replaced by `maps` of its kind."""
    parts = []
    at = body.start
    for start, end, kind, index in scan.references:
        parts.append(binary[at:start])
        parts.append(encode_index(maps[kind](index), signed=kind == "block"))
        at = end
    parts.append(binary[at : body.end])
    return b"".join(parts)


def used_segments(module: Module, kind: str, used: Sequence[int]) -> tuple:
    """The segments as a part sees them: their content lies elsewhere."""
    if kind == "data":
        return tuple(DataSegment("passive", 0, None, b"") for _ in used)
    return tuple(
        ElementSegment("passive", 0, None, module.elements[index].element, ()) for index in used
    )


def declared_references(functions: Sequence[int]) -> tuple[ElementSegment, ...]:
    """A segment that lets bodies refer to the functions."""
    if not functions:
        return ()
    items = tuple(((_REF_FUNC, index, 0), (_END, None, 0)) for index in functions)
    return (ElementSegment("declarative", 0, None, FUNCREF, items),)
