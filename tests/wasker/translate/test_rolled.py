# SPDX-License-Identifier: Apache-2.0
"""Which loops are rolled up, and where locals are live."""
from __future__ import annotations

import pytest
import wasmtime

from wasker.options import Options
from wasker.translate.liveness import live_after
from wasker.translate.module import translate_module
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validated_functions

_LOOP = """(module (memory 1) (func (export "f") (param $p i32) (param $q i32) (param $n i32)
    (local $t i32) (local $v v128)
    (loop $again {body}
        (local.set $p (i32.add (local.get $p) (i32.const {stride})))
        (local.set $q (i32.add (local.get $q) (i32.const {stride})))
        (br_if $again (local.tee $n (i32.add (local.get $n) (i32.const -1)))))
    {after}))"""


def _copies(text: str, count: int, width: int = 4) -> dict:
    body = "".join(text.replace("AT", str(width * copy)) for copy in range(count))
    return {"body": body, "stride": width * count, "after": ""}


def _ir(text: str, cpu: str = "x86-64-v3", optimisation: int = 2) -> str:
    module = read_module(bytes(wasmtime.wat2wasm(text)))
    options = Options(cpu=cpu, optimisation=optimisation, entry="none")
    return translate_module(module, validated_functions(module), options)


def _is_rolled(text: str, cpu: str = "x86-64-v3", optimisation: int = 2) -> bool:
    return "phi i64 [0," in _ir(text, cpu, optimisation)


_INCREMENT = """(i32.store offset=AT (local.get $p)
    (i32.add (i32.load offset=AT (local.get $q)) (i32.const 7)))"""
_VECTOR = """(v128.store offset=AT (local.get $p)
    (i32x4.add (v128.load offset=AT (local.get $q)) (v128.load offset=AT (local.get $p))))"""


@pytest.mark.parametrize("copies", (2, 3, 4, 8))
def test_equal_steps_are_rolled_up(copies: int) -> None:
    assert _is_rolled(_LOOP.format(**_copies(_INCREMENT, copies)))


def test_one_step_and_unequal_steps_stay() -> None:
    assert not _is_rolled(_LOOP.format(**_copies(_INCREMENT, 1)))
    parts = _copies(_INCREMENT, 4)
    parts["body"] = parts["body"].replace("i32.const 7", "i32.const 8", 1)
    assert not _is_rolled(_LOOP.format(**parts))


def test_a_store_that_later_steps_load_stays() -> None:
    ahead = """(i32.store offset=AT (local.get $p)
        (i32.add (i32.load offset=AT (i32.add (local.get $p) (i32.const -4))) (i32.const 7)))"""
    assert not _is_rolled(_LOOP.format(**_copies(ahead, 4)))


def test_what_may_trap_otherwise_than_by_its_address_stays() -> None:
    division = _INCREMENT.replace("i32.add (i32.load", "i32.div_u (i32.load")
    assert not _is_rolled(_LOOP.format(**_copies(division, 4)))


def test_vectors_are_rolled_up_only_where_registers_are_wider() -> None:
    text = _LOOP.format(**_copies(_VECTOR, 2, 16))
    assert _is_rolled(text, "x86-64-v3")
    assert "llvm.loop.vectorize.width\", i32 8" in _ir(text, "x86-64-v3")
    assert not _is_rolled(text, "x86-64-v2")


def test_without_optimisation_loops_stay() -> None:
    assert not _is_rolled(_LOOP.format(**_copies(_INCREMENT, 4)), optimisation=1)


def test_a_local_needed_afterwards_leaves_a_pass_to_the_old_loop() -> None:
    kept = _INCREMENT.replace("(i32.load", "(local.tee $t (i32.load") .replace(
        "(local.get $q))", "(local.get $q)))"
    )
    parts = _copies(kept, 4)
    without = _ir(_LOOP.format(**parts))
    parts["after"] = "(i32.store (i32.const 0) (local.get $t))"
    needed = _ir(_LOOP.format(**parts))
    assert "icmp ugt i64" in without and "icmp ugt i64" not in needed
    assert "phi i64 [0," in needed


def _live(text: str) -> list[int]:
    module = read_module(bytes(wasmtime.wat2wasm(text)))
    ((_, instructions),) = validated_functions(module)
    loops, open_blocks = [], []
    for position, (opcode, _, _) in enumerate(instructions):
        if opcode in (OPCODES_BY_NAME[name].code for name in ("block", "loop", "if")):
            open_blocks.append(opcode == OPCODES_BY_NAME["loop"].code)
        elif opcode == OPCODES_BY_NAME["end"].code and open_blocks and open_blocks.pop():
            loops.append(position)
    found = live_after(instructions, loops)
    return [found[position] for position in loops]


@pytest.mark.parametrize(
    "body, expected",
    [
        ("(loop) (drop (local.get 1))", [0b10]),
        ("(loop) (local.set 1 (i32.const 0)) (drop (local.get 1))", [0]),
        ("(loop) (if (local.get 0) (then (local.set 1 (i32.const 0))))", [0b01]),
        ("(loop) (if (local.get 0) (then (drop (local.get 1))) (else (drop (local.get 2))))",
         [0b111]),
        ("(block (loop) (br_if 0 (local.get 0)) (local.set 1 (i32.const 0))) (drop (local.get 1))",
         [0b11]),
        ("(loop (drop (local.get 2)) (loop) (br_if 0 (local.get 0)))", [0b101, 0]),
        ("(loop) (return) (drop (local.get 1))", [0]),
        ("(block (block (loop) (br_table 0 1 (local.get 0))) (drop (local.get 1)))", [0b11]),
    ],
)  # fmt: skip
def test_liveness(body: str, expected: list[int]) -> None:
    text = f"(module (func (param i32 i32 i32) {body}))"
    assert _live(text) == expected
