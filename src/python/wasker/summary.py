# SPDX-License-Identifier: Apache-2.0
"""What a module consists of and what became of its functions, as tables for people. Pure."""
from __future__ import annotations

import struct
from typing import Iterator

from mew_abi import symbols

from wasker.translate.names import UniqueNames
from wasker.wasm.cursor import Cursor
from wasker.wasm.module import Limits
from wasker.wasm.module import Module

# Core specification, section 5.5.2.
_SECTION_NAMES = (
    "custom", "type", "import", "function", "table", "memory", "global", "export", "start",
    "element", "code", "data", "data count", "tag",
)  # fmt: skip
_HEADER_BYTES = 8
_LARGEST_SHOWN = 20

# System V gABI, chapter 4: of a section header type, offset, size, link; of a symbol name, info,
# other, section, value, size.
_SECTION = struct.Struct("<4xI16xQQI20x")
_SYMBOL = struct.Struct("<IBBHQQ")
_SECTION_TABLE_OFFSET, _SECTION_COUNT_OFFSET = 40, 60
_SYMBOL_TABLE, _FUNCTION = 2, 2


def module_text(module: Module) -> str:
    """Sections, what is declared, and the largest functions."""
    lines = [f"{'section':30} {'offset':>10} {'bytes':>11}"]
    for name, start, size in _sections(module.binary):
        lines.append(f"{name:30} {start:#10x} {size:11,}")
    imported = len(module.imported("func"))
    lines += [
        "",
        f"functions: {imported:,} imported, {len(module.code):,} defined",
        f"types: {len(module.types):,}",
        f"globals: {len(module.globals):,}; tags: {len(module.tags):,}",
    ]
    for index, memory in enumerate(module.memories):
        lines.append(f"memory {index}: {_limits(memory.limits)} pages")
    for index, table in enumerate(module.tables):
        lines.append(f"table {index}: {_limits(table.limits)} elements")
    content = sum(len(segment.content) for segment in module.data)
    items = sum(len(segment.items) for segment in module.elements)
    lines.append(f"data: {len(module.data):,} segments, {content:,} bytes")
    lines.append(f"elements: {len(module.elements):,} segments, {items:,} items")
    if module.start is not None:
        lines.append(f"start: {_shown(module, module.start)}")
    lines += ["", "largest functions: bytes of code, index, name"]
    largest = sorted(
        range(len(module.code)), key=lambda number: (_code_bytes(module, number), -number)
    )
    for number in largest[: -_LARGEST_SHOWN - 1 : -1]:
        index = imported + number
        lines.append(f"{_code_bytes(module, number):11,} {index:6} {_shown(module, index)}")
    return "\n".join(lines) + "\n"


def functions_text(module: Module, object_bytes: bytes) -> str:
    """One row for each defined function: where it is in the module, and how large it became."""
    sizes = dict(_function_sizes(object_bytes))
    lines = [
        "index, offset and bytes in the module, bytes of machine code, name",
        "(-: no code of its own: inlined wherever it is called, or never called)",
    ]
    names = UniqueNames()
    first = len(module.imported("func"))
    for number, body in enumerate(module.code):
        index = first + number
        symbol = names.take(f"{symbols.FUNCTION_PREFIX}{module.function_name(index)}", index)
        size = sizes.get(symbol.replace("\0", "\\0").encode("utf-8", "surrogateescape"))
        machine = "-" if size is None else f"{size:,}"
        lines.append(
            f"{index:6} {body.start:#10x} {_code_bytes(module, number):9,} {machine:>9} "
            f"{_shown(module, index)}"
        )
    return "\n".join(lines) + "\n"


def _sections(binary: bytes) -> Iterator[tuple[str, int, int]]:
    """(name, offset of the contents, their size) of each section, in file order."""
    cursor = Cursor(binary, _HEADER_BYTES, len(binary))
    while not cursor.at_end():
        number, size = cursor.byte(), cursor.u32()
        start = cursor.position
        name = _SECTION_NAMES[number]
        if number == 0:
            name = f"custom {Cursor(binary, start, start + size).name()}"
        yield _printable(name), start, size
        cursor.take(size)


def _limits(limits: Limits) -> str:
    maximum = "any number of" if limits.maximum is None else f"{limits.maximum:,}"
    return f"{limits.minimum:,} to {maximum}"


def _code_bytes(module: Module, number: int) -> int:
    body = module.code[number]
    return body.end - body.start


def _shown(module: Module, index: int) -> str:
    return _printable(module.function_name(index))


def _printable(name: str) -> str:
    """Nothing in a name may end a line or steer a terminal."""
    return "".join(
        letter if letter.isprintable() else f"\\{ord(letter):02x}" for letter in name
    )


def _function_sizes(content: bytes) -> Iterator[tuple[bytes, int]]:
    """(name, size) of each function in the symbol table of an object that the compiler made."""
    (table_offset,) = struct.unpack_from("<Q", content, _SECTION_TABLE_OFFSET)
    (count,) = struct.unpack_from("<H", content, _SECTION_COUNT_OFFSET)
    table = content[table_offset : table_offset + count * _SECTION.size]
    sections = list(_SECTION.iter_unpack(table))
    for kind, offset, size, link in sections:
        if kind != _SYMBOL_TABLE:
            continue
        names = sections[link][1]
        for name, info, _, section, _, size_bytes in _SYMBOL.iter_unpack(
            content[offset : offset + size]
        ):
            if info & 0xF == _FUNCTION and section:
                start = names + name
                yield content[start : content.index(b"\0", start)], size_bytes
