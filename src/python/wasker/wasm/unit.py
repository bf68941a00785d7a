# SPDX-License-Identifier: Apache-2.0
"""A codegen unit: a module, or a part of one that compiles apart from the others.

A part is a `Module` of its own with local indices, in which everything that lies elsewhere is an
import. What the translator has to know of the rest of the program stands beside it, so a part
depends on nothing but its own content (docs/explain/codegen-units.md).
"""
from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Mapping

from wasker.wasm.module import Module

# A whole module; everything of a module but its functions; some of its functions.
WHOLE, GLUE, FUNCTIONS = "whole", "glue", "functions"

# How a part defines a function: for itself, for the other parts too, or as a copy of a function of
# another part that is there to be inlined.
INTERNAL, SHARED, COPY = "internal", "shared", "copy"


@dataclass(frozen=True)
class TableUse:
    """One table: is it an array of the program, and does any code write to it?"""

    is_array: bool
    is_written: bool


@dataclass(frozen=True)
class Unit:
    """One part, or a whole module when only `module` is given.

    The first `system_imports` imported functions are imports of the program, the further ones are
    functions of other parts. `symbols` has the symbol of each entity by kind and index.
    `referenced` are the functions that carry their type's hash; `thunks` the symbols by which
    imported functions are referenced. The first `imported_memories` memories are the system's or
    another program's. `aliases` are further symbols (exports) of functions defined
    here. `data_used` and `elements_used` are the segments of which code reads content or size.
    `heap` is the symbol of the function that allocates objects, or "".
    """

    module: Module
    part: str = WHOLE
    module_name: str = ""
    entry: str = "none"
    memory: str = "direct"
    system_imports: int = 0
    symbols: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    linkages: tuple[str, ...] = ()
    aliases: tuple[tuple[int, str], ...] = ()
    referenced: tuple[int, ...] = ()
    thunks: tuple[str, ...] = ()
    imported_memories: int = 0
    tables: tuple[TableUse, ...] = ()
    data_used: tuple[int, ...] = ()
    elements_used: tuple[int, ...] = ()
    tail_calls: bool = False
    exceptions: bool = False
    heap: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the program lies elsewhere."""
        return self.part == WHOLE

    @property
    def has_instance(self) -> bool:
        """Whether memories, tables, globals and segments are defined here."""
        return self.part != FUNCTIONS
