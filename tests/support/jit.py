# SPDX-License-Identifier: Apache-2.0
"""Compiles a module with the real compiler and loads its optimised code into this process.

For tests that compare results over much data; a trap would kill the process, so programs that
may trap run in a child.
"""
from __future__ import annotations

import ctypes
import mmap

import llvmlite.binding as llvm

from mew_abi import layout
from mew_abi import symbols
from wasker.codegen.emit import emit_object
from wasker.codegen.target import LLVM_CPUS
from wasker.codegen.target import TRIPLE
from wasker.options import Options
from wasker.translate.module import translate_module
from wasker.wasm.features import WASM_3_0
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validated_functions

CPUS = ("x86-64-v1", "x86-64-v2", "x86-64-v3")
_MODULE = "jit"
_FAILED = (1 << 64) - 1


class _Memory(ctypes.Structure):
    _fields_ = [
        ("base", ctypes.c_uint64),
        ("pages", ctypes.c_uint64),
        ("max_pages", ctypes.c_uint64),
        ("window_bytes", ctypes.c_uint64),
    ]


_CREATE = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.POINTER(_Memory))
_GROW = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.POINTER(_Memory), ctypes.c_uint64)
_mappings: list[mmap.mmap] = []


@_CREATE
def _memory_create(memory: "ctypes._Pointer[_Memory]") -> int:
    """Zeroed pages without a guard: enough for programs that stay in bounds."""
    size = max(memory.contents.pages, 1) * layout.WASM_PAGE_SIZE
    mapping = mmap.mmap(-1, size)
    _mappings.append(mapping)
    memory.contents.base = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
    return 0


@_GROW
def _memory_grow(memory: "ctypes._Pointer[_Memory]", delta: int) -> int:
    return memory.contents.pages if delta == 0 else _FAILED


def _optimised_ir(binary: bytes, cpu: str, optimisation: int) -> str:
    module = read_module(binary, WASM_3_0)
    options = Options(module_name=_MODULE, cpu=cpu, memory="indirect", entry="none")
    text = translate_module(module, validated_functions(module), options)
    return emit_object(text, cpu, optimisation, keep_texts=True).optimised_ir


class JitInstance:
    """An instantiated module with a memory exported as `memory`."""

    def __init__(self, binary: bytes, cpu: str, optimisation: int = 2) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.add_symbol(symbols.MEMORY_CREATE, ctypes.cast(_memory_create, ctypes.c_void_p).value)
        llvm.add_symbol(symbols.MEMORY_GROW, ctypes.cast(_memory_grow, ctypes.c_void_p).value)
        module = llvm.parse_assembly(_optimised_ir(binary, cpu, optimisation))
        # Static code, as the compiler makes it, would have to lie in the low 2 GiB.
        machine = llvm.Target.from_triple(TRIPLE).create_target_machine(
            cpu=LLVM_CPUS[cpu], opt=optimisation, reloc="pic", codemodel="small", jit=True
        )
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        self.call(symbols.instantiate_symbol(_MODULE), None)()

    def call(self, symbol: str, result: object, *params: object) -> object:
        """A symbol of the object as a ctypes function."""
        address = self._engine.get_function_address(symbol)
        assert address, f"the object does not define {symbol}"
        return ctypes.CFUNCTYPE(result, *params)(address)

    def export(self, name: str, result: object, *params: object) -> object:
        """An exported function as a ctypes function."""
        return self.call(symbols.export_symbol(_MODULE, name), result, *params)

    def memory_base(self) -> int:
        """The address of the memory exported as `memory`."""
        address = self._engine.get_global_value_address(symbols.export_symbol(_MODULE, "memory"))
        assert address, "the module does not export `memory`"
        return _Memory.from_address(address).base
