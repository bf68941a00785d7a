# SPDX-License-Identifier: Apache-2.0
"""Structs and arrays (specification 4.4.4): layout, creation, fields, elements, bulk copies.

A struct is its type's description (8 bytes, see `heap.py`) and its fields at their natural
alignment. An array is the description, an i32 length at byte 8, and elements from byte 16 on.
"""
from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Sequence

from mew_abi import traps

from wasker.translate.bulk import check_range
from wasker.translate.bulk import helper_function
from wasker.translate.bulk import helper_text
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.heap import type_symbol
from wasker.translate.types import llvm_type
from wasker.wasm.module import FieldType

if TYPE_CHECKING:
    from wasker.translate.context import ModuleTranslator

_HEADER_BYTES = 8
_LENGTH_OFFSET = 8
_ELEMENTS_OFFSET = 16
_BYTES = {"i8": 1, "i16": 2, "i32": 4, "float": 4, "i64": 8, "double": 8, "ptr": 8}
_VECTOR_BYTES = 16


def _storage(field: FieldType) -> str:
    """LLVM type of a field in memory."""
    return field.storage if field.storage in ("i8", "i16") else llvm_type(field.storage)


def _bytes(field: FieldType) -> int:
    return _BYTES.get(_storage(field), _VECTOR_BYTES)


