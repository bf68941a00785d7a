# SPDX-License-Identifier: Apache-2.0
"""Loads, stores, memory.size and memory.grow (specification 4.4.7).

An access to a 32-bit memory is base + zext(index) + offset without a check: everything beyond the
memory's pages, up to the 8 GiB that such a sum can reach, faults (docs/reference/abi.md). Memory 0
of a module in direct mode has the absolute symbol `mew.linear_memory` as base; other bases are
read from the memory's descriptor. A 64-bit address can leave any window, so it is checked.
"""
from __future__ import annotations

from functools import lru_cache

from mew_abi import traps

from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.types import type_length

INDEX_MASK = 0xFFFF_FFFF
ADDRESS_MAX = 2**64 - 1
PAGE_BITS = 16
# Static offsets from here on would leave the window when added to an index beyond 4 GiB.
OFFSET_FAR = 1 << 31
# Keeps the search linear in code that goes through a large structure.
NEAR_ACCESSES_MAX = 8

# instruction -> (type in memory, widening or "", type on the stack)
_LOADS = {
    "i32.load": ("i32", "", "i32"),
    "i64.load": ("i64", "", "i64"),
    "f32.load": ("float", "", "float"),
    "f64.load": ("double", "", "double"),
    "i32.load8_s": ("i8", "sext", "i32"),
    "i32.load8_u": ("i8", "zext", "i32"),
    "i32.load16_s": ("i16", "sext", "i32"),
    "i32.load16_u": ("i16", "zext", "i32"),
    "i64.load8_s": ("i8", "sext", "i64"),
    "i64.load8_u": ("i8", "zext", "i64"),
    "i64.load16_s": ("i16", "sext", "i64"),
    "i64.load16_u": ("i16", "zext", "i64"),
    "i64.load32_s": ("i32", "sext", "i64"),
    "i64.load32_u": ("i32", "zext", "i64"),
}
# instruction -> type that the value is cut to, or "" to store all of it
_STORES = {
    "i32.store": "",
    "i64.store": "",
    "f32.store": "",
    "f64.store": "",
    "i32.store8": "i8",
    "i32.store16": "i16",
    "i64.store8": "i8",
    "i64.store16": "i16",
    "i64.store32": "i32",
}


_SCALAR_BYTES = {"i8": 1, "i16": 2, "i32": 4, "float": 4, "i64": 8, "double": 8}


@lru_cache(maxsize=None)
def type_bytes(type_text: str) -> int:
    """Size of a scalar or vector LLVM type in memory."""
    if not type_text.startswith("<"):
        return _SCALAR_BYTES[type_text]
    count, _, lane = type_text[1:-1].partition(" x ")
    return int(count) * _SCALAR_BYTES[lane]


def address(f: Function, operand: str, offset: int, memory: int, size: int) -> str:
    """The native address of an access of `size` bytes as a bare `ptr` value.

    `operand` is the typed index.
    """
    entry = f.module.memories[memory]
    if entry.is_64:
        return _checked_address(f, operand, offset, memory, size)
    if operand[4] != "%":
        place = (int(operand[4:]) & INDEX_MASK) + offset
        if entry.base is not None:
            return f"getelementptr (i8, ptr {entry.base}, i64 {place})"
        return f.define(f"getelementptr i8, ptr {base(f, memory)}, i64 {place}")
    pointer, distance = _near(f, operand, memory, entry.near_bytes if offset < OFFSET_FAR else 0)
    distance += offset
    if not distance:
        return pointer
    return f.define(f"getelementptr nusw nuw i8, ptr {pointer}, i64 {distance}")


def _near(f: Function, operand: str, memory: int, reach: int) -> tuple[str, int]:
    """A pointer made before or now, and the distance from it to an index.

    After an access to x, the index x + c of a later one (0 <= c <= `reach`) has not wrapped: the
    memory ends `reach` bytes below 4 GiB. So its address is that of x plus c, which tells LLVM
    that the two do not overlap and fits into an instruction's displacement. If LLVM drops the
    first access because nobody needs its value, the second still cannot leave the window.
    """
    root, distance = f.sums.get(operand, (operand, 0))
    accesses = f.accesses.setdefault(root if not memory else f"{root} {memory}", [])
    for earlier, pointer in accesses:
        beyond = (distance - earlier) & INDEX_MASK
        if beyond <= reach:
            return pointer, beyond
    start = base(f, memory)
    index = f.define(f"zext {operand} to i64")
    pointer = f.define(f"getelementptr nusw nuw i8, ptr {start}, i64 {index}")
    if len(accesses) == NEAR_ACCESSES_MAX:
        accesses.pop(0)
    accesses.append((distance, pointer))
    return pointer, 0


