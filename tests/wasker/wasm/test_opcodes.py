# SPDX-License-Identifier: Apache-2.0
"""The instruction table agrees with an independent assembler, and is the only such table."""
from __future__ import annotations

import ast
from pathlib import Path

import pytest
from wasker.wasm import opcodes
from wasker.wasm.features import WASM_3_0
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_CODE
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.opcodes import Opcode
from wasker.wasm.text import text_to_binary

SOURCES = Path(opcodes.__file__).resolve().parents[2]

# What the text needs around an instruction of each immediate kind: operands as text.
_OPERANDS = {
    "": "", "label": "0", "labels": "0 0", "local": "0", "global": "0", "func": "0",
    "table": "0", "memory": "0", "type": "0", "tag": "0", "data": "0", "elem": "0",
    "type_table": "0 (type 0)", "memarg": "", "memarg_lane": "0", "lane": "0",
    "shuffle": "0 " * 16, "i32": "0", "i64": "0", "f32": "0", "f64": "0", "v128": "i64x2 0 0",
    "heap": "func", "data_memory": "0 0", "elem_table": "0 0", "memory_memory": "0 0",
    "table_table": "0 0", "type_field": "0 0", "type_count": "0 0", "type_data": "0 0",
    "type_elem": "0 0", "type_type": "0 0", "type_tag": "0 0",
    "label_cast": "0 anyref anyref", "zero": "",
}
_SPELLINGS = {
    "select_t": "select (result i32)",
    "ref.test": "ref.test (ref func)",
    "ref.test_null": "ref.test (ref null func)",
    "ref.cast": "ref.cast (ref func)",
    "ref.cast_null": "ref.cast (ref null func)",
    "if": "if end", "block": "block end", "loop": "loop end", "else": "if else end",
    "resume": "resume 0", "resume_throw": "resume_throw 0 0",
    "resume_throw_ref": "resume_throw_ref 0",
    "ref.cast_desc_eq": "ref.cast_desc_eq (ref 0)",
    "br_on_cast_desc_eq": "br_on_cast_desc_eq 0 anyref (ref 0)",
    "br_on_cast_desc_eq_fail": "br_on_cast_desc_eq_fail 0 anyref (ref 0)",
    "try_table": "try_table end", "end": "block end",
}
_PREAMBLE = (
    "(module (type (func)) (table 1 funcref) (memory 1) (global i32 (i32.const 0)) (tag)"
    " (elem func) (data) (func (local i32) "
)


def _leb(number: int) -> bytes:
    return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])


def _code_bytes(row: Opcode) -> bytes:
    if row.code <= 0xFF:
        return bytes([row.code])
    return bytes([row.code >> 16]) + _leb(row.code & 0xFFFF)


def _assembled(row: Opcode) -> bytes:
    """The row's instruction between two markers, as another assembler writes it."""
    text = _SPELLINGS.get(row.name) or f"{row.name} {_OPERANDS[row.immediate]}"
    marker = "f64.const nan:0x123456789abcd "
    binary = text_to_binary(f"{_PREAMBLE}{marker}{text} {marker}))".encode())
    marked = b"\x44" + (0x7FF123456789ABCD).to_bytes(8, "little")
    return binary.split(marked)[1]


@pytest.mark.parametrize("proposal", sorted({row.proposal for row in OPCODES}))
def test_codes_are_those_of_another_assembler(proposal: str) -> None:
    for row in OPCODES:
        if row.proposal != proposal or row.proposal == "legacy-exceptions":
            continue
        written = _assembled(row)
        if row.name in ("else", "end"):
            assert _code_bytes(row) in written, row.name
        else:
            assert written.startswith(_code_bytes(row)), (row.name, written.hex(" "))


def test_natural_alignment_is_that_of_another_assembler() -> None:
    for row in OPCODES:
        if row.immediate in ("memarg", "memarg_lane"):
            written = _assembled(row)
            assert written[len(_code_bytes(row))] == row.bound, row.name


def test_names_and_codes_are_unique() -> None:
    assert len(OPCODES) == len(OPCODES_BY_NAME) == len(OPCODES_BY_CODE) > 570


def test_every_proposal_of_3_0_with_instructions_has_rows() -> None:
    without_instructions = {"extended-const", "multi-memory", "memory64"}
    assert WASM_3_0 - without_instructions <= {row.proposal for row in OPCODES}


def _opcode_numbers(tree: ast.AST) -> list[int]:
    """Lines with a number that is an opcode: prefixed ones, or compared with or used as opcode."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            if node.value > 0xFF and node.value in OPCODES_BY_CODE:
                lines.append(node.lineno)
        if isinstance(node, ast.Compare):
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            numbers = [
                each for each in node.comparators
                if isinstance(each, ast.Constant) and type(each.value) is int
            ]
            # 0xFF is the bound between one-byte and prefixed opcodes, not an opcode.
            if names & {"opcode", "code"} and any(n.value in OPCODES_BY_CODE for n in numbers):
                lines.append(node.lineno)
    return lines


def test_no_other_file_knows_opcode_numbers() -> None:
    wrong = {}
    for path in sorted((SOURCES / "wasker").rglob("*.py")):
        if path.name not in ("opcodes.py", "valuetypes.py"):
            lines = _opcode_numbers(ast.parse(path.read_text(encoding="utf-8")))
            wrong.update({f"{path.name}:{line}": None for line in lines})
    assert not wrong, f"use OPCODES_BY_NAME instead of numbers: {list(wrong)}"


def test_the_search_for_opcode_numbers_finds_them() -> None:
    assert _opcode_numbers(ast.parse("if opcode == 0x6A: pass\nx = 0xFC0008")) == [1, 2]
