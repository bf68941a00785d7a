# SPDX-License-Identifier: Apache-2.0
"""Signalling NaNs become quiet where LLVM would leave an operation out (specification 4.3.3)."""
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
