# SPDX-License-Identifier: Apache-2.0
"""Codegen units: which of them an edit of the module changes, and how they are stored."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Sequence

import pytest
from wasm_samples import sample

from wasker import api
from wasker import cli
from wasker.codegen import oversize
from wasker.errors import Diagnostic
from wasker.options import Options
from wasker.units.cut import CutRule
from wasker.units.cut import cut
from wasker.units.scan import encode_index
from wasker.units.scan import scan_body
from wasker.units.split import split_module
from wasker.units.store import decode
from wasker.units.store import encode
from wasker.wasm.code import decode_body
from wasker.wasm.leb128 import read_signed
from wasker.wasm.leb128 import read_unsigned
from wasker.wasm.opcodes import OPCODES_BY_CODE
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary
from wasker.wasm.unit import GLUE

RULE = CutRule(minimum_bytes=200, maximum_bytes=2000, functions_per_boundary=4)
COUNT = 120


def function(number: int, constant: int = 1, name: str = "") -> str:
    """Too long to be copied; calls two others, one through the table, and uses a global."""
    filler = "\n".join(
        f"(local.set 0 (i32.xor (local.get 0) (i32.const {constant * 99999 + number * 100 + i})))"
        for i in range(12)
    )
    return f"""
  (func ${name or f"f{number}"} (param i32) (result i32)
    {filler}
    (global.set $g{number % 3} (local.get 0))
    (call $log (local.get 0))
    (call $f{number * 7 % COUNT} (call_indirect (type $unary) (local.get 0) (i32.const 1))))"""


def program(functions: Sequence[str], imports: str = "", names: Sequence[str] = "abc") -> str:
    """A module of these functions, all of them in the table."""
    names = [f'(global $g{i} (;{name};) (mut i32) (i32.const {i}))' for i, name in enumerate(names)]
    return f"""(module
  (type $unary (func (param i32) (result i32)))
  {imports}
  (import "wasi_snapshot_preview1" "proc_exit" (func $log (param i32)))
  (memory 1) {" ".join(names)}
  (table funcref (elem {" ".join(f"$f{i}" for i in range(COUNT))}))
  (func (export "_start") (drop (call $f0 (i32.const 0))))
  {"".join(functions)})"""


def files(text: str, rule: CutRule = RULE) -> list[bytes]:
    """The files of the units of functions, then the glue's."""
    return [encode(unit) for unit in split_module(read_module(text_to_binary(text.encode())),
                                                  Options(), rule)]  # fmt: skip


FUNCTIONS = [function(number) for number in range(COUNT)]
BEFORE = files(program(FUNCTIONS))


def changed(text: str) -> int:
    """How many units of functions the text has that the program before did not have."""
    after = files(text)
    return len(set(after[:-1]) - set(BEFORE))


def test_there_are_many_units_and_every_function_is_in_one() -> None:
    units = [decode(content) for content in BEFORE]
    assert len(units) > 15 and units[-1].part == GLUE
    defined = [
        symbol
        for unit in units[:-1]
        for symbol in unit.symbols["func"][-len(unit.linkages) :][: len(unit.linkages)]
    ]
    assert sum(symbol.startswith("wasm:f") for symbol in set(defined)) == COUNT


def test_an_edited_function_changes_its_unit() -> None:
    edited = [*FUNCTIONS]
    edited[50] = function(50, constant=2)
    assert changed(program(edited)) == 1
    assert files(program(edited))[-1] == BEFORE[-1]


def test_an_inserted_function_changes_at_most_two_units() -> None:
    inserted = [*FUNCTIONS[:50], function(3, name="new"), *FUNCTIONS[50:]]
    assert 1 <= changed(program(inserted)) <= 2
    removed_again = program([*inserted[:50], *inserted[51:]])
    assert changed(removed_again) == 0


def test_an_import_more_changes_no_unit() -> None:
    imports = '(import "wasi_snapshot_preview1" "sched_yield" (func $new (result i32)))'
    assert changed(program(FUNCTIONS, imports)) == 0


def test_a_renamed_global_changes_nothing() -> None:
    assert files(program(FUNCTIONS, names="xyz")) == BEFORE


def test_a_moved_function_changes_the_units_that_it_left_and_entered() -> None:
    moved = [*FUNCTIONS[:10], *FUNCTIONS[11:90], FUNCTIONS[10], *FUNCTIONS[90:]]
    assert 1 <= changed(program(moved)) <= 4


def test_a_renamed_function_changes_its_callers_too() -> None:
    renamed = program(FUNCTIONS).replace("$f30 ", "$other ").replace("$f30)", "$other)")
    callers = sum(f"(call $f30 " in text for text in FUNCTIONS)
    assert 1 <= changed(renamed) <= 3 + callers


