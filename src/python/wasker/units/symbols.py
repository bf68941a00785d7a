# SPDX-License-Identifier: Apache-2.0
"""Symbols by which units refer to each other: they survive what renumbers a module.

A function is its name; the second of that name gets `#1`, and one without a name is a hash of its
code. A global is its type and its place among the module's own globals of that type, a data or
elem segment a hash of its content. So neither a function, import or global more or less, nor
another order of functions changes the symbol of anything else.
"""
from __future__ import annotations

import hashlib
from typing import Sequence

from mew_abi import symbols

from wasker.options import Options
from wasker.translate.imports import import_symbol
from wasker.translate.types import TypeHashes
from wasker.translate.types import llvm_type
from wasker.units.scan import Scan
from wasker.wasm.module import Module
from wasker.wasm.module import NameSection

_DIGEST_BYTES = 8


def _digest(*parts: bytes) -> str:
    found = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


class _Numbered:
    """Appends `#1`, `#2`... to the second and third equal name."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def take(self, name: str) -> str:
        count = self._counts.get(name, 0)
        self._counts[name] = count + 1
        return f"{name}#{count}" if count else name


class ProgramSymbols:
    """The symbols of a module's entities, by kind and index; `thunks` of imported functions."""

    def __init__(
        self, module: Module, options: Options, scans: Sequence[Scan], types: TypeHashes
    ) -> None:
        self._module = module
        self._options = options
        self._types = types
        is_program = options.module_name == symbols.DEFAULT_MODULE_NAME
        self._prefix = "" if is_program else f"{options.module_name}/"
        self._exports: dict[tuple[str, int], list[str]] = {}
        for export in module.exports:
            symbol = symbols.export_symbol(options.module_name, export.name)
            self._exports.setdefault((export.kind, export.index), []).append(symbol)
        self.by_kind = {
            "func": self._imports("func") + self._functions(scans),
            "table": self._others("table", ["table"] * len(module.tables)),
            "memory": self._others("memory", ["memory"] * len(module.memories)),
            "global": self._others("global", [self._global(entry) for entry in module.globals]),
            "tag": self._others("tag", ["tag"] * len(module.tags)),
            "data": self._segments([f"data.{_digest(s.content)}" for s in module.data]),
            "elem": self._segments(["elem"] * len(module.elements)),
        }
        self.heap = f"{self._prefix}heap.new"
        self.thunks = self._thunks()

    def exports(self, kind: str, index: int) -> list[str]:
        """Every exported name of an entity, as symbols."""
        return self._exports.get((kind, index), [])

    def _imports(self, kind: str) -> list[str]:
        return [
            import_symbol(self._options, self._module, entry)
            for entry in self._module.imported(kind)
        ]

    def _functions(self, scans: Sequence[Scan]) -> list[str]:
        module = self._module
        imported = len(module.functions) - len(module.code)
        numbered = _Numbered()
        found = []
        for position, scan in enumerate(scans):
            index = imported + position
            wanted = module.names.functions.get(index) or f"#{self._code_digest(position, scan)}"
            found.append(f"{symbols.FUNCTION_PREFIX}{self._prefix}{numbered.take(wanted)}")
        return found

    def _code_digest(self, position: int, scan: Scan) -> str:
        """Hash of a body without its indices."""
        body = self._module.code[position]
        parts = [self._types.digest(self._type_of(position)).encode(), repr(body.locals).encode()]
        at = body.start
        for reference in scan.references:
            parts.append(self._module.binary[at : reference.start])
            at = reference.end
        return _digest(*parts, self._module.binary[at : body.end])

    def _type_of(self, position: int) -> int:
        module = self._module
        index = len(module.functions) - len(module.code) + position
        return module.canonical_types[module.functions[index]]

    @staticmethod
    def _global(entry) -> str:
        return f"global.{llvm_type(entry.value_type)}{'.mutable' if entry.mutable else ''}"

    def _others(self, kind: str, labels: Sequence[str]) -> list[str]:
        found = self._imports(kind)
        counts: dict[str, int] = {}
        for index in range(len(found), len(labels)):
            place = counts[labels[index]] = counts.get(labels[index], -1) + 1
            exported = self.exports(kind, index)
            found.append(exported[0] if exported else f"{self._prefix}{labels[index]}[{place}]")
        return found

    def _segments(self, labels: Sequence[str]) -> list[str]:
        numbered = _Numbered()
        return [self._prefix + numbered.take(label) for label in labels]

    def _thunks(self) -> list[str]:
        found = []
        module = self._module
        for entry in module.imported("func"):
            digest = self._types.digest(module.canonical_types[entry.type])[:_DIGEST_BYTES]
            name = f"{self._prefix}{entry.module}.{entry.name}"
            found.append(f"{symbols.FUNCTION_PREFIX}{name}#{digest}")
        return found


def unit_names(functions: Sequence[str]) -> NameSection:
    """What diagnostics call the functions of a unit."""
    length = len(symbols.FUNCTION_PREFIX)
    return NameSection(functions={i: symbol[length:] for i, symbol in enumerate(functions)})
