# SPDX-License-Identifier: Apache-2.0
"""Bulk memory and table instructions (specification 4.4.6, 4.4.7): fill, copy, init, drop.

Each is a call of a helper that is always inlined, checks both ranges first and then moves memory
with an LLVM intrinsic, so nothing is written when a range is out of bounds.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

from mew_abi import traps

from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.memory import PAGE_BITS

if TYPE_CHECKING:
    from wasker.translate.context import ModuleTranslator


def _call_helper(name: str, operands: int) -> Emitter:
    """Call helper `name[immediate...]` with the operands on the stack."""

    def emit(f: Function, immediate: object) -> None:
        indices = immediate if isinstance(immediate, tuple) else (immediate,)
        arguments = ", ".join(f.stack[len(f.stack) - operands :])
        del f.stack[len(f.stack) - operands :]
        f.lines.append(f"call void {f.module.helper(name, *indices)}({arguments})")

    return emit


def _drop(kind: str) -> Emitter:
    def emit(f: Function, index: int) -> None:
        f.lines.append(f"store i64 0, ptr {f.module.segment_size(kind, index)}")

    return emit


EMITTERS: dict[str, Emitter] = {
    "memory.fill": _call_helper("memory.fill", 3),
    "memory.copy": _call_helper("memory.copy", 3),
    "memory.init": _call_helper("memory.init", 3),
    "table.fill": _call_helper("table.fill", 3),
    "table.copy": _call_helper("table.copy", 3),
    "table.init": _call_helper("table.init", 3),
    "data.drop": _drop("data"),
    "elem.drop": _drop("elem"),
}


def widen(f: Function, type_text: str, name: str) -> str:
    """A helper's parameter as a bare i64."""
    return name if type_text == "i64" else f.define(f"zext {type_text} {name} to i64")


def check_range(f: Function, start: str, count: str, size: str, kind: int) -> None:
    """Trap unless start + count <= size, all bare i64, without overflow."""
    too_long = f.define(f"icmp ugt i64 {count}, {size}")
    room = f.define(f"sub i64 {size}, {count}")
    past = f.define(f"icmp ugt i64 {start}, {room}")
    f.trap_if(f.define(f"or i1 {too_long}, {past}"), kind)


def helper_function(module: "ModuleTranslator") -> Function:
    """An empty body for a helper; its parameters are the named %a, %b, %c."""
    return Function(module)


def helper_text(name: str, result: str, params: str, f: Function) -> str:
    """The helper's definition; `f` holds its body up to the return."""
    return f'define internal {result} @"{name}"({params}) #1 {{\n{f.finish()}\n}}'


def memory_base(f: Function, memory: int) -> str:
    """The base without the promise that it never changes: see `instance.py`."""
    entry = f.module.memories[memory]
    return entry.base or f.define(f"load ptr, ptr {f.module.use(entry)}")


def memory_bytes(f: Function, memory: int) -> str:
    """Size of a memory in bytes as a bare i64."""
    pages = f.define(f"load i64, ptr {f.module.use(f.module.memories[memory], 8)}")
    return f.define(f"shl i64 {pages}, {PAGE_BITS}")


def _pointer(f: Function, base: str, index: str) -> str:
    return f.define(f"getelementptr i8, ptr {base}, i64 {index}")


def memory_fill(module: "ModuleTranslator", name: str, memory: int) -> str:
    """Helper (address, byte value, count)."""
    index = module.memories[memory].index_type
    f = helper_function(module)
    start = widen(f, index, "%a")
    count = widen(f, index, "%c")
    check_range(f, start, count, memory_bytes(f, memory), traps.MEMORY_OUT_OF_BOUNDS)
    value = f.define("trunc i32 %b to i8")
    pointer = _pointer(f, memory_base(f, memory), start)
    f.lines.append(f"call void @llvm.memset.p0.i64(ptr {pointer}, i8 {value}, i64 {count}, i1 0)")
    f.lines.append("ret void")
    return helper_text(name, "void", f"{index} %a, i32 %b, {index} %c", f)


def memory_copy(module: "ModuleTranslator", name: str, target: int, source: int) -> str:
    """Helper (target address, source address, count)."""
    to_type = module.memories[target].index_type
    from_type = module.memories[source].index_type
    count_type = min(to_type, from_type)
    f = helper_function(module)
    to_index = widen(f, to_type, "%a")
    from_index = widen(f, from_type, "%b")
    count = widen(f, count_type, "%c")
    check_range(f, to_index, count, memory_bytes(f, target), traps.MEMORY_OUT_OF_BOUNDS)
    check_range(f, from_index, count, memory_bytes(f, source), traps.MEMORY_OUT_OF_BOUNDS)
    to_pointer = _pointer(f, memory_base(f, target), to_index)
    from_pointer = _pointer(f, memory_base(f, source), from_index)
    move = f"ptr {to_pointer}, ptr {from_pointer}, i64 {count}, i1 0"
    f.lines.append(f"call void @llvm.memmove.p0.p0.i64({move})")
    f.lines.append("ret void")
    return helper_text(name, "void", f"{to_type} %a, {from_type} %b, {count_type} %c", f)


def memory_init(module: "ModuleTranslator", name: str, segment: int, memory: int) -> str:
    """Helper (target address, offset in segment, count)."""
    index = module.memories[memory].index_type
    f = helper_function(module)
    to_index = widen(f, index, "%a")
    from_index = widen(f, "i32", "%b")
    count = widen(f, "i32", "%c")
    check_range(f, to_index, count, memory_bytes(f, memory), traps.MEMORY_OUT_OF_BOUNDS)
    size = f.define(f"load i64, ptr {module.segment_size('data', segment)}")
    check_range(f, from_index, count, size, traps.MEMORY_OUT_OF_BOUNDS)
    to_pointer = _pointer(f, memory_base(f, memory), to_index)
    from_pointer = _pointer(f, module.segment("data", segment), from_index)
    move = f"ptr {to_pointer}, ptr {from_pointer}, i64 {count}, i1 0"
    f.lines.append(f"call void @llvm.memcpy.p0.p0.i64({move})")
    f.lines.append("ret void")
    return helper_text(name, "void", f"{index} %a, i32 %b, i32 %c", f)


HELPERS = {
    "memory.fill": memory_fill,
    "memory.copy": memory_copy,
    "memory.init": memory_init,
}
