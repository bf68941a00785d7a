# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a file to a `Module` (specification, section 5.5)."""
from __future__ import annotations

from wasker.errors import Diagnostic
from wasker.wasm.cursor import Cursor
from wasker.wasm.faults import fault
from wasker.wasm.faults import in_context
from wasker.wasm.features import SUPPORTED
from wasker.wasm.features import Features
from wasker.wasm.module import Module
from wasker.wasm.module import NameSection
from wasker.wasm.names import read_names
from wasker.wasm.sections import SECTION_READERS
from wasker.wasm.sections import Sections

MAGIC = b"\0asm"
_HEADER_SIZE = 8
_CORE_VERSION = 1
_CUSTOM_SECTION = 0
_TEXT_STARTS = (b"(", b";;")


def _check_header(data: bytes) -> None:
    """Tell apart the files that people pass by mistake; raises E001 to E006."""
    if not data:
        raise fault("E001", "the file is empty")
    if data[:4] != MAGIC:
        if MAGIC.startswith(data):
            raise fault("E006", f"the file ends after {len(data)} bytes, inside its header", 0)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_TEXT_STARTS):
            raise fault("E002", "the file is WebAssembly text, not a binary", 0)
        shown = data[:4].hex(" ")
        raise fault("E003", f"magic header not detected: the file starts with {shown}", 0)
    if len(data) < _HEADER_SIZE:
        raise fault("E006", f"the file ends after {len(data)} bytes, inside its header", 4)
    version = int.from_bytes(data[4:6], "little")
    layer = int.from_bytes(data[6:8], "little")
    if layer == 1:
        raise fault("E004", f"the file is a component (version {version}, layer 1)", 4)
    if (version, layer) != (_CORE_VERSION, 0):
        raise fault("E005", f"unknown binary version {version + (layer << 16)}", 4)


def _read_section(number: int, cursor: Cursor, sections: Sections) -> None:
    """Read one section's content, which must fill the cursor's range exactly."""
    field, read = SECTION_READERS[number]
    try:
        setattr(sections, field, read(cursor, sections))
    except Diagnostic as error:
        raise in_context(error, f"section {field.replace('_', ' ')!r}") from None
    if not cursor.at_end():
        left = cursor.end - cursor.position
        message = f"section size mismatch: {left} bytes follow the content of section {number}"
        raise fault("E012", message, cursor.position)


def read_module(data: bytes, features: Features = SUPPORTED) -> Module:
    """Read a module that may use the proposals in `features`; function bodies stay bytes.

    Raises Diagnostic E001 to E020 for whatever is not a well-formed binary.
    """
    _check_header(data)
    order = list(SECTION_READERS)
    sections = Sections(features)
    names = NameSection()
    custom: list[tuple[str, int, int]] = []
    cursor = Cursor(data, _HEADER_SIZE, len(data))
    next_allowed = 0
    while not cursor.at_end():
        at = cursor.position
        number = cursor.byte()
        size = cursor.u32()
        content = Cursor(data, cursor.position, cursor.position)
        cursor.take(size)
        content.end = cursor.position
        if number == _CUSTOM_SECTION:
            custom.append((content.name(), content.position, content.end))
            if custom[-1][0] == "name":
                names = read_names(data, *custom[-1][1:])
            continue
        if number not in SECTION_READERS:
            raise fault("E011", f"malformed section id {number}", at)
        if order.index(number) < next_allowed:
            message = f"section {number} is repeated or after a section that must follow it"
            raise fault("E011", f"unexpected content after last section: {message}", at)
        next_allowed = order.index(number) + 1
        _read_section(number, content, sections)
    _check_counts(sections)
    return _module(data, sections, names, tuple(custom))


def _check_counts(sections: Sections) -> None:
    """Sections that describe the same things have the same length; raises E015."""
    functions, bodies = len(sections.functions), len(sections.code)
    if functions != bodies:
        message = f"function and code section have inconsistent lengths: {functions} and {bodies}"
        raise fault("E015", message)
    declared, segments = sections.data_count, len(sections.data)
    if declared is not None and declared != segments:
        message = f"data count and data section have inconsistent lengths: {declared}, {segments}"
        raise fault("E015", message)


def _module(data: bytes, sections: Sections, names: NameSection, custom: tuple) -> Module:
    """Join what is imported with what is defined into index spaces."""

    def imported(kind: str) -> tuple:
        return tuple(entry.type for entry in sections.imports if entry.kind == kind)

    return Module(
        binary=data,
        types=sections.type_section.types,
        subtypes=sections.type_section.subtypes,
        canonical_types=sections.type_section.canonical,
        type_groups=sections.type_section.groups,
        imports=sections.imports,
        functions=imported("func") + sections.functions,
        tables=imported("table") + tuple(table for table, _ in sections.tables),
        memories=imported("memory") + sections.memories,
        globals=imported("global") + tuple(kind for kind, _ in sections.globals),
        tags=imported("tag") + sections.tags,
        global_inits=tuple(init for _, init in sections.globals),
        table_inits=tuple(init for _, init in sections.tables),
        exports=sections.exports,
        start=sections.start,
        elements=sections.elements,
        data_count=sections.data_count,
        code=sections.code,
        data=sections.data,
        names=names,
        custom_sections=custom,
        features=sections.features,
    )
