# SPDX-License-Identifier: Apache-2.0
"""Programs that must die: the trap has its name, the Wasm function's name and the right code."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from mew_abi.protocol import RUNNER_EXIT_TRAP
from pipeline import System

# name -> (body of the module, text of the trap, function that must be named)
FAULTS = {
    "unreachable": (
        '(func $give_up unreachable) (func $main (export "_start") (call $give_up))',
        "unreachable",
        "give_up",
    ),
    "load_out_of_bounds": (
        '(memory 1) (func $peek (param i32) (result i32) (i32.load (local.get 0)))'
        '(func $main (export "_start") (drop (call $peek (i32.const 65533))))',
        "out of bounds memory access",
        "peek",
    ),
    "store_at_the_far_end": (
        '(memory 1) (func $poke (param i32)'
        ' (i64.store offset=4294967295 (local.get 0) (i64.const -1)))'
        '(func $main (export "_start") (call $poke (i32.const -1)))',
        "out of bounds memory access",
        "poke",
    ),
    "stack_overflow": (
        '(func $dive (param i32) (result i32)'
        ' (i32.add (call $dive (i32.add (local.get 0) (i32.const 1))) (local.get 0)))'
        '(func $main (export "_start") (drop (call $dive (i32.const 0))))',
        "call stack exhausted",
        "dive",
    ),
    "divide_by_zero": (
        '(func $divide (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))'
        '(func $main (export "_start") (drop (call $divide (i32.const 0))))',
        "integer divide by zero",
        "divide",
    ),
    "divide_overflow": (
        '(func $divide (param i32) (result i32)'
        ' (i32.div_s (i32.const 0x80000000) (local.get 0)))'
        '(func $main (export "_start") (drop (call $divide (i32.const -1))))',
        "integer overflow",
        "divide",
    ),
    "bad_conversion": (
        '(func $convert (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))'
        '(func $main (export "_start") (drop (call $convert (f64.const nan))))',
        "invalid conversion to integer",
        "convert",
    ),
    "undefined_element": (
        '(type $t (func)) (table 1 funcref)'
        '(func $dispatch (param i32) (call_indirect (type $t) (local.get 0)))'
        '(func $main (export "_start") (call $dispatch (i32.const 1)))',
        "undefined element",
        "dispatch",
    ),
    "uninitialized_element": (
        '(type $t (func)) (table 1 funcref)'
        '(func $dispatch (param i32) (call_indirect (type $t) (local.get 0)))'
        '(func $main (export "_start") (call $dispatch (i32.const 0)))',
        "uninitialized element",
        "dispatch",
    ),
    "type_mismatch": (
        '(type $t (func)) (table funcref (elem $other)) (func $other (param i64))'
        '(func $dispatch (param i32) (call_indirect (type $t) (local.get 0)))'
        '(func $main (export "_start") (call $dispatch (i32.const 0)))',
        "indirect call type mismatch",
        "dispatch",
    ),
    "array_beyond_the_heap": (
        '(type $a (array i64))'
        '(func $make (param i32) (result i32) (array.len (array.new_default $a (local.get 0))))'
        '(func $main (export "_start") (drop (call $make (i32.const -1))))',
        "allocation failure",
        "make",
    ),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_fault_is_a_named_trap(system: System, tmp_path: Path, fault: str) -> None:
    body, text, function = FAULTS[fault]
    source = tmp_path / f"{fault}.wat"
    source.write_text(f"(module {body})")
    outcome = system.run(system.link(source, fault))
    assert outcome.exit_code == RUNNER_EXIT_TRAP, outcome
    assert f"trap: {text}" in outcome.stderr
    # A function that was inlined has no frame of its own: its caller is named.
    assert re.search(rf"in wasm function '({function}|main)'", outcome.stderr), outcome
    assert outcome.stdout == ""


GROW = """
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory 1 {maximum})
  (func $main (export "_start") (local $count i32)
    ;; Grow page by page until refused; -1 must leave the size as it was.
    (loop $more
      (if (i32.ne (memory.grow (i32.const {step})) (i32.const -1))
        (then
          ;; The new page is there, zero, and can be written.
          (if (i32.load (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)))
            (then (call $exit (i32.const 99))))
          (i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4))
            (i32.const -1))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $more))))
    (if (i32.ne (memory.size)
          (i32.add (i32.const 1) (i32.mul (local.get $count) (i32.const {step}))))
      (then (call $exit (i32.const 98))))
    (call $exit (i32.gt_u (local.get $count) (i32.const 0)))))
"""


def test_memory_grow_fails_at_the_declared_maximum(system: System, tmp_path: Path) -> None:
    source = tmp_path / "grow.wat"
    source.write_text(GROW.format(maximum=7, step=1))
    outcome = system.run(system.link(source, "grow"))
    assert (outcome.exit_code, outcome.stderr) == (1, ""), outcome


@pytest.fixture(name="kernel", scope="module")
def kernel_fixture(tmp_path_factory: pytest.TempPathFactory) -> System:
    return System.build("kernel", tmp_path_factory.mktemp("full"))


def test_memory_grow_fails_when_the_machine_is_full(kernel: System, tmp_path: Path) -> None:
    source = tmp_path / "grow_all.wat"
    source.write_text(GROW.format(maximum="", step=8))
    outcome = kernel.run(kernel.link(source, "grow_all"), memory_mib=16)
    assert (outcome.exit_code, outcome.stderr) == (1, ""), outcome


# What a program makes again and again: objects of the proposal gc, exceptions.
ENDLESS = {
    "structs": (
        "(type $node (struct (field (ref null $node)) (field i64)))"
        "(global $list (mut (ref null $node)) (ref.null $node))"
        "(func $make (global.set $list (struct.new $node (global.get $list) (i64.const 1))))"
    ),
    "exceptions": (
        "(tag $tag (param i64 i64))"
        "(func $make (block $caught (try_table (catch_all $caught)"
        " (throw $tag (i64.const 1) (i64.const 2)))))"
    ),
}


@pytest.mark.parametrize("kind", sorted(ENDLESS))
def test_a_full_heap_is_a_named_trap(kernel: System, tmp_path: Path, kind: str) -> None:
    source = tmp_path / f"{kind}.wat"
    loop = '(func $main (export "_start") (loop $again (call $make) (br $again)))'
    source.write_text(f"(module {ENDLESS[kind]} {loop})")
    outcome = kernel.run(kernel.link(source, kind), memory_mib=32)
    assert outcome.exit_code == RUNNER_EXIT_TRAP, outcome
    assert "trap: allocation failure" in outcome.stderr
    assert re.search(r"in wasm function '(make|main)'", outcome.stderr), outcome
