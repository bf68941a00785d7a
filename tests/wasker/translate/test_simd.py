# SPDX-License-Identifier: Apache-2.0
"""Every vector instruction at every CPU level against an independent implementation."""
from __future__ import annotations

import ctypes
import functools

import pytest
import simd_cases
import wasmtime
from jit import CPUS
from jit import JitInstance

from wasker.translate import simd
from wasker.wasm.opcodes import OPCODES

COUNT = 300
SEED = 1


@functools.lru_cache(maxsize=None)
def reference(count: int, seed: int) -> dict[str, bytes]:
    """Case name -> the OUTPUT area that wasmtime computes."""
    store = wasmtime.Store()
    text = simd_cases.module_text(simd_cases.cases(), strict=True)
    module = wasmtime.Module(store.engine, text)
    exports = wasmtime.Instance(store, module, []).exports(store)
    memory = exports["memory"]
    memory.write(store, simd_cases.operands(count, seed), simd_cases.INPUT)
    end = simd_cases.OUTPUT + count * simd_cases.SLOT
    results = {}
    for case in simd_cases.cases():
        memory.write(store, bytes(count * simd_cases.SLOT), simd_cases.OUTPUT)
        exports[case.name](store, count)
        results[case.name] = bytes(memory.read(store, simd_cases.OUTPUT, end))
    return results


def compare(cpu: str, count: int, seed: int) -> list[str]:
    """Run all cases in this process at one CPU level; return the differences."""
    chosen = simd_cases.cases()
    binary = wasmtime.wat2wasm(simd_cases.module_text(chosen))
    instance = JitInstance(bytes(binary), cpu)
    base = instance.memory_base()
    data = simd_cases.operands(count, seed)
    ctypes.memmove(base + simd_cases.INPUT, data, len(data))
    found = []
    size = count * simd_cases.SLOT
    for case in chosen:
        ctypes.memset(base + simd_cases.OUTPUT, 0, size)
        instance.export(case.name, None, ctypes.c_uint32)(count)
        got = ctypes.string_at(base + simd_cases.OUTPUT, size)
        want = reference(count, seed)[case.name]
        found += list(simd_cases.differences(case, data, got, want))
    return found


@pytest.mark.parametrize("cpu", CPUS)
def test_results_agree(cpu: str) -> None:
    found = compare(cpu, COUNT, SEED)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:20])


@pytest.mark.parametrize("level", (1, 2, 3))
def test_every_instruction_has_a_template(level: int) -> None:
    names = {row.name for row in OPCODES if row.family == "simd"}
    assert len(names) == 236 + 20
    assert names == set(simd.templates(level)) | {"v128.const"}
    assert names == set(simd.EMITTERS)
