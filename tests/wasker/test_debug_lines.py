# SPDX-License-Identifier: Apache-2.0
"""Source lines: from clang's DWARF in the module to the object's and the image's own."""
from __future__ import annotations

import random
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from pipeline import System  # noqa: E402
from pipeline import ZIG  # noqa: E402
from wasker.api import compile_module  # noqa: E402
from wasker.errors import Diagnostic  # noqa: E402
from wasker.options import Options  # noqa: E402
from wasker.wasm.debuglines import LineTable  # noqa: E402
from wasker.wasm.debuglines import read_lines  # noqa: E402
from wasker.wasm.reader import read_module  # noqa: E402

SOURCE = """\
#include "scale.h"
extern volatile int cell;
volatile int cell;
__attribute__((noinline)) int foo(int a)
{
    cell = a;
    return scale(cell);
}
__attribute__((export_name("_start"))) void start(void)
{
    cell = foo(7);
}
"""
HEADER = """\
static inline int scale(int x)
{
    return x * x / 3;
}
"""
# Without optimisation the functions stay apart, so that each has its own rows.
UNOPTIMISED = Options(optimisation=0, debug_lines=True)


@pytest.fixture(scope="module", params=["4", "5"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module with DWARF of one version, built as if its folder were /source."""
    folder = tmp_path_factory.mktemp("dwarf")
    (folder / "main.c").write_text(SOURCE)
    (folder / "scale.h").write_text(HEADER)
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry",
            f"-gdwarf-{request.param}", "-O1", f"-ffile-prefix-map={folder}=/source",
            folder / "main.c", "-o", folder / "main.wasm",
        ],
        check=True, cwd=folder,
        env={"ZIG_LOCAL_CACHE_DIR": str(folder), "ZIG_GLOBAL_CACHE_DIR": str(folder)},
    )
    return folder / "main.wasm"


def _lines(content: bytes) -> dict[str, set[tuple[str, int]]]:
    """Symbol -> (file, line) of the rows inside it, by the ELF file's own .debug_line."""
    image = ELFFile(BytesIO(content))
    assert image.has_dwarf_info()
    symbols = [
        (entry["st_value"], entry["st_size"], entry.name)
        for entry in image.get_section_by_name(".symtab").iter_symbols()
        if entry["st_info"]["type"] == "STT_FUNC" and entry.name.startswith("wasm:")
    ]
    found: dict[str, set[tuple[str, int]]] = {name: set() for _, _, name in symbols}
    dwarf = image.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        first = 0 if program.header["version"] >= 5 else 1
        names = [entry["name"].decode() for entry in program.header["file_entry"]]
        for entry in program.get_entries():
            if entry.state is None or entry.state.end_sequence or entry.state.line == 0:
                continue
            for start, size, name in symbols:
                if start <= entry.state.address < start + size:
                    found[name].add((names[entry.state.file - first], entry.state.line))
    return found


def _check(lines: dict[str, set[tuple[str, int]]]) -> None:
    foo = {(Path(name).name, line) for name, line in lines["wasm:foo"]}
    assert {("main.c", 6), ("main.c", 7), ("scale.h", 3)} <= foo
    assert foo <= {("main.c", 4), ("main.c", 6), ("main.c", 7), ("scale.h", 3)}
    start = {(Path(name).name, line) for name, line in lines["wasm:start"]}
    assert ("main.c", 11) in start and start <= {("main.c", line) for line in (9, 11, 12)}


def test_the_object_has_the_lines(program: Path) -> None:
    first = compile_module(program.read_bytes(), UNOPTIMISED).object_bytes
    _check(_lines(first))
    assert compile_module(program.read_bytes(), UNOPTIMISED).object_bytes == first
    assert b"/source" in first and str(program.parent).encode() not in first


def test_the_code_is_the_same(program: Path) -> None:
    """At the usual level, lines change no instruction; without the option nothing mentions them."""
    data = program.read_bytes()
    plain = compile_module(data).object_bytes
    with_lines = compile_module(data, Options(debug_lines=True)).object_bytes
    texts = [
        ELFFile(BytesIO(content)).get_section_by_name(".text").data()
        for content in (plain, with_lines)
    ]
    assert texts[0] == texts[1]
    names = [section.name for section in ELFFile(BytesIO(plain)).iter_sections()]
    assert not [name for name in names if "debug" in name] and b"main.c" not in plain


def test_the_linux_image_keeps_them(program: Path, tmp_path: Path) -> None:
    system = System.build("linux", tmp_path)
    image = system.link(program, "app", "--debug-lines", "--opt", 0)
    _check(_lines(image.read_bytes()))
    assert system.run(image).exit_code == 0


def test_damage_leaves_lines_out(program: Path) -> None:
    data = program.read_bytes()
    module = read_module(data)
    sections = [part for part in module.custom_sections if part[0].startswith(".debug_")]
    rows = len(read_lines(module).starts)
    assert rows > 0
    generator = random.Random(7)
    counts = set()
    for _ in range(300):
        damaged = bytearray(data)
        for _, start, end in generator.sample(sections, 2):
            for _ in range(generator.randrange(1, 6)):
                damaged[generator.randrange(start, end)] = generator.randrange(256)
        counts.add(len(read_lines(read_module(bytes(damaged))).starts))
    assert 0 in counts and len(counts) > 1
    _, start, end = next(part for part in sections if part[0] == ".debug_line")
    zeros = data[:start] + bytes(end - start) + data[end:]
    assert compile_module(zeros, UNOPTIMISED).object_bytes


def _with_section(data: bytes, name: str, content: bytes) -> bytes:
    """The module with one of its custom sections replaced, at the end of the file."""
    for found, start, end in read_module(data).custom_sections:
        if found == name:
            # Custom sections of other names mean nothing; the length stays.
            label = name.encode()
            place = data.rindex(label, 0, start)
            data = data[:place] + b"x" * len(label) + data[place + len(label) :]
    body = bytes([len(name)]) + name.encode() + content
    size = b""
    rest = len(body)
    while rest > 0x7F:
        size += bytes([rest & 0x7F | 0x80])
        rest >>= 7
    return data + b"\0" + size + bytes([rest]) + body


def _section(data: bytes, name: str) -> bytes:
    _, start, end = next(p for p in read_module(data).custom_sections if p[0] == name)
    return data[start:end]


# A DWARF 5 header up to its tables: length, version, address and selector size, header length,
# five fields, opcode_base 1.
HEADER_5 = bytes.fromhex("ff000000 0500 04 00 f0000000 01 01 01 fb 0e 01")
MANY = b"\xff" * 8 + b"\x7f"
CRAFTED_LINES = {
    "2^63 directories of nothing": HEADER_5 + b"\0" + MANY,
    "2^31 files of nothing": HEADER_5 + b"\0\0" + b"\0" + b"\xff\xff\xff\xff\x07",
    "entries of an unknown form": HEADER_5 + b"\x01\x01\x21" + b"\xff\xff\xff\xff\x07",
    "the other format": b"\xff\xff\xff\xff" + HEADER_5[:4] + bytes(4) + HEADER_5[4:],
    "a number of a megabyte": HEADER_5 + b"\x01" + b"\xff" * (1 << 20) + b"\0",
    "nothing": b"",
}


@pytest.mark.parametrize("what", CRAFTED_LINES)
def test_crafted_headers_end_at_once(program: Path, what: str) -> None:
    """Each would keep a reader that believes it busy for hours."""
    data = _with_section(program.read_bytes(), ".debug_line", CRAFTED_LINES[what])
    assert read_lines(read_module(data)) == LineTable()
    assert compile_module(data, UNOPTIMISED).object_bytes


def test_units_that_share_their_lines(program: Path) -> None:
    """Thousands of units with one long line program: each row comes at most once."""
    data = program.read_bytes()
    rows = len(read_lines(read_module(data)).starts)
    units = _section(data, ".debug_info")
    many = read_module(_with_section(data, ".debug_info", units * 5000))
    assert len(read_lines(many).starts) == rows


def test_a_module_without_debug_sections() -> None:
    data = b'\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\x0a\1\6_start\0\0\x0a\4\1\2\0\x0b'
    assert read_lines(read_module(data)) == LineTable()
    plain = compile_module(data).object_bytes
    assert compile_module(data, Options(debug_lines=True)).object_bytes == plain


def test_a_missing_reader(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elftools.common.exceptions", None)
    with pytest.raises(Diagnostic) as raised:
        read_lines(read_module(program.read_bytes()))
    assert raised.value.code == "E069" and "--debug-lines" in raised.value.hint
    assert compile_module(program.read_bytes()).object_bytes
