# SPDX-License-Identifier: Apache-2.0
"""Validation of control, parametric and exception instructions (section 3.4)."""
from __future__ import annotations

from typing import Callable

from wasker.wasm.checker import BOTTOM
from wasker.wasm.checker import Checker
from wasker.wasm.checker import at_index
from wasker.wasm.checker import mismatch
from wasker.wasm.checker import type_text
from wasker.wasm.faults import fault
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import FuncType
from wasker.wasm.module import RefType
from wasker.wasm.subtyping import lists_match
from wasker.wasm.subtyping import matches
from wasker.wasm.valuetypes import reference

_NULLABLE_EXCEPTION = reference(True, "exn")
_EXCEPTION = reference(False, "exn")


def _open(name: str) -> Callable[[Checker, FuncType], None]:
    def check(checker: Checker, block_type: FuncType) -> None:
        if name == "if":
            checker.pop("i32")
        checker.pop_all(block_type.params)
        checker.push_frame(name, block_type)

    return check


def _else(checker: Checker, _: None) -> None:
    if checker.frames[-1].name != "if":
        raise fault("E019", "`else` without `if`")
    frame = checker.pop_frame()
    checker.push_frame("else", frame.block_type)


def _end(checker: Checker, _: None) -> None:
    frame = checker.pop_frame()
    params, results = frame.block_type
    # Without `else` the parameters are the results.
    if frame.name == "if" and not lists_match(checker.module, params, results):
        raise mismatch("`if` without `else` must have results that are its parameters")
    checker.push_all(results)


def _br(checker: Checker, depth: int) -> None:
    checker.pop_all(checker.label(depth).label_types())
    checker.set_unreachable()


def _br_if(checker: Checker, depth: int) -> None:
    checker.pop("i32")
    types = checker.label(depth).label_types()
    if types:
        checker.apply(types, types)


def _br_table(checker: Checker, immediate: tuple) -> None:
    labels, default = immediate
    checker.pop("i32")
    default_types = checker.label(default).label_types()
    # The same label again would check the same again.
    for depth in dict.fromkeys(labels):
        types = checker.label(depth).label_types()
        if len(types) != len(default_types):
            raise mismatch(
                f"labels of br_table carry {len(types)} and {len(default_types)} values"
            )
        checker.push_all(reversed([checker.pop(each) for each in reversed(types)]))
    checker.pop_all(default_types)
    checker.set_unreachable()


def _return(checker: Checker, _: None) -> None:
    checker.pop_all(checker.results)
    checker.set_unreachable()


def _call(checker: Checker, function: int) -> None:
    checker.apply(*at_index("function", checker.environment.function_types, function))


def _function_type(checker: Checker, index: int) -> FuncType:
    found = at_index("type", checker.module.types, index)
    if not isinstance(found, FuncType):
        raise fault("E031", f"type {index} is not a function type")
    return found


def _indirect_callee(checker: Checker, immediate: tuple) -> FuncType:
    """Check the table and pop the table index."""
    type_index, table_index = immediate
    table = at_index("table", checker.module.tables, table_index)
    if not matches(checker.module, table.element, FUNCREF):
        raise mismatch(f"call_indirect needs funcref elements, found {type_text(table.element)}")
    callee = _function_type(checker, type_index)
    checker.pop("i64" if table.is_64 else "i32")
    return callee


def _call_indirect(checker: Checker, immediate: tuple) -> None:
    checker.apply(*_indirect_callee(checker, immediate))


def _reference_callee(checker: Checker, type_index: int) -> FuncType:
    callee = _function_type(checker, type_index)
    checker.pop(RefType(True, checker.module.canonical_types[type_index]))
    return callee


def _call_ref(checker: Checker, type_index: int) -> None:
    checker.apply(*_reference_callee(checker, type_index))


def _tail_call(checker: Checker, callee: FuncType) -> None:
    if not lists_match(checker.module, callee.results, checker.results):
        raise mismatch("the callee of a tail call must return what this function returns")
    checker.pop_all(callee.params)
    checker.set_unreachable()


def _return_call(checker: Checker, function: int) -> None:
    _tail_call(checker, at_index("function", checker.environment.function_types, function))


def _return_call_indirect(checker: Checker, immediate: tuple) -> None:
    _tail_call(checker, _indirect_callee(checker, immediate))


def _return_call_ref(checker: Checker, type_index: int) -> None:
    _tail_call(checker, _reference_callee(checker, type_index))


def _unreachable(checker: Checker, _: None) -> None:
    checker.set_unreachable()


def _drop(checker: Checker, _: None) -> None:
    checker.pop_any()


def _select(checker: Checker, _: None) -> None:
    checker.pop("i32")
    first, second = checker.pop_any(), checker.pop_any()
    for found in (first, second):
        if isinstance(found, RefType):
            raise mismatch(f"select of {type_text(found)} needs a type annotation")
    if first != second and BOTTOM not in (first, second):
        raise mismatch(f"select between {type_text(second)} and {type_text(first)}")
    checker.push(second if first is BOTTOM else first)


def _select_typed(checker: Checker, types: tuple) -> None:
    if len(types) != 1:
        raise fault("E039", f"invalid result arity: select with {len(types)} types")
    checker.pop("i32")
    checker.apply(types * 2, types)


def _tag_parameters(checker: Checker, tag_index: int) -> tuple:
    tag = at_index("tag", checker.module.tags, tag_index)
    return _function_type(checker, tag.type_index).params


def _throw(checker: Checker, tag_index: int) -> None:
    checker.pop_all(_tag_parameters(checker, tag_index))
    checker.set_unreachable()


def _throw_ref(checker: Checker, _: None) -> None:
    checker.pop(_NULLABLE_EXCEPTION)
    checker.set_unreachable()


def _try_table(checker: Checker, immediate: tuple) -> None:
    block_type, catches = immediate
    checker.pop_all(block_type.params)
    for kind, tag, depth in catches:
        carried = () if tag is None else _tag_parameters(checker, tag)
        if kind.endswith("_ref"):
            carried += (_EXCEPTION,)
        types = checker.label(depth).label_types()
        if not lists_match(checker.module, carried, types):
            shown = [" ".join(map(type_text, each)) for each in (carried, types)]
            raise mismatch(f"{kind} carries [{shown[0]}], its label takes [{shown[1]}]")
    checker.push_frame("try_table", block_type)


HANDLERS: dict[str, Callable] = {
    "unreachable": _unreachable,
    "block": _open("block"),
    "loop": _open("loop"),
    "if": _open("if"),
    "else": _else,
    "end": _end,
    "br": _br,
    "br_if": _br_if,
    "br_table": _br_table,
    "return": _return,
    "call": _call,
    "call_indirect": _call_indirect,
    "call_ref": _call_ref,
    "return_call": _return_call,
    "return_call_indirect": _return_call_indirect,
    "return_call_ref": _return_call_ref,
    "drop": _drop,
    "select": _select,
    "select_t": _select_typed,
    "throw": _throw,
    "throw_ref": _throw_ref,
    "try_table": _try_table,
}