def _checked_address(f: Function, operand: str, offset: int, memory: int, size: int) -> str:
    """Trap unless index + offset + size is within the memory, without overflow."""
    reach = offset + size
    pages = f.define(f"load i64, ptr {f.module.use(f.module.memories[memory], 8)}")
    end = f.define(f"shl i64 {pages}, {PAGE_BITS}")
    if reach > ADDRESS_MAX:
        f.trap_if("true", traps.MEMORY_OUT_OF_BOUNDS)
        reach = 0
    short = f.define(f"icmp ult i64 {end}, {reach}")
    room = f.define(f"sub i64 {end}, {reach}")
    past = f.define(f"icmp ugt {operand}, {room}")
    f.trap_if(f.define(f"or i1 {short}, {past}"), traps.MEMORY_OUT_OF_BOUNDS)
    first = f.define(f"getelementptr i8, ptr {base(f, memory)}, {operand}")
    return f.define(f"getelementptr i8, ptr {first}, i64 {offset}") if offset else first


def base(f: Function, memory: int) -> str:
    """The memory's first byte as a bare `ptr` value."""
    entry = f.module.memories[memory]
    if entry.base is not None:
        return entry.base
    if memory not in f.bases:
        f.bases[memory] = f.define(f"load ptr, ptr {f.module.use(entry)}, !invariant.load !0")
    return f.bases[memory]


def load(f: Function, type_text: str, immediate: tuple) -> str:
    """Pop an index, load a value of an LLVM type and return it bare."""
    _, offset, memory = immediate
    pointer = address(f, f.stack.pop(), offset, memory, type_bytes(type_text))
    value = f.define(f"load {type_text}, ptr {pointer}, align 1")
    f.loads[value] = len(f.lines) - 1
    return value


def store(f: Function, operand: str, immediate: tuple) -> None:
    """Pop an index and store a typed operand there."""
    _, offset, memory = immediate
    size = type_bytes(operand[: type_length(operand)])
    pointer = address(f, f.stack.pop(), offset, memory, size)
    f.lines.append(f"store {operand}, ptr {pointer}, align 1")


def _load(narrow: str, widening: str, wide: str) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        value = load(f, narrow, immediate)
        if widening:
            f.push(wide, f"{widening} {narrow} {value} to {wide}")
        else:
            f.stack.append(f"{wide} {value}")

    return emit


def _store(narrow: str) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        operand = f.stack.pop()
        if narrow:
            operand = f"{narrow} {f.define(f'trunc {operand} to {narrow}')}"
        store(f, operand, immediate)

    return emit


def _size(f: Function, memory: int) -> None:
    pages = f.define(f"load i64, ptr {f.module.use(f.module.memories[memory], 8)}")
    _push_pages(f, memory, pages)


def _grow(f: Function, memory: int) -> None:
    entry = f.module.memories[memory]
    delta = f.stack.pop()
    if not entry.is_64:
        delta = f"i64 {f.define(f'zext {delta} to i64')}"
    grow = f.module.runtime("memory_grow")
    pages = f.define(f"call i64 {grow}(ptr {f.module.use(entry)}, {delta})")
    _push_pages(f, memory, pages)


def _push_pages(f: Function, memory: int, pages: str) -> None:
    """A page count as an index; all ones stay all ones."""
    if f.module.memories[memory].is_64:
        f.stack.append(f"i64 {pages}")
    else:
        f.push("i32", f"trunc i64 {pages} to i32")


EMITTERS: dict[str, Emitter] = {
    "memory.size": _size,
    "memory.grow": _grow,
    **{name: _load(*row) for name, row in _LOADS.items()},
    **{name: _store(narrow) for name, narrow in _STORES.items()},
}
