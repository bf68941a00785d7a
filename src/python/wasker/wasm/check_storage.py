# SPDX-License-Identifier: Apache-2.0
"""Validation of local, global, table and memory instructions (section 3.4)."""
from __future__ import annotations

from typing import Callable

from wasker.wasm.checker import Checker
from wasker.wasm.checker import at_index
from wasker.wasm.checker import mismatch
from wasker.wasm.checker import type_text
from wasker.wasm.faults import fault
from wasker.wasm.module import ElementSegment
from wasker.wasm.module import RefType
from wasker.wasm.module import TableType
from wasker.wasm.module import ValueType
from wasker.wasm.opcodes import Opcode
from wasker.wasm.subtyping import matches


def _local_get(checker: Checker, index: int) -> None:
    value_type = at_index("local", checker.locals, index)
    if index in checker.unwritten:
        raise fault("E041", f"uninitialized local {index} of type {type_text(value_type)}")
    checker.push(value_type)


def _write_local(checker: Checker, index: int) -> ValueType:
    value_type = at_index("local", checker.locals, index)
    checker.pop(value_type)
    if index in checker.unwritten:
        checker.unwritten.discard(index)
        checker.first_writes.append(index)
    return value_type


def _local_set(checker: Checker, index: int) -> None:
    _write_local(checker, index)


def _local_tee(checker: Checker, index: int) -> None:
    checker.push(_write_local(checker, index))


def _global_get(checker: Checker, index: int) -> None:
    checker.push(at_index("global", checker.module.globals, index).value_type)


def _global_set(checker: Checker, index: int) -> None:
    value_type, mutable = at_index("global", checker.module.globals, index)
    if not mutable:
        raise fault("E033", f"global {index} is immutable")
    checker.pop(value_type)


def _table(checker: Checker, index: int) -> tuple[TableType, str]:
    """The table and its address type."""
    table = at_index("table", checker.module.tables, index)
    return table, "i64" if table.is_64 else "i32"


def _table_get(checker: Checker, index: int) -> None:
    table, address = _table(checker, index)
    checker.apply((address,), (table.element,))


def _table_set(checker: Checker, index: int) -> None:
    table, address = _table(checker, index)
    checker.apply((address, table.element), ())


def _table_size(checker: Checker, index: int) -> None:
    checker.push(_table(checker, index)[1])


def _table_grow(checker: Checker, index: int) -> None:
    table, address = _table(checker, index)
    checker.apply((table.element, address), (address,))


def _table_fill(checker: Checker, index: int) -> None:
    table, address = _table(checker, index)
    checker.apply((address, table.element, address), ())


def _elements_fit(checker: Checker, source: RefType, target: RefType) -> None:
    if not matches(checker.module, source, target):
        raise mismatch(f"elements are {type_text(source)}, the table takes {type_text(target)}")


def _table_copy(checker: Checker, immediate: tuple) -> None:
    (target, target_address), (source, source_address) = (
        _table(checker, index) for index in immediate
    )
    _elements_fit(checker, source.element, target.element)
    size = "i64" if target.is_64 and source.is_64 else "i32"
    checker.apply((target_address, source_address, size), ())


def _segment(checker: Checker, index: int) -> ElementSegment:
    return at_index("elem segment", checker.module.elements, index)


def _table_init(checker: Checker, immediate: tuple) -> None:
    segment_index, table_index = immediate
    table, address = _table(checker, table_index)
    _elements_fit(checker, _segment(checker, segment_index).element, table.element)
    checker.apply((address, "i32", "i32"), ())


def _elem_drop(checker: Checker, index: int) -> None:
    _segment(checker, index)


def _address(checker: Checker, memory: int) -> str:
    return at_index("memory", checker.environment.addresses, memory)


def _memory_size(checker: Checker, memory: int) -> None:
    checker.push(_address(checker, memory))


def _memory_grow(checker: Checker, memory: int) -> None:
    address = _address(checker, memory)
    checker.apply((address,), (address,))


def _memory_fill(checker: Checker, memory: int) -> None:
    address = _address(checker, memory)
    checker.apply((address, "i32", address), ())


def _memory_copy(checker: Checker, immediate: tuple) -> None:
    target, source = (_address(checker, memory) for memory in immediate)
    checker.apply((target, source, "i64" if target == source == "i64" else "i32"), ())


def check_data_segment(checker: Checker, index: int) -> None:
    """The data segment exists, as the data count section says; raises E031, E040."""
    count = checker.module.data_count
    if count is None:
        raise fault("E040", f"data count section required to name data segment {index}")
    at_index("data segment", range(count), index)


def _memory_init(checker: Checker, immediate: tuple) -> None:
    segment, memory = immediate
    address = _address(checker, memory)
    check_data_segment(checker, segment)
    checker.apply((address, "i32", "i32"), ())


def check_access(row: Opcode) -> Callable[[Checker, tuple], None]:
    """The check of a load, store, atomic or lane access: every condition, any memory."""

    def check(checker: Checker, immediate: tuple) -> None:
        alignment, offset, memory = immediate[:3]
        address = _address(checker, memory)
        if alignment > row.bound:
            raise fault("E032", f"alignment 2**{alignment} must not exceed 2**{row.bound}")
        if row.family == "atomic" and alignment != row.bound:
            raise fault("E032", f"atomic alignment 2**{alignment} must be 2**{row.bound}")
        if address == "i32" and offset >> 32:
            raise fault("E039", f"offset out of range: {offset} in a 32-bit memory")
        lanes = 16 >> row.bound
        if row.immediate == "memarg_lane" and immediate[3] >= lanes:
            raise fault("E039", f"invalid lane index {immediate[3]}; there are {lanes}")
        params = tuple(address if each == "addr" else each for each in row.params or ())
        checker.apply(params, row.results or ())

    return check


def check_lane(row: Opcode) -> Callable[[Checker, object], None]:
    """The check of lane numbers, one or the 16 of a shuffle."""

    def check(checker: Checker, immediate: object) -> None:
        lanes = immediate if isinstance(immediate, bytes) else (immediate,)
        for lane in lanes:
            if lane >= row.bound:
                raise fault("E039", f"invalid lane index {lane}; there are {row.bound}")
        checker.apply(row.params or (), row.results or ())

    return check


HANDLERS: dict[str, Callable] = {
    "local.get": _local_get,
    "local.set": _local_set,
    "local.tee": _local_tee,
    "global.get": _global_get,
    "global.set": _global_set,
    "table.get": _table_get,
    "table.set": _table_set,
    "table.size": _table_size,
    "table.grow": _table_grow,
    "table.fill": _table_fill,
    "table.copy": _table_copy,
    "table.init": _table_init,
    "elem.drop": _elem_drop,
    "memory.size": _memory_size,
    "memory.grow": _memory_grow,
    "memory.fill": _memory_fill,
    "memory.copy": _memory_copy,
    "memory.init": _memory_init,
    "data.drop": check_data_segment,
}
