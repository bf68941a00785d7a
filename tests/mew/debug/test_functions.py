# SPDX-License-Identifier: Apache-2.0
"""Functions of an image by address and by name; reports with names added."""
from __future__ import annotations

import pytest
from mew.debug.functions import Functions
from mew.debug.symbolize import annotate
from mew.debug.symbolize import describe
from mew.link.elf import SYMBOL_FUNCTION
from mew.link.elf import Symbol


def symbol(name: bytes, address: int, size: int, is_local: bool = True) -> Symbol:
    return Symbol(name, SYMBOL_FUNCTION, is_local, 1, address, size)


FUNCTIONS = Functions(
    [
        symbol(b"app.run", 0x1000, 0x10, is_local=False),
        symbol(b"wasm:run it", 0x1000, 0x10),
        symbol(b"file.open", 0x1020, 0x10),
        symbol(b"z_exported", 0x1020, 0x10, is_local=False),
        symbol(b"wasm:again", 0x1040, 8),
        symbol(b"wasm:again", 0x1048, 8),
        symbol(b"stub", 0x1060, 0),
        Symbol(b"a variable", 1, True, 2, 0x1065, 4),
        Symbol(b"undefined", SYMBOL_FUNCTION, False, 0, 0, 0),
        symbol("wasm:\n\x1b[2Jé".encode(), 0x1080, 4),
    ]
)


@pytest.mark.parametrize(
    "address, name",
    [
        (0xFFF, None),
        (0x1000, "wasm function 'run it'"),
        (0x100F, "wasm function 'run it'"),
        # Padding belongs to nobody.
        (0x1010, None),
        (0x1020, "'z_exported'"),
        (0x104F, "wasm function 'again'"),
        # Without a size, up to the next one.
        (0x107F, "'stub'"),
        (0x1081, "wasm function '\\0a\\1b[2Jé'"),
        (0x1084, None),
    ],
)
def test_by_address(address: int, name: str | None) -> None:
    found = FUNCTIONS.find(address)
    assert (found.shown() if found else None) == name


def test_by_name() -> None:
    assert [one.start for one in FUNCTIONS.named("again")] == [0x1040, 0x1048]
    assert [one.start for one in FUNCTIONS.named("z_exported")] == [0x1020]
    assert FUNCTIONS.named("wasm:again") == [] and FUNCTIONS.named("agai") == []
    assert [one.name for one in FUNCTIONS.containing("R")] == ["run it", "z_exported"]
    assert len(FUNCTIONS.containing("")) == 6


def test_a_report_gets_names() -> None:
    report = "trap: x\n  backtrace:\n    #0 0x1005\nlog: #1 0x1010\n    #2 0x1040 'own word'\nend"
    assert annotate(report, FUNCTIONS, None).splitlines() == [
        "trap: x",
        "  backtrace:",
        "    #0 0x1005 wasm function 'run it' + 0x5",
        # A return address may be one past the end.
        "log: #1 0x1010 wasm function 'run it' + 0x10",
        "    #2 0x1040 'own word'",
        "end",
    ]
    assert annotate("", FUNCTIONS, None) == ""


def test_an_address_alone() -> None:
    assert describe(0x1022, FUNCTIONS, None) == ("0x1022 'z_exported' + 0x2",)
    assert describe(0, FUNCTIONS, None) == ("0x0",)
