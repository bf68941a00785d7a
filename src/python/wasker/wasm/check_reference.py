# SPDX-License-Identifier: Apache-2.0
"""Validation of reference instructions, structs, arrays and casts (section 3.4)."""
from __future__ import annotations

from typing import Callable
from typing import Union

from wasker.wasm.check_storage import check_data_segment
from wasker.wasm.checker import Checker
from wasker.wasm.checker import at_index
from wasker.wasm.checker import mismatch
from wasker.wasm.checker import type_text
from wasker.wasm.faults import fault
from wasker.wasm.features import FUNCTION_REFERENCES
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import ArrayType
from wasker.wasm.module import FieldType
from wasker.wasm.module import RefType
from wasker.wasm.module import StructType
from wasker.wasm.module import ValueType
from wasker.wasm.subtyping import is_defaultable
from wasker.wasm.subtyping import matches
from wasker.wasm.subtyping import top_heap
from wasker.wasm.valuetypes import reference

_PACKED = ("i8", "i16")
# Operands of one array.new_fixed: the limit that the engines share.
FIXED_ARRAY_LENGTH_MAX = 10_000


def _ref_null(checker: Checker, heap: Union[str, int]) -> None:
    checker.push(reference(True, heap))


def _ref_is_null(checker: Checker, _: None) -> None:
    checker.pop_reference()
    checker.push("i32")


def _ref_func(checker: Checker, function: int) -> None:
    at_index("function", checker.module.functions, function)
    if function not in checker.environment.declared_functions:
        raise fault("E038", f"undeclared function reference {function}")
    if FUNCTION_REFERENCES in checker.environment.features:
        checker.push(_defined(checker, checker.module.functions[function], nullable=False))
    else:
        checker.push(FUNCREF)


def _ref_eq(checker: Checker, _: None) -> None:
    equatable = reference(True, "eq")
    checker.apply((equatable, equatable), ("i32",))


def _non_null(found: RefType) -> RefType:
    return reference(False, found.heap)


def _ref_as_non_null(checker: Checker, _: None) -> None:
    checker.push(_non_null(checker.pop_reference()))


def _br_on_null(checker: Checker, depth: int) -> None:
    found = checker.pop_reference()
    types = checker.label(depth).label_types()
    checker.apply(types, types)
    checker.push(_non_null(found))


def _label_with_reference(checker: Checker, depth: int) -> tuple[tuple[ValueType, ...], RefType]:
    """What a label takes below its last type, which must be a reference, and that one."""
    types = checker.label(depth).label_types()
    if not types or not isinstance(types[-1], RefType):
        raise mismatch(f"label {depth} must take a reference last")
    return types[:-1], types[-1]


def _br_on_non_null(checker: Checker, depth: int) -> None:
    below, last = _label_with_reference(checker, depth)
    checker.pop(reference(True, last.heap))
    checker.apply(below, below)


def _top(checker: Checker, target: RefType) -> RefType:
    return reference(True, top_heap(checker.module, target.heap))


def _ref_test(nullable: bool) -> Callable[[Checker, Union[str, int]], None]:
    def check(checker: Checker, heap: Union[str, int]) -> None:
        checker.apply((_top(checker, reference(nullable, heap)),), ("i32",))

    return check


def _ref_cast(nullable: bool) -> Callable[[Checker, Union[str, int]], None]:
    def check(checker: Checker, heap: Union[str, int]) -> None:
        target = reference(nullable, heap)
        checker.apply((_top(checker, target),), (target,))

    return check


def _br_on_cast(branch_on_success: bool) -> Callable[[Checker, tuple], None]:
    def check(checker: Checker, immediate: tuple) -> None:
        depth, source, target = immediate
        if not matches(checker.module, target, source):
            raise mismatch(f"cast from {type_text(source)} to {type_text(target)}")
        # What is left of the source type when the cast fails: null only if the cast refuses it.
        rest = reference(False, source.heap) if target.nullable else source
        taken, kept = (target, rest) if branch_on_success else (rest, target)
        below, last = _label_with_reference(checker, depth)
        if not matches(checker.module, taken, last):
            raise mismatch(f"label takes {type_text(last)}, the branch has {type_text(taken)}")
        checker.pop(source)
        checker.apply(below, below)
        checker.push(kept)

    return check


