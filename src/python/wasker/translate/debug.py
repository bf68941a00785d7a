# SPDX-License-Identifier: Apache-2.0
"""Source lines as LLVM metadata: line tables only, no variables and no types.

While a body is translated, marks (number of lines of IR, byte offset of the instruction) are all
that is kept; when it is finished, each of its lines gets the location that its mark stands for.
"""
from __future__ import annotations

import re
from typing import Iterator
from typing import Sequence

from wasker.translate.function import Function
from wasker.translate.names import quoted
from wasker.wasm.debuglines import LineTable
from wasker.wasm.debuglines import Place
from wasker.wasm.module import Instruction

# Lower numbers are the module's other metadata.
_FIRST_ID = 16
_DWARF_VERSION = 4
# Function.trap_label.
_TRAP_LABEL = re.compile(r"label %trap(\d+)\b")


class DebugInfo:
    """The metadata of one module, numbered in the order of first use."""

    def __init__(self, table: LineTable, module_name: str) -> None:
        self._table = table
        self._ids: dict[str, int] = {}
        self._subprograms: dict[int, int] = {}
        file = self._id(f'!DIFile(filename: {quoted(module_name)}, directory: "")')
        self._unit = self._id(
            f"distinct !DICompileUnit(language: DW_LANG_C11, file: !{file}, "
            'producer: "mew", isOptimized: true, runtimeVersion: 0, '
            "emissionKind: LineTablesOnly)"
        )
        nothing = self._id("!{}")
        self._type = self._id(f"!DISubroutineType(types: !{nothing})")

    def _id(self, text: str) -> int:
        return self._ids.setdefault(text, _FIRST_ID + len(self._ids))

    def _file(self, place: Place) -> int:
        name, directory = quoted(place.name), quoted(place.directory)
        return self._id(f"!DIFile(filename: {name}, directory: {directory})")

    @staticmethod
    def marked(
        f: Function, instructions: Sequence[Instruction], marks: list[tuple[int, int]]
    ) -> Iterator[Instruction]:
        """Pass instructions on, and note in `marks` where the text of each one begins."""
        for instruction in instructions:
            marks.append((len(f.lines), instruction[2]))
            yield instruction

    def attach(self, f: Function, index: int, name: str, marks: list[tuple[int, int]]) -> None:
        """Give function `index` a subprogram and its lines their locations, if any is known."""
        places = [self._table.place(offset) for _, offset in marks]
        known = next((place for place in places if place is not None), None)
        if known is None:
            return
        file = self._file(known)
        # Identical names may occur; the index in the key keeps the subprograms apart.
        subprogram = self._id(
            f"distinct !DISubprogram(name: {quoted(name)}, scope: !{file}, file: !{file}, "
            f"line: {known.line}, type: !{self._type}, scopeLine: {known.line}, "
            f"spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !{self._unit}) ; {index}"
        )
        self._subprograms[index] = subprogram
        # LLVM wants a location on each call, so what has none is of line 0.
        unknown = Place(known.name, known.directory, 0, 0)
        ends = [start for start, _ in marks[1:]] + [len(f.lines)]
        trapping: dict[int, set[Place]] = {}
        for (start, _), end, place in zip(marks, ends, places):
            if start < end:
                location = self._location(subprogram, file, place or unknown)
                for line in range(start, min(end, len(f.lines))):
                    for kind in _TRAP_LABEL.findall(f.lines[line]):
                        trapping.setdefault(int(kind), set()).add(place or unknown)
                    f.lines[line] = _located(f.lines[line], location)
        # One block raises a kind of trap for the whole function: it has a line if only one place
        # leads there.
        for kind, found in trapping.items():
            place = found.pop() if len(found) == 1 else unknown
            f.trap_locations[kind] = self._location(subprogram, file, place)

    def _location(self, subprogram: int, file: int, place: Place) -> str:
        """Suffix of an instruction; code inlined from another file has a scope of that file."""
        scope = subprogram
        own = self._file(place)
        if own != file:
            scope = self._id(
                f"!DILexicalBlockFile(scope: !{subprogram}, file: !{own}, discriminator: 0)"
            )
        text = f"!DILocation(line: {place.line}, column: {place.column}, scope: !{scope})"
        return f", !dbg !{self._id(text)}"

    def attachment(self, index: int) -> str:
        """What follows the header of a function that has a subprogram."""
        subprogram = self._subprograms.get(index)
        return "" if subprogram is None else f" !dbg !{subprogram}"

    def trailer(self) -> list[str]:
        """The metadata; none when no line is known."""
        if not self._subprograms:
            return []
        version = self._id('!{i32 2, !"Debug Info Version", i32 3}')
        dwarf = self._id(f'!{{i32 7, !"Dwarf Version", i32 {_DWARF_VERSION}}}')
        return [
            f"!llvm.dbg.cu = !{{!{self._unit}}}",
            f"!llvm.module.flags = !{{!{version}, !{dwarf}}}",
            *(f"!{number} = {text}" for text, number in self._ids.items()),
        ]


def _located(text: str, location: str) -> str:
    """Append to each instruction of an entry of `Function.lines`, and not to labels."""
    return "\n".join(
        line if not line or line.endswith(":") else line + location for line in text.split("\n")
    )
