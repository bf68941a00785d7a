# SPDX-License-Identifier: Apache-2.0
"""Each rule of validation refuses what breaks it, with function, byte offset and value seen.

The official suite (test_spec_validation.py) is the thorough test; this one checks what the suite
cannot see: messages, places, order of work, and the shortcuts of the loop.
"""
from __future__ import annotations

import pytest
from wasker.errors import Diagnostic
from wasker.wasm.features import THREADS
from wasker.wasm.features import WASM_3_0
from wasker.wasm.features import WIDE_ARITHMETIC
from wasker.wasm.module import Module
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_CODE
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary
from wasker.wasm.validate import validate_module
from wasker.wasm.validate import validated_functions
from wasm_samples import SAMPLES_TEXT
from wasm_samples import sample

ALL = WASM_3_0 | {THREADS, WIDE_ARITHMETIC}


def _module(text: str) -> Module:
    return read_module(text_to_binary(f"(module {text})".encode()), ALL)


def _refusal(text: str) -> Diagnostic:
    with pytest.raises(Diagnostic) as raised:
        validate_module(_module(text))
    return raised.value


@pytest.mark.parametrize("name", sorted(SAMPLES_TEXT))
def test_samples_are_valid(name: str) -> None:
    module = read_module(sample(name), ALL)
    functions = dict(validated_functions(module))
    imported = len(module.imported("func"))
    assert list(functions) == list(range(imported, len(module.functions)))
    assert all(OPCODES_BY_CODE[body[-1][0]].name == "end" for body in functions.values())


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ("(drop (i32.add (i32.const 1) (f32.const 1)))", "E030",
         "i32.add: type mismatch: expected i32, found f32"),
        ("i32.add drop", "E030", "expected i32, found nothing in this block"),
        ("(block (i32.const 1))", "E030", "values remain on the stack"),
        ("(drop (block (result i32)))", "E030", "found nothing in this block"),
        ("(drop (select (i32.const 1) (i64.const 1) (i32.const 1)))", "E030", "i32 and i64"),
        ("(drop (select (ref.null func) (ref.null func) (i32.const 1)))", "E030", "funcref"),
        ("(drop (if (result i32) (i32.const 1) (then (i32.const 1))))", "E030", "without `else`"),
        ("(block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))) drop", "E030",
         "br_table"),
        ("(local.set 0 (i64.const 1))", "E030",
         "local.set: type mismatch: expected i32, found i64"),
        ("(drop (i32.load (i64.const 0)))", "E030", "i32.load"),
        ("(i32.store (i32.const 0) (f64.const 0))", "E030", "found f64"),
        ("(drop (ref.is_null (i32.const 0)))", "E030", "expected a reference, found i32"),
        ("local.get 1 drop", "E031", "unknown local 1; there are 1"),
        ("(local.set 9 (i32.const 0))", "E031", "unknown local 9"),
        ("(drop (local.tee 9 (i32.const 0)))", "E031", "unknown local 9"),
        ("br 1000", "E031", "unknown label 1000"),
        ("call 77", "E031", "unknown function 77"),
        ("global.get 5", "E031", "unknown global 5; there are 1"),
        ("(drop (i32.load 3 (i32.const 0)))", "E031", "unknown memory 3"),
        ("table.size 4", "E031", "unknown table 4"),
        ("throw 2", "E031", "unknown tag 2"),
        ("elem.drop 3", "E031", "unknown elem segment 3"),
        ("data.drop 3", "E031", "unknown data segment 3"),
        ("(drop (i32.load16_u align=4 (i32.const 0)))", "E032", "2**2 must not exceed 2**1"),
        ("(drop (i32.atomic.load align=1 (i32.const 0)))", "E032", "must be 2**2"),
        ("(global.set 0 (i32.const 1))", "E033", "global 0 is immutable"),
        ("(drop (ref.func 0))", "E038", "undeclared function reference 0"),
        ("(drop (i8x16.extract_lane_s 16 (v128.const i64x2 0 0)))", "E039", "lane index 16"),
        ("(drop (v128.load32_lane 4 (i32.const 0) (v128.const i64x2 0 0)))", "E039", "index 4"),
        ("(drop (i32.load offset=4294967296 (i32.const 0)))", "E039", "4294967296"),
        ("(local (ref func)) (drop (local.get 1))", "E041", "uninitialized local 1"),
        ("unreachable (i32.const 0) i64.eqz drop", "E030", "expected i64, found i32"),
        ("unreachable ref.as_non_null i32.eqz drop", "E030", "expected i32"),
    ],
)
def test_rules_of_bodies(body: str, code: str, says: str) -> None:
    prelude = "(memory 1) (table 1 funcref) (global i32 (i32.const 0)) (data)"
    error = _refusal(f"{prelude} (func $checked (param i32) {body})")
    assert error.code == code and says in error.message, error.render("test.wasm")
    assert error.where.startswith("function 'checked' at byte 0x")


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ("(global i32 (i64.const 0))", "E030", "expected i32, found i64"),
        ("(table 1 funcref) (elem (table 0) (i32.const 0) externref)", "E030", "table of funcref"),
        ("(table 1 (ref func))", "E030", "needs an initial value"),
        ("(start 3)", "E031", "unknown function 3"),
        ('(export "a" (memory 0))', "E031", "unknown memory 0"),
        ("(func (type 4))", "E031", "unknown type 4"),
        ("(global i32 (global.get 0))", "E031", "unknown global 0"),
        ("(data (i32.const 0) \"\")", "E031", "unknown memory 0"),
        ("(elem (i32.const 0) func)", "E031", "unknown table 0"),
        ("(elem func 3)", "E031", "unknown function 3"),
        ("(global i32 (i32.eqz (i32.const 0)))", "E034", "found i32.eqz"),
        ('(global (import "" "") (mut i32)) (global i32 (global.get 0))', "E034", "mutable"),
        ("(memory 65537)", "E035", "65537; at most 65536"),
        ("(memory 2 1)", "E035", "minimum 2 is greater than maximum 1"),
        ("(table 2 1 funcref)", "E035", "minimum 2"),
        ("(memory 1 shared)", "E035", "must have a maximum"),
        ("(func (param i32)) (start 0)", "E036", "(i32) -> ()"),
        ('(func (export "a")) (memory (export "a") 1)', "E037", "'a'"),
        ("(tag (result i32))", "E039", "tag 0"),
    ],
)
def test_rules_of_declarations(fields: str, code: str, says: str) -> None:
    error = _refusal(fields)
    assert error.code == code and says in error.message, error.render("test.wasm")
    assert error.hint


