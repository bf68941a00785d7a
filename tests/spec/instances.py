# SPDX-License-Identifier: Apache-2.0
"""Module instances of a script: who imports from whom, and which of them can share a program.

A *program* is one executable, hence one address space with one place for a direct linear memory
(docs/reference/abi.md). Instances that import from each other must be in the same program; all
others need not. So instances fall into components, and each program takes at most one component
that has a memory. In a component with several memories, one is direct and the others indirect.
"""
from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Iterator

from mew_abi import symbols

from wasker.wasm.module import Import
from wasker.wasm.module import Module

# Imports of these kinds name data that its owner defines, under the owner's symbol only.
_DATA_KINDS = ("table", "memory", "global", "tag")
# What instances share through the host module, if they import it.
_HOST_STATE = ("table", "memory")


@dataclass(eq=False)
class Instance:
    """One instance; `providers` has the instance behind each imported module's name.

    `file` is the binary's name in the script's folder, `command` the number of the command that
    makes the instance. `memory` is the compiler's mode for memory 0.
    """

    name: str
    file: str
    binary: bytes
    module: Module
    command: int
    providers: dict[str, "Instance"] = field(default_factory=dict)
    memory: str = "direct"

    def symbol(self, kind: str, export_name: str) -> str:
        """Symbol of an export; a re-exported memory, table or global has its owner's."""
        index = next(
            export.index
            for export in self.module.exports
            if export.kind == kind and export.name == export_name
        )
        imported = self.module.imported(kind)
        if kind in _DATA_KINDS and index < len(imported):
            return self.import_symbol(imported[index])
        return symbols.export_symbol(self.name, export_name)

    def import_symbol(self, entry: Import) -> str:
        """Symbol that satisfies an import."""
        return self.providers[entry.module].symbol(entry.kind, entry.name)


class Components:
    """Disjoint sets of instances that must be in one program."""

    def __init__(self, host: Instance) -> None:
        self._host = host
        self._parents: dict[Instance, Instance] = {}

    def _root(self, instance: Instance) -> Instance:
        while (parent := self._parents.get(instance, instance)) is not instance:
            instance = parent
        return instance

    def _join(self, one: Instance, other: Instance) -> None:
        self._parents[self._root(one)] = self._root(other)

    def add(self, instance: Instance) -> None:
        """Add an instance whose providers were added before it."""
        self._parents.setdefault(instance, instance)
        for entry in instance.module.imports:
            provider = instance.providers[entry.module]
            if provider is not self._host or entry.kind in _HOST_STATE:
                self._join(instance, provider)

    def groups(self, instances: list[Instance]) -> Iterator[list[Instance]]:
        """The components, each in order of creation."""
        found: dict[Instance, list[Instance]] = {}
        for instance in instances:
            found.setdefault(self._root(instance), []).append(instance)
        yield from found.values()


def _owns_memory_zero(instance: Instance) -> bool:
    return bool(instance.module.memories) and not instance.module.imported("memory")


def programs(instances: list[Instance], host: Instance) -> list[list[Instance]]:
    """Sort instances into programs, and choose each one's memory mode."""
    components = Components(host)
    for instance in instances:
        components.add(instance)
    found: list[list[Instance]] = []
    without_memory: list[Instance] = []
    for group in components.groups(instances):
        owners = [instance for instance in group if _owns_memory_zero(instance)]
        for owner in owners[1:]:
            owner.memory = "indirect"
        if owners:
            found.append(group)
        else:
            without_memory += group
    if without_memory:
        first = found.pop(0) if found else []
        found.insert(0, sorted(first + without_memory, key=lambda each: each.command))
    return found
