# SPDX-License-Identifier: Apache-2.0
"""The names table as `kernel/src/names.zig` reads it, and reading damaged images."""
import struct

import pytest
from mew.errors import MewError
from mew.link import elf
from mew.link.names import names_blob

FUNCTION = elf.SYMBOL_FUNCTION


def _symbol(name: str, address: int, kind: int = FUNCTION, section: int = 1) -> elf.Symbol:
    return elf.Symbol(name.encode(), kind, False, section, address, 0, False)


BASE = _symbol("mew_image_base", 0x1000, kind=0)


def _decode(blob: bytes) -> "list[tuple[int, str]]":
    (count,) = struct.unpack_from("<I", blob)
    entries = []
    for index in range(count):
        start, name = struct.unpack_from("<II", blob, 4 + 8 * index)
        entries.append((start, blob[name : blob.index(b"\0", name)].decode()))
    return entries


def test_entries_are_sorted_offsets() -> None:
    blob = names_blob([_symbol("wasm:b", 0x1020), BASE, _symbol("a", 0x1010)])
    assert _decode(blob) == [(0x10, "a"), (0x20, "wasm:b")]


def test_wasm_names_win_over_exports_of_the_same_code() -> None:
    blob = names_blob(
        [BASE, _symbol("app.run", 0x1010), _symbol("wasm:run", 0x1010), _symbol("a", 0x1010)]
    )
    assert _decode(blob) == [(0x10, "wasm:run")]


def test_what_is_no_code_of_the_image_has_no_entry() -> None:
    blob = names_blob(
        [
            BASE,
            _symbol("data", 0x1010, kind=1),
            _symbol("elsewhere", 0x1010, section=elf.SECTION_UNDEFINED),
            _symbol("below", 0x10),
            _symbol("far", 0x1000 + (1 << 32)),
        ]
    )
    assert _decode(blob) == []


def test_code_without_a_symbol_is_not_the_function_before_it() -> None:
    small = _symbol("small", 0x1010)._replace(size=0x10)
    padded = _symbol("padded", 0x1020)._replace(size=0x11)
    alias = _symbol("zz_alias", 0x1010)._replace(size=0x8)
    blob = names_blob([BASE, small, alias, padded, _symbol("far", 0x1060)])
    assert _decode(blob) == [(0x10, "small"), (0x20, "padded"), (0x31, ""), (0x60, "far")]


def test_input_order_does_not_show() -> None:
    some = [BASE, _symbol("x", 0x1010), _symbol("y", 0x1010), _symbol("z", 0x1030)]
    assert names_blob(some) == names_blob(list(reversed(some)))


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"\0asm\x01\0\0\0" * 10, b"\x7fELF\x02\x01\x01" + b"\0" * 100]
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(MewError, match="x.elf"):
        elf.Image(content, "x.elf")


def test_a_cut_image_is_refused() -> None:
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01", 2, 62, 1, 0, 64, 1 << 40, 0, 64, 56, 1, 64, 1, 0,
    )
    with pytest.raises(MewError, match="truncated"):
        elf.Image(header, "x.elf")