def _offsets(fields: Sequence[FieldType]) -> tuple[list[int], int]:
    """Byte offset of each field, and the struct's size."""
    offsets = []
    end = _HEADER_BYTES
    for field in fields:
        end = -(-end // _bytes(field)) * _bytes(field)
        offsets.append(end)
        end += _bytes(field)
    return offsets, end


def _store(f: Function, field: FieldType, operand: str, place: str) -> None:
    if _storage(field) in ("i8", "i16"):
        operand = f"{_storage(field)} {f.define(f'trunc {operand} to {_storage(field)}')}"
    f.lines.append(f"store {operand}, ptr {place}")


def _push_loaded(f: Function, field: FieldType, place: str, widening: str) -> None:
    storage = _storage(field)
    value = f.define(f"load {storage}, ptr {place}")
    if widening:
        f.push("i32", f"{widening} {storage} {value} to i32")
    else:
        f.stack.append(f"{storage} {value}")


def _at(f: Function, base: str, offset: object) -> str:
    return f.define(f"getelementptr i8, ptr {base}, i64 {offset}")


def _not_null(f: Function, operand: str, kind: int) -> str:
    f.trap_if(f.define(f"icmp eq {operand}, null"), kind)
    return operand[4:]


def _allocate(f: Function, type_index: int, size: str) -> str:
    created = f.define(f"call ptr {f.module.helper('heap.new')}(i64 {size})")
    f.lines.append(f"store ptr {type_symbol(f.module, type_index)}, ptr {created}")
    return created


# Structs.


def _struct_new(f: Function, type_index: int) -> None:
    fields = f.module.source.types[type_index].fields
    offsets, size = _offsets(fields)
    created = _allocate(f, type_index, str(size))
    first = len(f.stack) - len(fields)
    for field, offset, operand in zip(fields, offsets, f.stack[first:]):
        _store(f, field, operand, _at(f, created, offset))
    del f.stack[first:]
    f.stack.append(f"ptr {created}")


def _struct_new_default(f: Function, type_index: int) -> None:
    # Fresh space is zero, and zero is every type's default.
    _, size = _offsets(f.module.source.types[type_index].fields)
    f.stack.append(f"ptr {_allocate(f, type_index, str(size))}")


def _field(f: Function, immediate: tuple) -> tuple[FieldType, str]:
    """Pop a struct; its field and the field's address."""
    type_index, number = immediate
    fields = f.module.source.types[type_index].fields
    struct = _not_null(f, f.stack.pop(), traps.NULL_STRUCTURE_REFERENCE)
    return fields[number], _at(f, struct, _offsets(fields)[0][number])


def _struct_get(widening: str) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        field, place = _field(f, immediate)
        _push_loaded(f, field, place, widening)

    return emit


def _struct_set(f: Function, immediate: tuple) -> None:
    operand = f.stack.pop()
    field, place = _field(f, immediate)
    _store(f, field, operand, place)


# Arrays.


def _element(f: Function, type_index: int) -> FieldType:
    return f.module.source.types[type_index].element


def _wide(f: Function, operand: str) -> str:
    """An i32 operand as a bare i64."""
    return f.define(f"zext {operand} to i64")


def _new_array(f: Function, type_index: int, length: str) -> str:
    """An array of zeros; `length` is a typed i32."""
    wide = _wide(f, length)
    elements = f.define(f"mul i64 {wide}, {_bytes(_element(f, type_index))}")
    created = _allocate(f, type_index, f.define(f"add i64 {elements}, {_ELEMENTS_OFFSET}"))
    f.lines.append(f"store {length}, ptr {_at(f, created, _LENGTH_OFFSET)}")
    return created


def _place(f: Function, array: str, element: FieldType, index: str) -> str:
    """Address of the element at a bare i64 index."""
    scaled = f.define(f"mul i64 {index}, {_bytes(element)}")
    return _at(f, _at(f, array, _ELEMENTS_OFFSET), scaled)


def _length(f: Function, array: str) -> str:
    return f.define(f"load i32, ptr {_at(f, array, _LENGTH_OFFSET)}")


def _fill(f: Function, type_index: int, arguments: str) -> None:
    f.lines.append(f"call void {f.module.helper('array.fill', type_index)}({arguments})")


def _array_new(f: Function, type_index: int) -> None:
    length = f.stack.pop()
    value = f.stack.pop()
    created = _new_array(f, type_index, length)
    _fill(f, type_index, f"ptr {created}, i32 0, {value}, {length}")
    f.stack.append(f"ptr {created}")


def _array_new_default(f: Function, type_index: int) -> None:
    f.stack.append(f"ptr {_new_array(f, type_index, f.stack.pop())}")


def _array_new_fixed(f: Function, immediate: tuple) -> None:
    type_index, count = immediate
    element = _element(f, type_index)
    created = _new_array(f, type_index, f"i32 {count}")
    first = len(f.stack) - count
    for position, operand in enumerate(f.stack[first:]):
        offset = _ELEMENTS_OFFSET + position * _bytes(element)
        _store(f, element, operand, _at(f, created, offset))
    del f.stack[first:]
    f.stack.append(f"ptr {created}")


def _array_new_segment(kind: str, trap: int) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        type_index, segment = immediate
        count = f.stack.pop()
        start = f.stack.pop()
        source = _segment_range(f, kind, trap, (type_index, segment), start, count)
        created = _new_array(f, type_index, count)
        _copy(f, "memcpy", _at(f, created, _ELEMENTS_OFFSET), source, type_index, count)
        f.stack.append(f"ptr {created}")

    return emit


def _segment_range(
    f: Function, kind: str, trap: int, immediate: tuple, start: str, count: str
) -> str:
    """Check a part of a segment and return its first byte; `start` counts items of the segment."""
    type_index, segment = immediate
    element_bytes = _bytes(_element(f, type_index))
    scale = 1 if kind == "elem" else element_bytes
    items = f.define(f"mul i64 {_wide(f, count)}, {scale}")
    first = _wide(f, start)
    size = f.define(f"load i64, ptr {f.module.segment_size(kind, segment)}")
    check_range(f, first, items, size, trap)
    offset = first if kind == "data" else f.define(f"mul i64 {first}, {element_bytes}")
    return _at(f, f.module.segment(kind, segment), offset)


def _copy(
    f: Function, intrinsic: str, target: str, source: str, type_index: int, count: str
) -> None:
    size = f.define(f"mul i64 {_wide(f, count)}, {_bytes(_element(f, type_index))}")
    arguments = f"ptr {target}, ptr {source}, i64 {size}, i1 0"
    f.lines.append(f"call void @llvm.{intrinsic}.p0.p0.i64({arguments})")


def _checked_element(f: Function, type_index: int) -> str:
    """Pop an index and an array; the element's address."""
    index = f.stack.pop()
    array = _not_null(f, f.stack.pop(), traps.NULL_ARRAY_REFERENCE)
    past = f.define(f"icmp uge {index}, {_length(f, array)}")
    f.trap_if(past, traps.ARRAY_OUT_OF_BOUNDS)
    return _place(f, array, _element(f, type_index), _wide(f, index))


def _array_get(widening: str) -> Emitter:
    def emit(f: Function, type_index: int) -> None:
        place = _checked_element(f, type_index)
        _push_loaded(f, _element(f, type_index), place, widening)

    return emit


def _array_set(f: Function, type_index: int) -> None:
    operand = f.stack.pop()
    place = _checked_element(f, type_index)
    _store(f, _element(f, type_index), operand, place)


def _array_len(f: Function, _: None) -> None:
    array = _not_null(f, f.stack.pop(), traps.NULL_ARRAY_REFERENCE)
    f.push("i32", f"load i32, ptr {_at(f, array, _LENGTH_OFFSET)}")


def _checked_range(f: Function, array: str, type_index: int, start: str, count: str) -> str:
    """Trap unless the range is within the array (bare, not null); its first element's address."""
    first = _wide(f, start)
    length = f.define(f"zext i32 {_length(f, array)} to i64")
    check_range(f, first, _wide(f, count), length, traps.ARRAY_OUT_OF_BOUNDS)
    return _place(f, array, _element(f, type_index), first)


def _array_fill(f: Function, type_index: int) -> None:
    count = f.stack.pop()
    value = f.stack.pop()
    start = f.stack.pop()
    array = _not_null(f, f.stack.pop(), traps.NULL_ARRAY_REFERENCE)
    _checked_range(f, array, type_index, start, count)
    _fill(f, type_index, f"ptr {array}, {start}, {value}, {count}")


def _array_copy(f: Function, immediate: tuple) -> None:
    to_type, from_type = immediate
    count = f.stack.pop()
    from_start = f.stack.pop()
    from_operand = f.stack.pop()
    to_start = f.stack.pop()
    target = _not_null(f, f.stack.pop(), traps.NULL_ARRAY_REFERENCE)
    source = _not_null(f, from_operand, traps.NULL_ARRAY_REFERENCE)
    to_place = _checked_range(f, target, to_type, to_start, count)
    from_place = _checked_range(f, source, from_type, from_start, count)
    _copy(f, "memmove", to_place, from_place, to_type, count)


def _array_init(kind: str, trap: int) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        count = f.stack.pop()
        from_start = f.stack.pop()
        to_start = f.stack.pop()
        array = _not_null(f, f.stack.pop(), traps.NULL_ARRAY_REFERENCE)
        target = _checked_range(f, array, immediate[0], to_start, count)
        source = _segment_range(f, kind, trap, immediate, from_start, count)
        _copy(f, "memcpy", target, source, immediate[0], count)

    return emit


def _fill_helper(module: "ModuleTranslator", name: str, type_index: int) -> str:
    """Helper (array, start, value, count); the range has been checked."""
    element = module.source.types[type_index].element
    f = helper_function(module)
    value_type = "i32" if _storage(element) in ("i8", "i16") else _storage(element)
    first = _place(f, "%a", element, _wide(f, "i32 %b"))
    size = f.define(f"mul i64 {_wide(f, 'i32 %d')}, {_bytes(element)}")
    f.lines += [f"%end = getelementptr i8, ptr {first}, i64 {size}", "br label %next", "next:",
                f"%at = phi ptr [ {first}, %entry ], [ %after, %fill ]",
                "%done = icmp eq ptr %at, %end",
                "br i1 %done, label %filled, label %fill", "fill:"]  # fmt: skip
    _store(f, element, f"{value_type} %c", "%at")
    f.lines += [f"%after = getelementptr i8, ptr %at, i64 {_bytes(element)}", "br label %next",
                "filled:", "ret void"]  # fmt: skip
    return helper_text(name, "void", f"ptr %a, i32 %b, {value_type} %c, i32 %d", f)


HELPERS = {"array.fill": _fill_helper}
EMITTERS: dict[str, Emitter] = {
    "struct.new": _struct_new,
    "struct.new_default": _struct_new_default,
    "struct.get": _struct_get(""),
    "struct.get_s": _struct_get("sext"),
    "struct.get_u": _struct_get("zext"),
    "struct.set": _struct_set,
    "array.new": _array_new,
    "array.new_default": _array_new_default,
    "array.new_fixed": _array_new_fixed,
    "array.new_data": _array_new_segment("data", traps.MEMORY_OUT_OF_BOUNDS),
    "array.new_elem": _array_new_segment("elem", traps.TABLE_OUT_OF_BOUNDS),
    "array.get": _array_get(""),
    "array.get_s": _array_get("sext"),
    "array.get_u": _array_get("zext"),
    "array.set": _array_set,
    "array.len": _array_len,
    "array.fill": _array_fill,
    "array.copy": _array_copy,
    "array.init_data": _array_init("data", traps.MEMORY_OUT_OF_BOUNDS),
    "array.init_elem": _array_init("elem", traps.TABLE_OUT_OF_BOUNDS),
}