def _convert(source: str, target: str) -> Callable[[Checker, None], None]:
    def check(checker: Checker, _: None) -> None:
        found = checker.pop(reference(True, source))
        nullable = found.nullable if isinstance(found, RefType) else False
        checker.push(reference(nullable, target))

    return check


def _defined(checker: Checker, type_index: int, nullable: bool) -> RefType:
    return RefType(nullable, checker.module.canonical_types[type_index])


def _struct(checker: Checker, type_index: int) -> StructType:
    found = at_index("type", checker.module.types, type_index)
    if not isinstance(found, StructType):
        raise fault("E031", f"type {type_index} is not a struct type")
    return found


def _array(checker: Checker, type_index: int, writes: bool = False) -> FieldType:
    """The element of an array type."""
    found = at_index("type", checker.module.types, type_index)
    if not isinstance(found, ArrayType):
        raise fault("E031", f"type {type_index} is not an array type")
    if writes and not found.element.mutable:
        raise fault("E033", f"array type {type_index} is immutable")
    return found.element


def _unpacked(field: FieldType) -> ValueType:
    return "i32" if field.storage in _PACKED else field.storage


def _check_extension(field: FieldType, suffix: str) -> None:
    """Packed fields are read with a sign extension, others without; raises E030."""
    if (field.storage in _PACKED) != bool(suffix):
        raise mismatch(f"field is {type_text(field.storage)}: get{suffix or ' without _s or _u'}")


def _check_defaultable(field: FieldType) -> None:
    if not is_defaultable(field.storage):
        raise mismatch(f"field type {type_text(field.storage)} is not defaultable")


def _check_numeric(field: FieldType) -> None:
    if isinstance(field.storage, RefType):
        raise mismatch(f"array type is not numeric or vector: {type_text(field.storage)}")


def _struct_new(checker: Checker, index: int) -> None:
    fields = _struct(checker, index).fields
    checker.apply(tuple(map(_unpacked, fields)), (_defined(checker, index, False),))


def _struct_new_default(checker: Checker, index: int) -> None:
    for field in _struct(checker, index).fields:
        _check_defaultable(field)
    checker.push(_defined(checker, index, False))


def _struct_get(suffix: str) -> Callable[[Checker, tuple], None]:
    def check(checker: Checker, immediate: tuple) -> None:
        index, number = immediate
        field = at_index("field", _struct(checker, index).fields, number)
        _check_extension(field, suffix)
        checker.apply((_defined(checker, index, True),), (_unpacked(field),))

    return check


def _struct_set(checker: Checker, immediate: tuple) -> None:
    index, number = immediate
    field = at_index("field", _struct(checker, index).fields, number)
    if not field.mutable:
        raise fault("E033", f"field {number} of type {index} is immutable")
    checker.apply((_defined(checker, index, True), _unpacked(field)), ())


def _array_new(checker: Checker, index: int) -> None:
    element = _unpacked(_array(checker, index))
    checker.apply((element, "i32"), (_defined(checker, index, False),))


def _array_new_default(checker: Checker, index: int) -> None:
    _check_defaultable(_array(checker, index))
    checker.apply(("i32",), (_defined(checker, index, False),))


def _array_new_fixed(checker: Checker, immediate: tuple) -> None:
    index, count = immediate
    element = _unpacked(_array(checker, index))
    if count > FIXED_ARRAY_LENGTH_MAX:
        raise fault("E018", f"array.new_fixed of {count}; the limit is {FIXED_ARRAY_LENGTH_MAX}")
    checker.apply((element,) * count, (_defined(checker, index, False),))


def _array_new_data(checker: Checker, immediate: tuple) -> None:
    index, segment = immediate
    _check_numeric(_array(checker, index))
    check_data_segment(checker, segment)
    checker.apply(("i32", "i32"), (_defined(checker, index, False),))


