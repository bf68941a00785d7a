# SPDX-License-Identifier: Apache-2.0
"""Memories, tables and globals of one module: their symbols, and how code reaches them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from mew_abi import layout
from mew_abi import symbols

from wasker.options import Options
from wasker.translate.imports import import_symbol
from wasker.translate.names import reference
from wasker.translate.types import llvm_type
from wasker.wasm.module import GlobalType
from wasker.wasm.module import MemoryType
from wasker.wasm.module import Module
from wasker.wasm.module import TableType
from wasker.wasm.unit import Unit

LINEAR_MEMORY = reference(symbols.LINEAR_MEMORY)
MEMORY_STRUCT = "%mew.Memory"
# The type of what has no size that LLVM may know.
OPAQUE = "%mew.memory"
TABLE_STRUCT = "%mew.Table"
# What 64-bit addresses reach; the system refuses what the window does not hold.
_MAX_PAGES_64 = 2**48
# A memory that nobody else creates gets one page less than 4 GiB, for `near_bytes`.
_MAX_PAGES_DIRECT = layout.MAX_MEMORY_PAGES - 1


@dataclass
class Entity:
    """`symbol` is the operand `@"..."`.

    `imported` when it is defined elsewhere, `exported` when other programs' objects can see it.
    """

    symbol: str
    imported: bool
    exported: bool
    # LLVM linkage words of the definition.
    linkage: str
    # Other exported names of the same thing, as operands.
    aliases: tuple[str, ...]


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
    """`is_array` when the elements are an array of the program instead of a descriptor's.

    `is_constant` then says that nothing writes to it.
    """

    type: TableType
    is_array: bool = False
    is_constant: bool = False

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
        """The descriptor of a table that is elsewhere, or the array."""
        kind = "constant" if self.is_constant else "global"
        type_text = OPAQUE if self.is_array else TABLE_STRUCT
        return f"{self.symbol} = external dso_local {kind} {type_text}"

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


def array_length_symbol(unit: Unit, table: int) -> str:
    """Absolute symbol whose address is the number of elements of an array of a program."""
    return f"{unit.symbols['table'][table]}.length"


class Entities:
    """Builds the entities of a module in index order."""

    def __init__(self, unit: Unit, options: Options) -> None:
        module = unit.module
        self._unit = unit
        self._module = module
        self._options = options
        self._exports: dict[tuple[str, int], list[str]] = {}
        for export in module.exports:
            symbol = symbols.export_symbol(options.module_name, export.name)
            self._exports.setdefault((export.kind, export.index), []).append(reference(symbol))

    def export_symbols(self, kind: str, index: int) -> list[str]:
        """Operands of every exported name of an entity."""
        return self._exports.get((kind, index), [])

    def _common(self, kind: str, index: int) -> tuple[str, bool, bool, str, tuple[str, ...]]:
        if not self._unit.has_instance:
            symbol = reference(self._unit.symbols[kind][index])
            return symbol, True, False, "", ()
        imports = self._module.imported(kind)
        names = self.export_symbols(kind, index)
        if index < len(imports):
            symbol = import_symbol(self._options, self._module, imports[index])
            return reference(symbol), True, False, "", ()
        if names:
            return names[0], False, True, "dso_local", tuple(names[1:])
        if self._unit.is_whole:
            return reference(f"{kind}[{index}]"), False, False, "internal", ()
        return reference(self._unit.symbols[kind][index]), False, False, "hidden", ()

    def memories(self) -> list[MemoryEntity]:
        """All memories; the first is direct when this module defines it and the mode says so."""
        found = []
        for index, memory_type in enumerate(self._module.memories):
            common = self._common("memory", index)
            is_own = index >= self._unit.imported_memories
            direct = index == 0 and is_own and self._unit.memory == "direct"
            found.append(MemoryEntity(*common, memory_type, LINEAR_MEMORY if direct else None))
        return found

    def tables(self) -> list[TableEntity]:
        """All tables; those of a whole module are arrays or not once it has been translated."""
        found = [
            TableEntity(*self._common("table", index), table_type)
            for index, table_type in enumerate(self._module.tables)
        ]
        for entry, use in zip(found, self._unit.tables):
            entry.is_array = use.is_array
            entry.is_constant = use.is_array and not use.is_written
        return found

    def globals(self) -> list[GlobalEntity]:
        """All globals; `constant` is set by `instance.py`."""
        return [
            GlobalEntity(*self._common("global", index), wasm_type, llvm_type(wasm_type.value_type))
            for index, wasm_type in enumerate(self._module.globals)
        ]

    def tags(self) -> list[Entity]:
        """All tags; a tag is nothing but an address."""
        return [Entity(*self._common("tag", index)) for index in range(len(self._module.tags))]