def test_functions_without_names_keep_their_units() -> None:
    def nameless(constant: int) -> set[bytes]:
        texts = [function(n, constant if n == 50 else 1) for n in range(COUNT)]
        text = program(texts)
        # An identifier becomes a name; an index does not.
        for number in reversed(range(COUNT)):
            text = text.replace(f"(func $f{number} ", "(func ")
            text = text.replace(f"$f{number} ", f"{number + 2} ").replace(
                f"$f{number})", f"{number + 2})"
            )
        return set(files(text))

    callers = 2
    assert 0 < len(nameless(2) - nameless(1)) <= 3 + callers


@pytest.mark.parametrize("name", ["core", "references"])
def test_scanning_finds_what_decoding_finds(name: str) -> None:
    module = read_module(sample(name))
    for body in module.code:
        scan = scan_body(module, body)
        assert scan is not None
        wanted = [
            immediate
            for opcode, immediate, _ in decode_body(module, body)
            if OPCODES_BY_CODE[opcode].immediate in ("func", "global")
        ]
        kinds = ("func", "funcref", "global")
        assert [r.index for r in scan.references if r.kind in kinds] == wanted


def test_bytes_that_are_no_instructions_are_left_to_validation() -> None:
    binary = bytearray(text_to_binary(b"(module (func (export \"_start\") nop nop))"))
    binary[binary.rindex(b"\x01\x01\x0b")] = 0xFF
    with pytest.raises(Diagnostic, match="0xff"):
        api.split_program(bytes(binary))


@pytest.mark.parametrize("value", [0, 63, 64, 127, 128, 8191, 8192, 2**32 - 1])
def test_indices_are_written_as_they_are_read(value: int) -> None:
    unsigned = encode_index(value, signed=False)
    assert read_unsigned(unsigned, 0, len(unsigned), 32) == (value, len(unsigned))
    signed = encode_index(value, signed=True)
    assert read_signed(signed, 0, len(signed), 33) == (value, len(signed))


def test_cuts_keep_their_bounds_and_lose_nothing() -> None:
    names = [f"f{number}" for number in range(500)]
    sizes = [1 + number * 37 % 900 for number in range(500)]
    found = cut(names, sizes, RULE)
    assert [position for part in found for position in part] == list(range(500))
    for part in found[:-1]:
        total = sum(sizes[position] for position in part)
        assert RULE.minimum_bytes <= total < RULE.maximum_bytes + max(sizes)


def test_programs_share_the_units_of_a_shared_library() -> None:
    more = [function(n, constant=5, name=f"own{n}") for n in range(40)]
    other = files(program([*more, *FUNCTIONS[20:]] + FUNCTIONS[:20]))
    shared = set(other) & set(BEFORE[:-1])
    assert len(shared) >= (len(BEFORE) - 1) * 0.7


def test_objects_depend_on_the_unit_alone(tmp_path: Path) -> None:
    content = BEFORE[3]
    first = api.compile_unit(content, "x86-64-v2", 2).object_bytes
    for other in BEFORE[:2]:
        api.compile_unit(other, "x86-64-v2", 2)
    folder = tmp_path / "another folder"
    folder.mkdir()
    (folder / "a.unit").write_bytes(content)
    # Pants gives relative ones.
    search_path = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
    environment = {"PYTHONPATH": search_path, "HOME": str(folder), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "wasker", "codegen", "a.unit", "-o", "."]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    assert (folder / "a.o").read_bytes() == first


def test_a_unit_is_stored_and_read_without_loss() -> None:
    for content in BEFORE:
        assert encode(decode(content)) == content


def test_a_function_that_does_not_validate_is_refused_with_its_name() -> None:
    edited = [*FUNCTIONS]
    edited[7] = "(func $f7 (param i32) (result i32) (i64.const 0))"
    refused = []
    for content in files(program(edited)):
        try:
            api.unit_ir(content)
        except Diagnostic as error:
            refused.append(error)
    # Short as it is, its callers' units have copies of it.
    assert refused and all(error.code == "E030" and "'f7'" in error.where for error in refused)


def test_what_is_left_slow_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = tmp_path / "a.unit"
    unit.write_bytes(BEFORE[0])
    assert cli.main(["codegen", str(unit), "-o", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(oversize, "FUNCTION_BYTES_MAX", 100)
    assert cli.main(["codegen", str(unit), "-o", str(tmp_path)]) == 0
    assert capsys.readouterr().err.startswith(f"note: {unit}: too large to be optimised: wasm:")


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    source = tmp_path / "program.wat"
    source.write_text(program(FUNCTIONS))
    units = tmp_path / "units"
    assert cli.main(["split", str(source), "-o", str(units)]) == 0
    paths = [str(path) for path in sorted(units.glob("*.unit"))]
    assert cli.main(["codegen", *paths, "-o", str(tmp_path), "--opt", "0"]) == 0
    assert all((tmp_path / f"{Path(path).stem}.o").is_file() for path in paths)
    assert cli.main(["codegen", str(source), "-o", str(tmp_path)]) == cli.EXIT_INPUT
    message = capsys.readouterr().err
    assert all(word in message for word in ("E072", "program.wat"))
