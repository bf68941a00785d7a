# SPDX-License-Identifier: Apache-2.0
"""Whether a module's imports fit what other modules export (specification, sections 3.2.7, 4.5.4).

An object file has no types, so a linker cannot see that an import was satisfied with something of
another kind or type. This check does, before linking.

Types that refer to other types by index are compared by those indices, so they fit within one
module only; the proposals that have them are not enabled (`features.SUPPORTED`).
"""
from __future__ import annotations

from typing import Mapping
from typing import Union

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault
from wasker.wasm.module import Export
from wasker.wasm.module import FuncType
from wasker.wasm.module import GlobalType
from wasker.wasm.module import Import
from wasker.wasm.module import Limits
from wasker.wasm.module import MemoryType
from wasker.wasm.module import Module
from wasker.wasm.module import TableType

_Described = Union[FuncType, GlobalType, MemoryType, TableType]


def check_imports(
    module: Module, providers: Mapping[str, Module], *, sizes_known: bool = True
) -> None:
    """Raise E070 for an import that nothing exports, E071 for one whose type does not fit.

    `providers` are the instances' modules by the name that imports use. Memories and tables may
    have grown since they were declared; without `sizes_known` their current sizes are left to the
    caller to compare with what the import asks for.
    """
    for entry in module.imports:
        where = f"import {entry.module}.{entry.name}"
        provider = providers.get(entry.module)
        export = provider and _find(provider, entry.name)
        if not provider or not export:
            raise _located(fault("E070", "unknown import: nothing exports this name"), where)
        wanted = _imported_type(module, entry)
        found = _exported_type(provider, export)
        if export.kind != entry.kind:
            message = f"incompatible import type: the export is a {export.kind}, not a {entry.kind}"
            raise _located(fault("E071", message), where)
        if not _fits(found, wanted, sizes_known):
            message = f"incompatible import type: the export is {found}, the import {wanted}"
            raise _located(fault("E071", message), where)


def _located(error: Diagnostic, where: str) -> Diagnostic:
    return Diagnostic(error.code, error.message, where=where, hint=error.hint)


def _find(provider: Module, name: str) -> Union[Export, None]:
    for export in provider.exports:
        if export.name == name:
            return export
    return None


def _imported_type(module: Module, entry: Import) -> _Described:
    return module.types[entry.type] if entry.kind == "func" else entry.type


def _exported_type(provider: Module, export: Export) -> _Described:
    if export.kind == "func":
        return provider.function_type(export.index)
    spaces = {
        "table": provider.tables,
        "memory": provider.memories,
        "global": provider.globals,
        "tag": provider.tags,
    }
    return spaces[export.kind][export.index]


def _fits(found: _Described, wanted: _Described, sizes_known: bool) -> bool:
    if isinstance(found, MemoryType) and isinstance(wanted, MemoryType):
        same = found.is_64 == wanted.is_64 and found.shared == wanted.shared
        return same and _limits_fit(found.limits, wanted.limits, sizes_known)
    if isinstance(found, TableType) and isinstance(wanted, TableType):
        same = found.is_64 == wanted.is_64 and found.element == wanted.element
        return same and _limits_fit(found.limits, wanted.limits, sizes_known)
    return found == wanted


def _limits_fit(found: Limits, wanted: Limits, sizes_known: bool) -> bool:
    """Specification, section 3.3.4.1: at least as large, and bounded at least as tightly."""
    if sizes_known and found.minimum < wanted.minimum:
        return False
    if wanted.maximum is None:
        return True
    return found.maximum is not None and found.maximum <= wanted.maximum
