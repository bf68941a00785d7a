# SPDX-License-Identifier: Apache-2.0
"""Whether a module's imports fit what other modules export (specification, sections 3.2.7, 4.5.4).

An object file has no types, so a linker cannot see that an import was satisfied with something of
another kind or type. This check does, before linking.

Type indices mean nothing outside of their module. To compare them, the types of importer and
exporter are numbered together (`_SharedTypes`): equal recursive groups get equal numbers.
"""
from __future__ import annotations

from typing import Mapping
from typing import Optional
from typing import Union

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault
from wasker.wasm.module import Export
from wasker.wasm.module import GlobalType
from wasker.wasm.module import Import
from wasker.wasm.module import Limits
from wasker.wasm.module import MemoryType
from wasker.wasm.module import Module
from wasker.wasm.module import RefType
from wasker.wasm.module import SubType
from wasker.wasm.module import TableType
from wasker.wasm.module import TagType
from wasker.wasm.module import ValueType
from wasker.wasm.subtyping import heap_matches
from wasker.wasm.subtyping import matches
from wasker.wasm.typesection import Composite
from wasker.wasm.typesection import renumber

# A type index for a function.
_Described = Union[int, GlobalType, MemoryType, TableType, TagType]


class _SharedTypes:
    """Types of several modules as one list, in which equal types are one entry."""

    def __init__(self) -> None:
        self._types: list[Composite] = []
        self._subtypes: list[SubType] = []
        self._start_of_group: dict[tuple, int] = {}
        self._numbers: dict[int, list[int]] = {}

    def number(self, module: Module, index: int) -> int:
        """The shared number of a type index."""
        # Modules are compared by identity: they outlive this object.
        if id(module) not in self._numbers:
            self._numbers[id(module)] = self._number_all(module)
        return self._numbers[id(module)][index]

    def _number_all(self, module: Module) -> list[int]:
        """The shared numbers of all types; groups refer to themselves and to earlier ones."""
        numbers: list[int] = []
        for index, (first, size) in enumerate(module.type_groups):
            canonical = module.canonical_types[index]
            if canonical == first == index:
                start = self._add_group(module, first, size, numbers)
                numbers.extend(range(start, start + size))
            elif index == len(numbers):
                numbers.append(numbers[canonical])
        return numbers

    def _add_group(self, module: Module, first: int, size: int, numbers: list[int]) -> int:
        def relative(index: int) -> int:
            """Shared outside of the group; -1, -2, ... inside of it."""
            return numbers[index] if index < first else first - index - 1

        members = slice(first, first + size)
        entries = zip(module.subtypes[members], module.types[members])
        key = tuple(renumber(entry, relative) for entry in entries)
        start = self._start_of_group.setdefault(key, len(self._types))
        if start == len(self._types):
            for entry in key:
                declared, composite = renumber(entry, lambda i: i if i >= 0 else start - i - 1)
                self._subtypes.append(declared)
                self._types.append(composite)
        return start

    def value_type(self, module: Module, value_type: ValueType) -> ValueType:
        """The type with its index, if it has one, as a shared number."""
        if isinstance(value_type, RefType) and isinstance(value_type.heap, int):
            return RefType(value_type.nullable, self.number(module, value_type.heap))
        return value_type

    def as_module(self) -> Module:
        """What the rules of subtyping look types up in."""
        return Module(binary=b"", types=tuple(self._types), subtypes=tuple(self._subtypes))


def check_imports(
    module: Module, providers: Mapping[str, Module], *, sizes_known: bool = True
) -> None:
    """Raise E070 for an import that nothing exports, E071 for one whose type does not fit.

    `providers` are the instances' modules by the name that imports use. Memories and tables may
    have grown since they were declared; without `sizes_known` their current sizes are left to the
    caller to compare with what the import asks for.
    """
    shared = _SharedTypes()
    for entry in module.imports:
        where = f"import {entry.module}.{entry.name}"
        provider = providers.get(entry.module)
        export = provider and _find(provider, entry.name)
        if not provider or not export:
            raise _located(fault("E070", "unknown import: nothing exports this name"), where)
        if export.kind != entry.kind:
            message = f"incompatible import type: the export is a {export.kind}, not a {entry.kind}"
            raise _located(fault("E071", message), where)
        found = _exported_type(provider, export)
        if not _fits(shared, (provider, found), (module, entry.type), sizes_known):
            wanted = _text(module, entry.type)
            types = f"the export is {_text(provider, found)}, the import {wanted}"
            raise _located(fault("E071", f"incompatible import type: {types}"), where)


def _located(error: Diagnostic, where: str) -> Diagnostic:
    return Diagnostic(error.code, error.message, where=where, hint=error.hint)


def _find(provider: Module, name: str) -> Optional[Export]:
    for export in provider.exports:
        if export.name == name:
            return export
    return None


def _exported_type(provider: Module, export: Export) -> _Described:
    spaces: dict[str, tuple] = {
        "func": provider.functions,
        "table": provider.tables,
        "memory": provider.memories,
        "global": provider.globals,
        "tag": provider.tags,
    }
    return spaces[export.kind][export.index]


def _text(module: Module, described: _Described) -> str:
    return str(module.types[described] if isinstance(described, int) else described)


def _fits(
    shared: _SharedTypes,
    export: tuple[Module, _Described],
    wish: tuple[Module, _Described],
    sizes_known: bool,
) -> bool:
    """Specification, section 3.3.4: whether an export's type matches an import's of its kind."""
    provider, found = export
    module, wanted = wish
    if isinstance(wanted, MemoryType):
        assert isinstance(found, MemoryType)
        same = found.is_64 == wanted.is_64 and found.shared == wanted.shared
        return same and _limits_fit(found.limits, wanted.limits, sizes_known)
    if isinstance(wanted, TableType):
        assert isinstance(found, TableType)
        element = shared.value_type(provider, found.element)
        same = element == shared.value_type(module, wanted.element)
        same = same and found.is_64 == wanted.is_64
        return same and _limits_fit(found.limits, wanted.limits, sizes_known)
    if isinstance(wanted, GlobalType):
        assert isinstance(found, GlobalType)
        lower = shared.value_type(provider, found.value_type)
        upper = shared.value_type(module, wanted.value_type)
        # What can be written must be the same type in both directions.
        fits = lower == upper if wanted.mutable else matches(shared.as_module(), lower, upper)
        return fits and found.mutable == wanted.mutable
    if isinstance(wanted, TagType):
        assert isinstance(found, TagType)
        lower_tag = shared.number(provider, found.type_index)
        return lower_tag == shared.number(module, wanted.type_index)
    assert isinstance(found, int)
    lower_function = shared.number(provider, found)
    upper_function = shared.number(module, wanted)
    return heap_matches(shared.as_module(), lower_function, upper_function)


def _limits_fit(found: Limits, wanted: Limits, sizes_known: bool) -> bool:
    """At least as large, and bounded at least as tightly."""
    if sizes_known and found.minimum < wanted.minimum:
        return False
    if wanted.maximum is None:
        return True
    return found.maximum is not None and found.maximum <= wanted.maximum