def test_the_offset_is_that_of_the_instruction() -> None:
    module = _module("(func $f (drop (i32.add (i32.const 1) (f32.const 1))))")
    with pytest.raises(Diagnostic) as raised:
        validate_module(module)
    offset = int(raised.value.where.rpartition("0x")[2], 16)
    assert module.binary[offset] == OPCODES_BY_NAME["i32.add"].code
    assert raised.value.where == f"function 'f' at byte 0x{offset:x}"


def test_functions_before_a_bad_one_are_handed_on() -> None:
    functions = validated_functions(_module("(func) (func i32.add)"))
    assert next(functions)[0] == 0
    with pytest.raises(Diagnostic):
        next(functions)


def test_declarations_are_checked_before_any_function() -> None:
    with pytest.raises(Diagnostic) as raised:
        validated_functions(_module("(func) (memory 2 1)"))
    assert raised.value.code == "E035"


def test_memory_init_needs_the_data_count_section() -> None:
    body = "(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))"
    text = f'(memory 1) (data "x") (func {body})'
    data = text_to_binary(f"(module {text})".encode())
    count_section = b"\x0c\1\1"
    assert data.count(count_section) == 1
    with pytest.raises(Diagnostic) as raised:
        validate_module(read_module(data.replace(count_section, b""), ALL))
    assert raised.value.code == "E040"


@pytest.mark.parametrize("code", ["0b0b", "0b01", "41000b"])
def test_bodies_end_once(code: str) -> None:
    body = bytes.fromhex(code)
    data = b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a" + bytes([len(body) + 3, 1, len(body) + 1, 0])
    with pytest.raises(Diagnostic):
        validate_module(read_module(data + body, ALL))


def _operands(types: tuple[str, ...]) -> str:
    constants = {"addr": "(i32.const 0)", "v128": "(v128.const i64x2 0 0)"}
    return " ".join(constants.get(each) or f"({each}.const 0)" for each in types)


_LANES = {"lane": "0", "memarg_lane": "0", "shuffle": "0 " * 16, "v128": "i64x2 0 0"}


@pytest.mark.parametrize("family", ["numeric", "convert", "memory", "simd", "atomic"])
def test_each_signature_of_the_table(family: str) -> None:
    """Right operands are accepted; one too few, or one of another type, is refused."""
    other = {"i32": "i64", "addr": "i64"}
    checked = 0
    for row in OPCODES:
        if row.family != family or row.params is None:
            continue
        operand = _LANES.get(row.immediate) or ("0" if row.name.endswith(".const") else "")
        instruction = f"{row.name} {operand}" + " drop" * len(row.results or ())
        prelude = "(memory 1 1 shared) (func "
        validate_module(_module(f"{prelude}{_operands(row.params)} {instruction})"))
        if not row.params:
            continue
        for wrong in (row.params[1:], (*row.params[:-1], other.get(row.params[-1], "i32"))):
            assert _refusal(f"{prelude}{_operands(wrong)} {instruction})").code == "E030", row.name
        checked += 1
    assert checked > 20
