# SPDX-License-Identifier: Apache-2.0
"""Signalling NaNs become quiet by operations and by nothing else (specification 4.3.3)."""
from __future__ import annotations

import ctypes
import struct

import pytest
import wasmtime
from jit import CPUS
from jit import JitInstance

SIGNALLING = 0x7FA00000
QUIET_BIT = 0x00400000
# Operations side by side, which LLVM makes vectors of.
LANES = 4


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("operation", ("mul X 1", "div X 1", "add X -0", "sub X 0", "mul -1 X"))
def test_neighbours_beside_constants(cpu: str, operation: str) -> None:
    name, *operands = operation.split()
    stores = ""
    for lane in range(LANES):
        texts = " ".join(
            f"(f32.load offset={4 * lane} (i32.const 0))" if each == "X" else f"(f32.const {each})"
            for each in operands
        )
        stores += f"(f32.store offset={16 + 4 * lane} (i32.const 0) (f32.{name} {texts}))"
    text = f'(module (memory (export "memory") 1) (func (export "run") {stores}))'
    instance = JitInstance(bytes(wasmtime.wat2wasm(text)), cpu)
    base = instance.memory_base()
    numbers = struct.unpack("<3I", struct.pack("<3f", 1.5, 1e-45, float("inf")))
    ctypes.memmove(base, struct.pack("<4I", SIGNALLING, *numbers), 16)
    instance.export("run", None)()
    got = struct.unpack("<4I", ctypes.string_at(base + 16, 16))
    sign = 1 << 31 if "-1" in operands else 0
    assert got[0] & 0x7FFFFFFF == SIGNALLING | QUIET_BIT
    assert got[1:] == tuple(number ^ sign for number in numbers)


@pytest.mark.parametrize("optimisation", (0, 2))
@pytest.mark.parametrize(
    "results", ("f64 f64 f64", "f32 v128 f64", "f64 f64 v128 f32", "f32 f32 f32 i64 f64 f64 f64")
)
def test_results_keep_their_bits(results: str, optimisation: int) -> None:
    kinds = results.split()
    constants = {"v128": "v128.const i64x2 0 0", "i64": "i64.const 0"}
    for kind in ("f32", "f64"):
        constants[kind] = f"{kind}.const nan:0x123"
    values = " ".join(f"({constants[kind]})" for kind in kinds)
    slots = " ".join(f"(local $r{number} {kind})" for number, kind in enumerate(kinds))
    take = " ".join(f"(local.set $r{number})" for number in reversed(range(len(kinds))))
    stores = " ".join(
        f"({kind}.store offset={16 * number} (i32.const 0) (local.get $r{number}))"
        for number, kind in enumerate(kinds)
    )
    text = f"""(module (memory (export "memory") 1) (table funcref (elem $make))
      (type $made (func (result {results})))
      (func $make (type $made) {values})
      (func (export "run") {slots} (call_indirect (type $made) (i32.const 0)) {take} {stores}))"""
    instance = JitInstance(bytes(wasmtime.wat2wasm(text)), "x86-64-v2", optimisation)
    instance.export("run", None)()
    for number, kind in enumerate(kinds):
        expected = {"f32": 0x7F800123, "f64": 0x7FF0000000000123}.get(kind, 0)
        got = ctypes.string_at(instance.memory_base() + 16 * number, 8)
        assert int.from_bytes(got, "little") == expected