def _check_elements(checker: Checker, field: FieldType, segment_index: int) -> None:
    """The element segment's type fits the array's; raises E030, E031."""
    segment = at_index("elem segment", checker.module.elements, segment_index)
    if not matches(checker.module, segment.element, field.storage):
        shown = type_text(field.storage)
        raise mismatch(f"elements are {type_text(segment.element)}, the array takes {shown}")


def _array_new_elem(checker: Checker, immediate: tuple) -> None:
    index, segment = immediate
    _check_elements(checker, _array(checker, index), segment)
    checker.apply(("i32", "i32"), (_defined(checker, index, False),))


def _array_get(suffix: str) -> Callable[[Checker, int], None]:
    def check(checker: Checker, index: int) -> None:
        element = _array(checker, index)
        _check_extension(element, suffix)
        checker.apply((_defined(checker, index, True), "i32"), (_unpacked(element),))

    return check


def _array_set(checker: Checker, index: int) -> None:
    element = _unpacked(_array(checker, index, writes=True))
    checker.apply((_defined(checker, index, True), "i32", element), ())


def _array_len(checker: Checker, _: None) -> None:
    checker.apply((reference(True, "array"),), ("i32",))


def _array_fill(checker: Checker, index: int) -> None:
    element = _unpacked(_array(checker, index, writes=True))
    checker.apply((_defined(checker, index, True), "i32", element, "i32"), ())


def _array_copy(checker: Checker, immediate: tuple) -> None:
    target, source = immediate
    to, of = _array(checker, target, writes=True), _array(checker, source)
    if not matches(checker.module, of.storage, to.storage):
        raise mismatch(f"copy of {type_text(of.storage)} into {type_text(to.storage)}")
    target_type, source_type = (_defined(checker, index, True) for index in immediate)
    checker.apply((target_type, "i32", source_type, "i32", "i32"), ())


def _array_init_data(checker: Checker, immediate: tuple) -> None:
    index, segment = immediate
    _check_numeric(_array(checker, index, writes=True))
    check_data_segment(checker, segment)
    checker.apply((_defined(checker, index, True), "i32", "i32", "i32"), ())


def _array_init_elem(checker: Checker, immediate: tuple) -> None:
    index, segment = immediate
    _check_elements(checker, _array(checker, index, writes=True), segment)
    checker.apply((_defined(checker, index, True), "i32", "i32", "i32"), ())


def _ref_i31(checker: Checker, _: None) -> None:
    checker.apply(("i32",), (reference(False, "i31"),))


def _i31_get(checker: Checker, _: None) -> None:
    checker.apply((reference(True, "i31"),), ("i32",))


HANDLERS: dict[str, Callable] = {
    "ref.null": _ref_null,
    "ref.is_null": _ref_is_null,
    "ref.func": _ref_func,
    "ref.eq": _ref_eq,
    "ref.as_non_null": _ref_as_non_null,
    "br_on_null": _br_on_null,
    "br_on_non_null": _br_on_non_null,
    "ref.test": _ref_test(False),
    "ref.test_null": _ref_test(True),
    "ref.cast": _ref_cast(False),
    "ref.cast_null": _ref_cast(True),
    "br_on_cast": _br_on_cast(True),
    "br_on_cast_fail": _br_on_cast(False),
    "any.convert_extern": _convert("extern", "any"),
    "extern.convert_any": _convert("any", "extern"),
    "ref.i31": _ref_i31,
    "i31.get_s": _i31_get,
    "i31.get_u": _i31_get,
    "struct.new": _struct_new,
    "struct.new_default": _struct_new_default,
    "struct.get": _struct_get(""),
    "struct.get_s": _struct_get("_s"),
    "struct.get_u": _struct_get("_u"),
    "struct.set": _struct_set,
    "array.new": _array_new,
    "array.new_default": _array_new_default,
    "array.new_fixed": _array_new_fixed,
    "array.new_data": _array_new_data,
    "array.new_elem": _array_new_elem,
    "array.get": _array_get(""),
    "array.get_s": _array_get("_s"),
    "array.get_u": _array_get("_u"),
    "array.set": _array_set,
    "array.len": _array_len,
    "array.fill": _array_fill,
    "array.copy": _array_copy,
    "array.init_data": _array_init_data,
    "array.init_elem": _array_init_elem,
}
