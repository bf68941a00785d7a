# SPDX-License-Identifier: Apache-2.0
"""Source lines of a linked image, by the DWARF that `wasker compile --debug-lines` put into it."""
import posixpath
from bisect import bisect_right
from io import BytesIO
from typing import TYPE_CHECKING
from typing import Dict
from typing import Iterator
from typing import List
from typing import NamedTuple
from typing import Optional
from typing import Tuple

from mew.errors import MewError

if TYPE_CHECKING:
    from elftools.dwarf.compileunit import CompileUnit
    from elftools.dwarf.die import DIE
    from elftools.dwarf.dwarfinfo import DWARFInfo

_SECTION = b".debug_line\0"
# What the reader raises for damaged bytes besides its own errors.
_DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NotImplementedError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip
_INLINED = "DW_TAG_inlined_subroutine"
# What `wasker` writes.
_VERSION_MAX = 4
# More than any compiler makes; a damaged tree may go on for ever.
_DEPTH_MAX = 64


class Place(NamedTuple):
    """A line of a source file, and the function there; `is_inlined`: into the place after it.

    Line 0 is code that belongs to several lines.
    """

    function: str
    file: str
    line: int
    is_inlined: bool


class _Row(NamedTuple):
    file: int
    line: int


class _Unit(NamedTuple):
    """A compile unit: rows by address (None: not of this unit) and file names by number."""

    unit: "CompileUnit"
    starts: List[int]
    rows: List[Optional[_Row]]
    files: Dict[int, str]


def has_lines(image: bytes) -> bool:
    """Whether an image was linked from objects with source lines."""
    return _SECTION in image


class Lines:
    """The source lines of an image. Damaged ones count as missing.

    Raises MewError when the package that reads them is not installed.
    """

    def __init__(self, image: bytes) -> None:
        try:
            from elftools.common.exceptions import DWARFError
            from elftools.common.exceptions import ELFError
            from elftools.elf.elffile import ELFFile
        except ImportError:
            raise MewError(
                "the package `pyelftools`, which reads source lines, is missing",
                hint="install it into the Python that runs this command",
            ) from None
        self._errors = (DWARFError, ELFError, *_DAMAGE)
        self._units: List[_Unit] = []
        try:
            self._dwarf: "DWARFInfo" = ELFFile(BytesIO(image)).get_dwarf_info()
            for unit in self._dwarf.iter_CUs():
                self._units.append(_read_unit(self._dwarf, unit))
        except self._errors:
            pass  # what was read until here is good

    def at(self, address: int) -> Tuple[Place, ...]:
        """The place of the instruction at `address`, then the places it was inlined into."""
        try:
            for unit in self._units:
                position = bisect_right(unit.starts, address) - 1
                row = unit.rows[position] if position >= 0 else None
                if row is not None:
                    return tuple(self._places(unit, row, address))
        except self._errors:
            pass
        return ()

    def _places(self, unit: _Unit, row: _Row, address: int) -> Iterator[Place]:
        # Outermost first: the function, then what was inlined into it, one inside the other.
        chain = self._chain(unit, address)
        file, line = unit.files.get(row.file, "?"), row.line
        for entry in reversed(chain):
            is_inlined = entry.tag == _INLINED
            yield Place(_name(entry), file, line, is_inlined)
            if is_inlined:
                file = unit.files.get(_attribute(entry, "DW_AT_call_file"), "?")
                line = _attribute(entry, "DW_AT_call_line")
        if not chain:
            yield Place("", file, line, False)

    def _chain(self, unit: _Unit, address: int) -> List["DIE"]:
        found: List["DIE"] = []
        current: Optional["DIE"] = unit.unit.get_top_DIE()
        while current is not None and len(found) < _DEPTH_MAX:
            current = next(
                (child for child in current.iter_children() if self._covers(child, address)), None
            )
            if current is not None and current.tag in ("DW_TAG_subprogram", _INLINED):
                found.append(current)
        return found

    def _covers(self, entry: "DIE", address: int) -> bool:
        attributes = entry.attributes
        if "DW_AT_ranges" in attributes:
            ranges = self._dwarf.range_lists()
            offset = attributes["DW_AT_ranges"].value
            base = _attribute(entry.cu.get_top_DIE(), "DW_AT_low_pc")
            for part in ranges.get_range_list_at_offset(offset, entry.cu) if ranges else ():
                if hasattr(part, "base_address"):
                    base = part.base_address
                elif base + part.begin_offset <= address < base + part.end_offset:
                    return True
            return False
        if "DW_AT_low_pc" not in attributes or "DW_AT_high_pc" not in attributes:
            return False
        low, high = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
        # DWARF 4, section 2.17.2: an address, or as a constant the distance from the first one.
        size = high.value - low if high.form == "DW_FORM_addr" else high.value
        return bool(low <= address < low + size)


def _attribute(entry: "DIE", name: str) -> int:
    return int(entry.attributes[name].value) if name in entry.attributes else 0


def _name(entry: "DIE") -> str:
    if "DW_AT_abstract_origin" in entry.attributes:
        entry = entry.get_DIE_from_attribute("DW_AT_abstract_origin")
    if "DW_AT_name" not in entry.attributes:
        return ""
    return bytes(entry.attributes["DW_AT_name"].value).decode("utf-8", "replace")


def _check_version(dwarf: "DWARFInfo", unit: "CompileUnit") -> None:
    """Raise ValueError for a header that the compiler does not write: DWARF 5 has tables of any
    number of empty entries, which the reader would make one by one.
    """
    attribute = unit.get_top_DIE().attributes.get("DW_AT_stmt_list")
    if attribute is not None and dwarf.debug_line_sec is not None:
        # DWARF 4, section 6.2.4: unit_length, version.
        header = dwarf.debug_line_sec.stream
        header.seek(attribute.value)
        version = int.from_bytes(header.read(6)[4:], "little")
        if version > _VERSION_MAX:
            raise ValueError(version)


def _read_unit(dwarf: "DWARFInfo", unit: "CompileUnit") -> _Unit:
    _check_version(dwarf, unit)
    program = dwarf.line_program_for_CU(unit)
    rows: List[Tuple[int, Optional[_Row]]] = []
    files: Dict[int, str] = {}
    if program is None:
        return _Unit(unit, [], [], files)
    # DWARF 4, section 6.2.4: directory 0 is the compilation's own, files are numbered from 1.
    directories = ["", *(_text(name) for name in program.header["include_directory"])]
    for number, entry in enumerate(program.header["file_entry"], 1):
        directory = directories[entry["dir_index"]]
        files[number] = posixpath.normpath(posixpath.join(directory, _text(entry["name"])))
    for step in program.get_entries():
        state = step.state
        if state is not None:
            row = None if state.end_sequence else _Row(state.file, state.line)
            rows.append((state.address, row))
    # Of several rows at one address the last counts, but code goes on where another part ended.
    rows.sort(key=lambda pair: (pair[0], pair[1] is not None))
    return _Unit(unit, [address for address, _ in rows], [row for _, row in rows], files)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
