# SPDX-License-Identifier: Apache-2.0
"""46 of 46, and WasmEdge's: the tables, wasi-libc's view of the witx, and both systems."""
from __future__ import annotations

import re
from pathlib import Path

import corpora
import official
import pytest
import wasi_systems
from mew_abi import wasi
from pipeline import ZIG
from wasker.wasm.reader import read_module

# Generated from wasi_snapshot_preview1.witx; it comes with Zig.
DECLARATIONS = ZIG.parent / "lib/libc/wasi/libc-bottom-half/sources/__wasilibc_real.c"
# Of the witx, but no longer of wasi-libc.
NOT_DECLARED = {"proc_raise": ("i", "i")}
_IMPORT = re.compile(
    r"^(?:_Noreturn )?(\w+) __imported_wasi_snapshot_preview1_(\w+)\(([^)]*)\)", re.M
)
_LETTERS = {"int32_t": "i", "int64_t": "I"}


def declared() -> dict[str, tuple[str, str]]:
    """Function -> parameter and result types, in the table's letters."""
    found = {}
    for result, name, parameters in _IMPORT.findall(DECLARATIONS.read_text()):
        types = [part.split()[0] for part in parameters.split(",") if part.strip()]
        results = "i" if result == "int32_t" else ""
        found[name] = ("".join(_LETTERS[one] for one in types), results)
    return found


def test_the_table_is_the_witx() -> None:
    table = {name: (row.params, row.results) for name, row in wasi.FUNCTIONS.items()}
    assert len(table) == 46
    assert table == {**declared(), **NOT_DECLARED}


@pytest.mark.parametrize("system", wasi_systems.SYSTEMS)
def test_a_system_has_every_function(objects: dict[str, Path], system: str) -> None:
    exported = wasi_systems.exported_functions(system, objects[system])
    assert exported == set(wasi.SYSTEM_FUNCTIONS)
    assert len(exported) == 46 + 15


def test_each_function_is_found_by_its_imports_name_and_type() -> None:
    for key, function in wasi.SYSTEM_FUNCTIONS.items():
        found = wasi.imported(wasi.import_name(key))
        assert key in found
        types = [wasi.SYSTEM_FUNCTIONS[other][:2] for other in found]
        assert types.count(function[:2]) == 1, key
    assert wasi.imported("sock_recv_v2") == ("sock_recv",)
    assert wasi.imported("sock_accept_v1") == wasi.imported("sock_close") == ()


def test_official_programs_import_what_the_table_says() -> None:
    archive = corpora.find(official.ARCHIVE)
    if archive is None:
        pytest.skip(f"{official.ARCHIVE} is not here; point MEW_CORPORA at its folder")
    seen = set()
    for case in official.load(archive):
        module = read_module(case.module)
        for entry in module.imports:
            assert entry.module == wasi.MODULE and entry.name in wasi.FUNCTIONS, case.name
            seen.add(entry.name)
    assert len(seen) > len(wasi.FUNCTIONS) // 2
