# SPDX-License-Identifier: Apache-2.0
"""Tables (specification 4.4.6) and the table side of indirect calls.

A table that nobody can grow or share is an array in the object, a constant one if nothing writes
to it; others have a descriptor whose elements the system allocates. Which of the two is known
only when the whole module has been translated, so instructions call helpers (always inlined) that
are written at the end.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

from mew_abi import traps

from wasker.translate.bulk import check_range
from wasker.translate.bulk import helper_function
from wasker.translate.bulk import helper_text
from wasker.translate.bulk import widen
from wasker.translate.function import Emitter
from wasker.translate.function import Function

if TYPE_CHECKING:
    from wasker.translate.context import ModuleTranslator

_SLOT_BITS = 3


def _get(f: Function, table: int) -> None:
    f.push("ptr", f"call ptr {f.module.helper('table.get', table)}({f.stack.pop()})")


def _set(f: Function, table: int) -> None:
    value = f.stack.pop()
    index = f.stack.pop()
    f.lines.append(f"call void {f.module.helper('table.set', table)}({index}, {value})")


def _size(f: Function, table: int) -> None:
    index = f.module.tables[table].index_type
    f.push(index, f"call {index} {f.module.helper('table.size', table)}()")


def _grow(f: Function, table: int) -> None:
    index = f.module.tables[table].index_type
    delta = f.stack.pop()
    value = f.stack.pop()
    f.push(index, f"call {index} {f.module.helper('table.grow', table)}({value}, {delta})")


EMITTERS: dict[str, Emitter] = {
    "table.get": _get,
    "table.set": _set,
    "table.size": _size,
    "table.grow": _grow,
}


def table_size(f: Function, table: int) -> str:
    """Number of elements as a bare i64; a constant for an array."""
    entry = f.module.tables[table]
    if entry.is_array:
        return f.module.array_length(table)
    return f.define(f"load i64, ptr {f.module.use(entry, 8)}")


def slot(f: Function, table: int, index: str) -> str:
    """Address of the element at a bare i64 index."""
    entry = f.module.tables[table]
    elements = f.module.use(entry)
    if not entry.is_array:
        elements = f.define(f"load ptr, ptr {elements}")
    return f.define(f"getelementptr ptr, ptr {elements}, i64 {index}")


def _checked_slot(f: Function, table: int, kind: int) -> str:
    index = widen(f, f.module.tables[table].index_type, "%a")
    f.trap_if(f.define(f"icmp uge i64 {index}, {table_size(f, table)}"), kind)
    return slot(f, table, index)


def _element_helper(kind: int):
    def helper(module: "ModuleTranslator", name: str, table: int) -> str:
        """Helper (index) -> element."""
        f = helper_function(module)
        value = f.define(f"load ptr, ptr {_checked_slot(f, table, kind)}")
        f.lines.append(f"ret ptr {value}")
        return helper_text(name, "ptr", f"{module.tables[table].index_type} %a", f)

    return helper


def _set_helper(module: "ModuleTranslator", name: str, table: int) -> str:
    """Helper (index, element)."""
    f = helper_function(module)
    f.lines.append(f"store ptr %b, ptr {_checked_slot(f, table, traps.TABLE_OUT_OF_BOUNDS)}")
    f.lines.append("ret void")
    return helper_text(name, "void", f"{module.tables[table].index_type} %a, ptr %b", f)


def _narrow(f: Function, index_type: str, value: str) -> str:
    return value if index_type == "i64" else f.define(f"trunc i64 {value} to i32")


def _size_helper(module: "ModuleTranslator", name: str, table: int) -> str:
    """Helper () -> number of elements."""
    index_type = module.tables[table].index_type
    f = helper_function(module)
    f.lines.append(f"ret {index_type} {_narrow(f, index_type, table_size(f, table))}")
    return helper_text(name, index_type, "", f)


def _grow_helper(module: "ModuleTranslator", name: str, table: int) -> str:
    """Helper (element, delta) -> old size or all ones."""
    entry = module.tables[table]
    f = helper_function(module)
    delta = widen(f, entry.index_type, "%b")
    call = f"call i64 {module.runtime('table_grow')}(ptr {module.use(entry)}, i64 {delta}, ptr %a)"
    f.lines.append(f"ret {entry.index_type} {_narrow(f, entry.index_type, f.define(call))}")
    return helper_text(name, entry.index_type, f"ptr %a, {entry.index_type} %b", f)


def _fill_helper(module: "ModuleTranslator", name: str, table: int) -> str:
    """Helper (index, element, count)."""
    index_type = module.tables[table].index_type
    f = helper_function(module)
    start = widen(f, index_type, "%a")
    count = widen(f, index_type, "%c")
    check_range(f, start, count, table_size(f, table), traps.TABLE_OUT_OF_BOUNDS)
    first = slot(f, table, start)
    f.lines += [
        f"%end = getelementptr ptr, ptr {first}, i64 {count}",
        "br label %next",
        "next:",
        f"%at = phi ptr [ {first}, %{f.block} ], [ %after, %fill ]",
        "%done = icmp eq ptr %at, %end",
        "br i1 %done, label %filled, label %fill",
        "fill:",
        "store ptr %b, ptr %at",
        "%after = getelementptr ptr, ptr %at, i64 1",
        "br label %next",
        "filled:",
        "ret void",
    ]
    return helper_text(name, "void", f"{index_type} %a, ptr %b, {index_type} %c", f)


def _move(f: Function, intrinsic: str, to_slot: str, from_slot: str, count: str) -> None:
    size = f.define(f"shl i64 {count}, {_SLOT_BITS}")
    move = f"ptr {to_slot}, ptr {from_slot}, i64 {size}, i1 0"
    f.lines.append(f"call void @llvm.{intrinsic}.p0.p0.i64({move})")
    f.lines.append("ret void")


def _copy_helper(module: "ModuleTranslator", name: str, target: int, source: int) -> str:
    """Helper (target index, source index, count)."""
    to_type = module.tables[target].index_type
    from_type = module.tables[source].index_type
    count_type = min(to_type, from_type)
    f = helper_function(module)
    to_index = widen(f, to_type, "%a")
    from_index = widen(f, from_type, "%b")
    count = widen(f, count_type, "%c")
    check_range(f, to_index, count, table_size(f, target), traps.TABLE_OUT_OF_BOUNDS)
    check_range(f, from_index, count, table_size(f, source), traps.TABLE_OUT_OF_BOUNDS)
    _move(f, "memmove", slot(f, target, to_index), slot(f, source, from_index), count)
    return helper_text(name, "void", f"{to_type} %a, {from_type} %b, {count_type} %c", f)


def _init_helper(module: "ModuleTranslator", name: str, segment: int, table: int) -> str:
    """Helper (target index, offset in segment, count)."""
    index_type = module.tables[table].index_type
    f = helper_function(module)
    to_index = widen(f, index_type, "%a")
    from_index = widen(f, "i32", "%b")
    count = widen(f, "i32", "%c")
    check_range(f, to_index, count, table_size(f, table), traps.TABLE_OUT_OF_BOUNDS)
    size = f.define(f"load i64, ptr {module.segment_size('elem', segment)}")
    check_range(f, from_index, count, size, traps.TABLE_OUT_OF_BOUNDS)
    source = f.define(
        f"getelementptr ptr, ptr {module.segment('elem', segment)}, i64 {from_index}"
    )
    _move(f, "memcpy", slot(f, table, to_index), source, count)
    return helper_text(name, "void", f"{index_type} %a, i32 %b, i32 %c", f)


HELPERS = {
    "table.entry": _element_helper(traps.UNDEFINED_ELEMENT),
    "table.get": _element_helper(traps.TABLE_OUT_OF_BOUNDS),
    "table.set": _set_helper,
    "table.size": _size_helper,
    "table.grow": _grow_helper,
    "table.fill": _fill_helper,
    "table.copy": _copy_helper,
    "table.init": _init_helper,
}
# Helpers that write to the table that is their last index (for table.copy the first).
WRITERS = ("table.set", "table.fill", "table.init", "table.copy", "table.grow")
