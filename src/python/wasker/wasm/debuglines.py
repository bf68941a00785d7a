# SPDX-License-Identifier: Apache-2.0
"""Which source line each instruction comes from, by the DWARF in a module's custom sections.

Code addresses in it are offsets from the start of the code section's contents ("DWARF for
WebAssembly", section "Code addresses"). pyelftools reads DWARF 2 to 5 from plain bytes.
"""
from __future__ import annotations

import re
from bisect import bisect_right
from io import BytesIO
from typing import TYPE_CHECKING
from typing import Iterator
from typing import NamedTuple
from typing import Optional

from wasker.errors import Diagnostic
from wasker.wasm.cursor import Cursor
from wasker.wasm.faults import fault
from wasker.wasm.lineheader import check_tables
from wasker.wasm.module import Module

if TYPE_CHECKING:
    from elftools.dwarf.compileunit import CompileUnit
    from elftools.dwarf.dwarfinfo import DWARFInfo
    from elftools.dwarf.lineprogram import LineProgram

_HEADER_SIZE = 8
_CODE_SECTION = 10
_ADDRESS_BYTES = 4
# The reader's constructor wants every section that it knows, present or not.
_SECTIONS = (
    ".debug_info", ".debug_aranges", ".debug_abbrev", ".debug_frame", ".eh_frame", ".debug_str",
    ".debug_loc", ".debug_ranges", ".debug_line", ".debug_pubtypes", ".debug_pubnames",
    ".debug_addr", ".debug_str_offsets", ".debug_line_str", ".debug_loclists", ".debug_rnglists",
    ".debug_sup", ".gnu_debugaltlink", ".debug_types",
)  # fmt: skip
# What the reader raises for damaged bytes besides its own errors: it trusts counts and indices.
_DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, Diagnostic, LookupError, MemoryError,
    NotImplementedError, RecursionError, TypeError, ValueError,
)  # fmt: skip
# It takes a number of any length, in a time that grows with the square of that.
_ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{4096}")


class Place(NamedTuple):
    """A place in a source file; line 0 is code of no line. Names are the DWARF's own."""

    name: str
    directory: str
    line: int
    column: int


class LineTable(NamedTuple):
    """`places[i]` holds from the file offset `starts[i]` up to the next one."""

    starts: tuple[int, ...] = ()
    places: tuple[Optional[Place], ...] = ()

    def place(self, offset: int) -> Optional[Place]:
        """The place of the instruction at byte `offset` of the file, if it is known."""
        position = bisect_right(self.starts, offset) - 1
        return self.places[position] if position >= 0 else None


def read_lines(module: Module) -> LineTable:
    """The module's line table, as far as its debug sections are well-formed.

    They never are a reason to refuse a module. Raises E069 without the library that reads them.
    """
    sections = {name: (start, end) for name, start, end in module.custom_sections}
    if ".debug_line" not in sections or ".debug_info" not in sections or not module.code:
        return LineTable()
    try:
        # Imported here: only who asks for lines needs the library.
        from elftools.common.exceptions import DWARFError
        from elftools.common.exceptions import ELFError
    except ImportError:
        raise fault("E069", "the package `pyelftools`, which reads DWARF, is missing") from None
    code_start, code_end = _code_section(module.binary)
    rows: list[tuple[int, int, Optional[Place]]] = []
    content = {name: module.binary[start:end] for name, (start, end) in sections.items()}
    try:
        dwarf = _dwarf(content)
        for unit, program in _line_programs(dwarf, content[".debug_line"]):
            for sequence in _sequences(program, unit):
                # The linker gives sequences of functions that it removed an address outside.
                if 0 < sequence[0][0] < code_end - code_start:
                    rows += sequence
    except (DWARFError, ELFError, *_DAMAGE):
        pass  # what was read until here is good
    rows.sort(key=lambda row: row[:2])
    return LineTable(tuple(code_start + row[0] for row in rows), tuple(row[2] for row in rows))


def _code_section(binary: bytes) -> tuple[int, int]:
    """File offsets where the code section's contents start and end."""
    cursor = Cursor(binary, _HEADER_SIZE, len(binary))
    while True:
        number, size = cursor.byte(), cursor.u32()
        if number == _CODE_SECTION:
            return cursor.position, cursor.position + size
        cursor.take(size)


def _dwarf(content: dict[str, bytes]) -> "DWARFInfo":
    from elftools.dwarf.dwarfinfo import DebugSectionDescriptor
    from elftools.dwarf.dwarfinfo import DwarfConfig
    from elftools.dwarf.dwarfinfo import DWARFInfo

    described = {}
    for name in _SECTIONS:
        keyword = f"{name[1:]}_sec"
        described[keyword] = None
        if name in content:
            section = content[name]
            if _ENDLESS_NUMBER.search(section):
                raise ValueError(name)
            stream = BytesIO(section)
            described[keyword] = DebugSectionDescriptor(stream, name, 0, len(section), 0)
    return DWARFInfo(DwarfConfig(True, "wasm", _ADDRESS_BYTES), **described)


def _line_programs(
    dwarf: "DWARFInfo", section: bytes
) -> Iterator[tuple["CompileUnit", "LineProgram"]]:
    """Each line program with its first unit. Stops where programs overlap.

    Those could make any number of rows from a few bytes.
    """
    bytes_left = len(section)
    seen = set()
    for unit in dwarf.iter_CUs():
        attribute = unit.get_top_DIE().attributes.get("DW_AT_stmt_list")
        # Several units may have one program, whose rows need no repetition.
        if attribute is None or attribute.value in seen:
            continue
        start = attribute.value
        seen.add(start)
        check_tables(section, start, unit.dwarf_format() // 8)
        program = dwarf.line_program_for_CU(unit)
        bytes_left -= max(program.program_start_offset, program.program_end_offset) - start
        if bytes_left < 0:
            return
        yield unit, program


def _sequences(program: "LineProgram", unit: "CompileUnit") -> Iterator[list[tuple]]:
    """The unit's runs of ascending rows (address, whether it begins a place, place)."""
    files = _files(program.header, unit)
    first = 0 if program.header["version"] >= 5 else 1
    sequence: list[tuple[int, int, Optional[Place]]] = []
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if state.end_sequence:
            if sequence:
                yield [*sequence, (state.address, 0, None)]
            sequence = []
        else:
            name, directory = files[state.file - first]
            # Negative and endless numbers are damage.
            if not (0 <= state.line < 1 << 32 and 0 <= state.column < 1 << 32):
                raise ValueError(state.line, state.column)
            place = Place(name, directory, state.line, min(state.column, 0xFFFF))
            sequence.append((state.address, 1, place))


def _files(header: dict, unit: "CompileUnit") -> list[tuple[str, str]]:
    """(name, directory) of each file of a line program, in its numbering."""
    directories = [_path(entry) for entry in header["include_directory"]]
    if header["version"] < 5:
        attribute = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
        directories.insert(0, _path(attribute.value) if attribute else "")
    base = directories[0] if directories else ""
    found = []
    for entry in header["file_entry"]:
        directory = directories[entry["dir_index"] or 0]
        if directory != base and not directory.startswith("/") and base:
            directory = f"{base}/{directory}"
        found.append((_path(entry["name"]), directory))
    return found


def _path(name: bytes) -> str:
    """A run of slashes means one: builds blank out their own folders with them."""
    return re.sub("/{2,}", "/", _text(name))


def _text(name: bytes) -> str:
    return name.decode("utf-8", errors="replace")
