# SPDX-License-Identifier: Apache-2.0
"""Memories, tables and globals of one module: their symbols, and how code reaches them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from mew_abi import layout
from mew_abi import symbols

from wasker.options import Options
from wasker.translate.names import reference
from wasker.translate.types import llvm_type
from wasker.wasm.module import GlobalType
from wasker.wasm.module import MemoryType
from wasker.wasm.module import Module
from wasker.wasm.module import TableType

LINEAR_MEMORY = reference(symbols.LINEAR_MEMORY)
MEMORY_STRUCT = "%mew.Memory"
TABLE_STRUCT = "%mew.Table"
# What 64-bit addresses reach; the system refuses what the window does not hold.
_MAX_PAGES_64 = 2**48
# A memory that nobody else creates gets one page less than 4 GiB, for `near_bytes`.
_MAX_PAGES_DIRECT = layout.MAX_MEMORY_PAGES - 1


@dataclass
class Entity:
    """`symbol` is the operand `@"..."`; `exported` when other objects can see it."""

    symbol: str
    imported: bool
    exported: bool
    # Other exported names of the same thing, as operands.
    aliases: tuple[str, ...]

    @property
    def linkage(self) -> str:
        """LLVM linkage words of the definition."""
        return "dso_local" if self.exported else "internal"


@dataclass
class MemoryEntity(Entity):
    """`base` is the operand of the first byte where it is known without a load."""

    type: MemoryType
    base: Optional[str]

    @property
    def is_64(self) -> bool:
        """Whether addresses are i64."""
        return self.type.is_64

    @property
    def index_type(self) -> str:
        """LLVM type of an address."""
        return "i64" if self.type.is_64 else "i32"

    @property
    def near_bytes(self) -> int:
        """How far beyond an index that was accessed no other index has wrapped; 0: unknown."""
        if self.base is None or self.is_64 or self.type.limits.minimum > _MAX_PAGES_DIRECT:
            return 0
        return layout.WASM_PAGE_SIZE

    @property
    def declaration(self) -> str:
        """The descriptor of an imported memory."""
        return f"{self.symbol} = external dso_local global {MEMORY_STRUCT}"

    @property
    def definition(self) -> str:
        """The descriptor of a memory of this module, before `mew.memory_create`."""
        limits = self.type.limits
        ceiling = _MAX_PAGES_64 if self.type.is_64 else layout.MAX_MEMORY_PAGES
        maximum = ceiling if limits.maximum is None else limits.maximum
        if self.near_bytes:
            maximum = min(maximum, _MAX_PAGES_DIRECT)
        fields = (
            f"ptr {self.base or 'null'}, i64 {limits.minimum}, i64 {maximum}, "
            f"i64 {layout.LINEAR_MEMORY_WINDOW}"
        )
        return f"{self.symbol} = {self.linkage} global {MEMORY_STRUCT} {{ {fields} }}"


@dataclass
class TableEntity(Entity):
    """`is_array` when the elements are an array of the object instead of a descriptor's."""

    type: TableType
    is_array: bool = False

    @property
    def minimum(self) -> int:
        """Number of elements at the start."""
        return self.type.limits.minimum

    @property
    def index_type(self) -> str:
        """LLVM type of an element's index."""
        return "i64" if self.type.is_64 else "i32"

    @property
    def declaration(self) -> str:
        """The descriptor of an imported table."""
        return f"{self.symbol} = external dso_local global {TABLE_STRUCT}"

    @property
    def definition(self) -> str:
        """The descriptor of a table of this module, before `mew.table_create`."""
        limits = self.type.limits
        ceiling = 2**64 - 1 if self.type.is_64 else 2**32 - 1
        maximum = ceiling if limits.maximum is None else limits.maximum
        fields = f"ptr null, i64 {limits.minimum}, i64 {maximum}"
        return f"{self.symbol} = {self.linkage} global {TABLE_STRUCT} {{ {fields} }}"


@dataclass
class GlobalEntity(Entity):
    """`constant` is the typed operand of an immutable global whose value is known."""

    wasm_type: GlobalType
    type: str
    constant: Optional[str] = None

    @property
    def declaration(self) -> str:
        """An imported global."""
        kind = "global" if self.wasm_type.mutable else "constant"
        return f"{self.symbol} = external dso_local {kind} {self.type}"


class Entities:
    """Builds the entities of a module in index order."""

    def __init__(self, module: Module, options: Options) -> None:
        self._module = module
        self._options = options
        self._exports: dict[tuple[str, int], list[str]] = {}
        for export in module.exports:
            symbol = symbols.export_symbol(options.module_name, export.name)
            self._exports.setdefault((export.kind, export.index), []).append(reference(symbol))

    def export_symbols(self, kind: str, index: int) -> list[str]:
        """Operands of every exported name of an entity."""
        return self._exports.get((kind, index), [])

    def _common(self, kind: str, index: int) -> tuple[str, bool, bool, tuple[str, ...]]:
        imports = self._module.imported(kind)
        names = self.export_symbols(kind, index)
        if index < len(imports):
            entry = imports[index]
            prefix = self._options.import_prefix(entry.module)
            return reference(symbols.export_symbol(prefix, entry.name)), True, False, ()
        if names:
            return names[0], False, True, tuple(names[1:])
        return reference(f"{kind}[{index}]"), False, False, ()

    def memories(self) -> list[MemoryEntity]:
        """All memories; the first is direct when this module defines it and the mode says so."""
        found = []
        for index, memory_type in enumerate(self._module.memories):
            common = self._common("memory", index)
            direct = index == 0 and not common[1] and self._options.memory == "direct"
            found.append(MemoryEntity(*common, memory_type, LINEAR_MEMORY if direct else None))
        return found

    def tables(self) -> list[TableEntity]:
        """All tables; `is_array` is decided when the module has been translated."""
        return [
            TableEntity(*self._common("table", index), table_type)
            for index, table_type in enumerate(self._module.tables)
        ]

    def globals(self) -> list[GlobalEntity]:
        """All globals; `constant` is set by `instance.py`."""
        return [
            GlobalEntity(*self._common("global", index), wasm_type, llvm_type(wasm_type.value_type))
            for index, wasm_type in enumerate(self._module.globals)
        ]

    def tags(self) -> list[Entity]:
        """All tags; a tag is nothing but an address."""
        return [Entity(*self._common("tag", index)) for index in range(len(self._module.tags))]
