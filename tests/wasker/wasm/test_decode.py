# SPDX-License-Identifier: Apache-2.0
"""Each immediate kind becomes the value that `code.py` promises."""
from __future__ import annotations

import pytest
from wasker.errors import Diagnostic
from wasker.wasm.code import decode_body
from wasker.wasm.features import THREADS
from wasker.wasm.features import WASM_2_0
from wasker.wasm.features import WASM_3_0
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import FuncType
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import Module
from wasker.wasm.module import RefType
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_CODE
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary
from wasm_samples import SAMPLES_TEXT
from wasm_samples import sample

ALL = WASM_3_0 | {THREADS}
_FIELDS = """
    (type (func (param i32) (result i32))) (memory 1) (memory 1) (table 3 funcref)
    (table 3 funcref) (data "") (data "") (elem func) (elem func) (tag)
    (type $s (struct (field i32) (field i64)))
"""


def _decode(text: str) -> list[tuple]:
    """(name, immediate) of each instruction of the function with this body but the last `end`."""
    module = read_module(text_to_binary(f"(module {_FIELDS} (func {text}))".encode()), ALL)
    decoded = decode_body(module, module.code[0])
    assert OPCODES_BY_CODE[decoded[-1][0]].name == "end"
    return [(OPCODES_BY_CODE[opcode].name, immediate) for opcode, immediate, _ in decoded[:-1]]


@pytest.mark.parametrize(
    ("text", "immediate"),
    [
        ("nop", None),
        ("local.get 300", 300),
        ("br 127", 127),
        ("br_table 2 0 1", ((2, 0), 1)),
        ("call_indirect 1 (type 0)", (0, 1)),
        ("i32.const -2147483648", -(1 << 31)),
        ("i32.const 64", 64),
        ("i32.const -64", -64),
        ("i64.const -9223372036854775808", -(1 << 63)),
        ("f32.const nan:0x200000", 0x7FA00000),
        ("f64.const -0", 1 << 63),
        ("v128.const i32x4 1 2 3 4", 1 | 2 << 32 | 3 << 64 | 4 << 96),
        ("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31", bytes([*range(15), 31])),
        ("i32.load8_u offset=5", (0, 5, 0)),
        ("i64.load offset=4294967295 align=4", (2, 0xFFFF_FFFF, 0)),
        ("i32.store 1 offset=200", (2, 200, 1)),
        ("v128.load16_lane offset=2 7", (1, 2, 0, 7)),
        ("i16x8.extract_lane_s 6", 6),
        ("memory.size 1", 1),
        ("memory.copy 1 0", (1, 0)),
        ("memory.init 1 1", (1, 1)),
        ("table.copy 1 0", (1, 0)),
        ("table.init 1 0", (0, 1)),
        ("data.drop 1", 1),
        ("select (result i64)", ("i64",)),
        ("ref.null extern", "extern"),
        ("ref.null 1", 1),
        ("struct.get 1 1", (1, 1)),
        ("br_on_cast 3 anyref (ref 1)", (3, RefType(True, "any"), RefType(False, 1))),
        ("atomic.fence", None),
    ],
)
def test_immediates(text: str, immediate: object) -> None:
    assert [found for _, found in _decode(text)] == [immediate]


def test_block_types_are_resolved() -> None:
    text = "block end loop (result funcref) end if (param i32) (result i32) end"
    found = [immediate for name, immediate in _decode(text) if name != "end"]
    assert found == [
        FuncType((), ()), FuncType((), (FUNCREF,)), FuncType(("i32",), ("i32",)),
    ]


def test_catch_clauses() -> None:
    ((_, immediate), _) = _decode("try_table (catch 0 1) (catch_all_ref 2) end")
    assert immediate == (FuncType((), ()), (("catch", 0, 1), ("catch_all_ref", None, 2)))


def test_offsets_are_file_offsets() -> None:
    data = sample("core")
    module = read_module(data)
    for body in module.code:
        decoded = decode_body(module, body)
        assert decoded[0][2] == body.start and decoded[-1][2] == body.end - 1
        for opcode, _, at in decoded:
            assert data[at] == (opcode if opcode <= 0xFF else opcode >> 16)


def test_shortcuts_agree_with_the_complete_reader() -> None:
    """Padded operands take the long way through the decoder and mean the same."""
    short = bytes.fromhex("2005 41e400 417f 28020a 0b".replace(" ", ""))
    padded = bytes.fromhex("208500 41e48000 41ff7f 2882008a00 0b".replace(" ", ""))
    meanings = []
    for code in (short, padded):
        module = Module(binary=code)
        decoded = decode_body(module, FunctionBody((), 0, len(code)))
        meanings.append([instruction[:2] for instruction in decoded])
    assert meanings[0] == meanings[1] and len(meanings[0]) == 5


@pytest.mark.parametrize("name", sorted(SAMPLES_TEXT))
def test_cut_bodies_are_refused(name: str) -> None:
    module = read_module(sample(name), ALL)
    for body in module.code:
        for end in range(body.start, body.end):
            try:
                decoded = decode_body(module, FunctionBody((), body.start, end))
            except Diagnostic as error:
                assert error.code in ("E006", "E012", "E019", "E031"), error.render(name)
            else:
                assert OPCODES_BY_CODE[decoded[-1][0]].name == "end"


def test_instructions_of_proposals_are_refused_by_name() -> None:
    for row in OPCODES:
        if not row.proposal:
            continue
        prefix = bytes([row.code]) if row.code <= 0xFF else bytes([row.code >> 16])
        low = row.code & 0xFFFF
        sub = b"" if row.code <= 0xFF else bytes([low & 0x7F | 0x80, low >> 7])
        code = prefix + sub + b"\x0b"
        with pytest.raises(Diagnostic) as raised:
            decode_body(Module(binary=code, features=WASM_2_0), FunctionBody((), 0, len(code)))
        assert raised.value.code == "E020"
        assert row.name in raised.value.message and row.proposal in raised.value.message


@pytest.mark.parametrize("code", ["fc868080020b", "ff0b", "fcff010b", "270b"])
def test_unknown_opcodes(code: str) -> None:
    data = bytes.fromhex(code)
    with pytest.raises(Diagnostic) as raised:
        decode_body(Module(binary=data, features=ALL), FunctionBody((), 0, len(data)))
    assert raised.value.code == "E016"
