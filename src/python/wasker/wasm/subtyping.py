# SPDX-License-Identifier: Apache-2.0
"""When a value of one type may stand where another is expected (specification, section 3.3)."""
from __future__ import annotations

from typing import Union

from wasker.wasm.module import ArrayType
from wasker.wasm.module import FieldType
from wasker.wasm.module import FuncType
from wasker.wasm.module import Module
from wasker.wasm.module import RefType
from wasker.wasm.module import StructType
from wasker.wasm.module import ValueType

Heap = Union[str, int]

# abstract heap type -> the abstract heap types above it
_ABOVE = {
    "none": ("i31", "struct", "array", "eq", "any"),
    "i31": ("eq", "any"),
    "struct": ("eq", "any"),
    "array": ("eq", "any"),
    "eq": ("any",),
    "nofunc": ("func",),
    "noextern": ("extern",),
    "noexn": ("exn",),
}
_BOTTOM_OF_TOP = {"any": "none", "func": "nofunc", "extern": "noextern", "exn": "noexn"}
# Below every heap type; exists during validation only.
BOTTOM_HEAP = "bottom"


def composite_heap(module: Module, index: int) -> str:
    """The abstract heap type just above a defined type: "func", "struct" or "array"."""
    composite = module.types[index]
    if isinstance(composite, FuncType):
        return "func"
    return "struct" if isinstance(composite, StructType) else "array"


def top_heap(module: Module, heap: Heap) -> str:
    """The root of the hierarchy that a heap type is in: any, func, extern or exn."""
    if isinstance(heap, int):
        heap = composite_heap(module, heap)
    for top, bottom in _BOTTOM_OF_TOP.items():
        if heap in (top, bottom):
            return top
    return "any"


def heap_matches(module: Module, lower: Heap, upper: Heap) -> bool:
    """Whether heap type `lower` is a subtype of `upper`; indices are canonical."""
    if lower in (upper, BOTTOM_HEAP):
        return True
    if isinstance(lower, int):
        if isinstance(upper, int):
            return _inherits(module, lower, upper)
        above = composite_heap(module, lower)
        return upper == above or upper in _ABOVE.get(above, ())
    if isinstance(upper, int):
        return lower == _BOTTOM_OF_TOP[top_heap(module, upper)]
    return upper in _ABOVE.get(lower, ())


def _inherits(module: Module, lower: int, upper: int) -> bool:
    """Whether `upper` is on the chain of declared supertypes; at most one each, all earlier."""
    while lower > upper and module.subtypes[lower].supertypes:
        lower = module.subtypes[lower].supertypes[0]
    return lower == upper


def matches(module: Module, lower: ValueType, upper: ValueType) -> bool:
    """Whether value type `lower` is a subtype of `upper`."""
    if lower == upper:
        return True
    if not isinstance(lower, RefType) or not isinstance(upper, RefType):
        return False
    if lower.nullable and not upper.nullable:
        return False
    return heap_matches(module, lower.heap, upper.heap)


def lists_match(module: Module, lower: tuple, upper: tuple) -> bool:
    """Whether two lists of value types match one by one."""
    return len(lower) == len(upper) and all(
        matches(module, below, above) for below, above in zip(lower, upper)
    )


def composite_matches(module: Module, lower: object, upper: object) -> bool:
    """Whether a type definition may be declared a subtype of another."""
    if isinstance(lower, FuncType) and isinstance(upper, FuncType):
        return lists_match(module, upper.params, lower.params) and lists_match(
            module, lower.results, upper.results
        )
    if isinstance(lower, StructType) and isinstance(upper, StructType):
        return len(lower.fields) >= len(upper.fields) and all(
            _field_matches(module, below, above)
            for below, above in zip(lower.fields, upper.fields)
        )
    if isinstance(lower, ArrayType) and isinstance(upper, ArrayType):
        return _field_matches(module, lower.element, upper.element)
    return False


def _field_matches(module: Module, lower: FieldType, upper: FieldType) -> bool:
    if lower.mutable != upper.mutable:
        return False
    # What can be written must be the same type in both directions.
    if lower.mutable and not matches(module, upper.storage, lower.storage):
        return False
    return matches(module, lower.storage, upper.storage)


def is_defaultable(value_type: ValueType) -> bool:
    """Whether a variable of the type has an initial value (zero or null)."""
    return not isinstance(value_type, RefType) or value_type.nullable
