# SPDX-License-Identifier: Apache-2.0
"""A WebAssembly module with one function for each way to leave its sandbox, and their list.

The accesses come from the instruction table, so that none can be forgotten. The program's first
argument is a function's number and the second the address that it gets; number `len(ESCAPES)`
makes every access at the last address where it is allowed.
"""
from __future__ import annotations

from typing import NamedTuple

from mew_abi import traps
from wasker.wasm.opcodes import OPCODES

MEMORY_BYTES = 0x1_0000
_BULK_BYTES = 16
_OPERANDS = {
    "i32": "(i32.const 1)",
    "i64": "(i64.const 1)",
    "f32": "(f32.const 1)",
    "f64": "(f64.const 1)",
    "v128": "(v128.const i64x2 1 2)",
}


class Escape(NamedTuple):
    """One function: its name, body, the trap, and the first address at which it traps, if any."""

    name: str
    body: str
    trap: int
    address: int = 0
    is_access: bool = False


def _access(name: str, body: str, width_bytes: int) -> Escape:
    """An access whose last byte is the first one outside."""
    address = MEMORY_BYTES - width_bytes + 1
    return Escape(name, body, traps.MEMORY_OUT_OF_BOUNDS, address, is_access=True)


def _accesses() -> "list[Escape]":
    found = []
    for row in OPCODES:
        if not row.immediate.startswith("memarg") or row.family == "atomic":
            continue
        assert row.params is not None and row.results is not None
        lane = " 0" if row.immediate == "memarg_lane" else ""
        operands = " ".join(_OPERANDS[kind] for kind in row.params[1:])
        body = f"({row.name}{lane} (local.get $address) {operands})"
        found.append(_access(row.name, f"(drop {body})" if row.results else body, 1 << row.bound))
    size = f"(i32.const {_BULK_BYTES})"
    for name, operands in {
        "memory.fill": f"(local.get $address) (i32.const 1) {size}",
        "memory.copy, to": f"(local.get $address) (i32.const 0) {size}",
        "memory.copy, from": f"(i32.const 0) (local.get $address) {size}",
        "memory.init": f"(local.get $address) (i32.const 0) {size}",
    }.items():
        instruction = name.split(",")[0] + (" $bytes" if name == "memory.init" else "")
        found.append(_access(name, f"({instruction} {operands})", _BULK_BYTES))
    return found


def _call(name: str, element: int, trap: int) -> Escape:
    return Escape(name, f"(call_indirect $targets (type $case) {_argument(element)})", trap)


def _argument(element: int) -> str:
    return f"(local.get $address) (i32.const {element})"


ESCAPES = (
    *_accesses(),
    # The farthest byte that an instruction can name: 8 GiB behind the memory's first.
    Escape(
        "the window's last byte",
        "(drop (i32.load8_u offset=4294967295 (local.get $address)))",
        traps.MEMORY_OUT_OF_BOUNDS, 0xFFFF_FFFF,
    ),
    _call("call_indirect, null", 1, traps.UNINITIALIZED_ELEMENT),
    _call("call_indirect, other type", 0, traps.INDIRECT_CALL_TYPE_MISMATCH),
    _call("call_indirect, first behind the table", 2, traps.UNDEFINED_ELEMENT),
    _call("call_indirect, far behind the table", -1, traps.UNDEFINED_ELEMENT),
    Escape(
        "endless recursion", "(call $endless (local.get $address))", traps.CALL_STACK_EXHAUSTED
    ),
)

_HEAD = f"""
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (type $case (func (param i32)))
  (memory (export "memory") 1 1)
  (data $bytes "{'.' * _BULK_BYTES}")
  (table $targets 2 2 funcref)
  (elem (table $targets) (i32.const 0) func $other)
  (func $other (param i64))
  (func $endless (param i32) (call $endless (local.get 0)) (call $other (i64.const 0)))
  (func $number (param $digits i32) (result i32) (local $value i32)
    (loop $next
      (if (i32.load8_u (local.get $digits)) (then
        (local.set $value (i32.add
          (i32.mul (local.get $value) (i32.const 10))
          (i32.sub (i32.load8_u (local.get $digits)) (i32.const 48))))
        (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
        (br $next))))
    (local.get $value))
  (func (export "_start")
    (drop (call $args_get (i32.const 0x100) (i32.const 0x200)))
    (call_indirect $cases (type $case)
      (call $number (i32.load (i32.const 0x108)))
      (call $number (i32.load (i32.const 0x104)))))
"""


def text() -> str:
    """The module in the text format."""
    functions = [
        f"  (func $f{index} (@name \"{escape.name}\") (type $case) (param $address i32)\n"
        f"    {escape.body})"
        for index, escape in enumerate(ESCAPES)
    ]
    allowed = [
        f"    (call $f{index} (i32.const {escape.address - 1}))"
        for index, escape in enumerate(ESCAPES)
        if escape.is_access
    ]
    inside = "\n".join(["  (func $inside (type $case)", *allowed, "  )"])
    names = " ".join(f"$f{index}" for index in range(len(ESCAPES)))
    table = f"  (table $cases funcref (elem {names} $inside))"
    return "\n".join([_HEAD, *functions, inside, table, ")"])
