# SPDX-License-Identifier: Apache-2.0
"""Whether the tables in a DWARF 5 line header end (DWARF 5, section 6.2.4).

Both tables announce how many entries follow, and what an entry consists of. Entries that consist
of nothing take no bytes, so a few damaged bytes can announce 2^63 of them, which the library that
reads DWARF would make one by one.
"""
from __future__ import annotations

from wasker.wasm.cursor import Cursor

_LENGTH_IS_64_BITS = 0xFFFF_FFFF
_VERSION_WITH_FORMATS = 5
# Of minimum_instruction_length up to line_range, which opcode_base follows.
_FIELDS_BYTES = 5

# Sizes of the forms that entries may have; all take at least one byte.
_FORM_BYTES = {
    0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16,  # data
    0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4,  # strx
}  # fmt: skip
_FORMS_OFFSET = (0x0E, 0x1F, 0x1D)  # strp, line_strp, strp_sup
_FORMS_LEB = (0x0F, 0x1A)  # udata, strx
_FORM_STRING, _FORM_BLOCK = 0x08, 0x09


def check_tables(section: bytes, offset: int, offset_bytes: int) -> None:
    """Walk the tables of the header at `offset` of .debug_line; its unit has so wide offsets.

    Raises ValueError where they have entries without content, or of forms that have no place
    there; Diagnostic, as Cursor does, where they go on beyond the section.
    """
    if not 0 <= offset <= len(section):
        raise ValueError(f"no line header at {offset:#x}")
    cursor = Cursor(section, offset, len(section))
    is_wide = cursor.fixed(4) == _LENGTH_IS_64_BITS
    if is_wide != (offset_bytes == 8):
        raise ValueError("a unit and its line header are of different formats")
    if is_wide:
        cursor.take(8)
    if cursor.fixed(2) < _VERSION_WITH_FORMATS:
        return
    cursor.take(2)  # sizes of addresses and segment selectors
    cursor.take(offset_bytes + _FIELDS_BYTES)
    cursor.take(max(0, cursor.byte() - 1))
    for _ in ("directories", "files"):
        forms = []
        for _ in range(cursor.byte()):
            cursor.u32()
            forms.append(cursor.u32())
        count = cursor.u32()
        if count and not forms:
            raise ValueError(f"{count} entries without content")
        for _ in range(count):
            for form in forms:
                _skip(cursor, form, offset_bytes)


def _skip(cursor: Cursor, form: int, offset_bytes: int) -> None:
    if form in _FORM_BYTES:
        cursor.take(_FORM_BYTES[form])
    elif form in _FORMS_OFFSET:
        cursor.take(offset_bytes)
    elif form in _FORMS_LEB:
        cursor.u32()
    elif form == _FORM_BLOCK:
        cursor.take(cursor.u32())
    elif form == _FORM_STRING:
        while cursor.byte():
            pass
    else:
        raise ValueError(f"form {form:#x} in a line header")
