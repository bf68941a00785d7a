# SPDX-License-Identifier: Apache-2.0
"""Calls and function references (specification 4.4.1, 4.4.8.10 to 4.4.8.14).

A function reference is the address of the function's code; the 4 bytes before it hold the hash of
its type (docs/decisions/0002-function-references-are-code-addresses.md).
"""
from __future__ import annotations

from typing import Callable
from typing import Sequence

from mew_abi import traps

from wasker.translate.control import skip_unreachable
from wasker.translate.exception import check_in_flight
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.tailcall import TailCallFound
from wasker.translate.types import llvm_type
from wasker.translate.types import member_types
from wasker.translate.types import result_type
from wasker.wasm.module import FuncType

_HASH_OFFSET = -4


def _call_text(f: Function, callee: str, function_type: FuncType) -> str:
    """Pop the arguments and return the call instruction without a `musttail`."""
    first = len(f.stack) - len(function_type.params)
    arguments = f.module.arguments(f, function_type, f.stack[first:])
    del f.stack[first:]
    return f"call {result_type(function_type.results)} {callee}({arguments})"


def emit_call(f: Function, callee: str, function_type: FuncType) -> None:
    """Call a bare function value with the operands on the stack; push its results."""
    text = _call_text(f, callee, function_type)
    results = function_type.results
    if not results:
        f.lines.append(text)
    elif len(results) == 1:
        f.push(llvm_type(results[0]), text)
        f.calls[f.stack[-1]] = len(f.lines) - 1
    else:
        _push_struct(f, f"{result_type(results)} {f.define(text)}", results)
    if f.module.exceptions:
        check_in_flight(f)


def _push_struct(f: Function, whole: str, types: Sequence) -> None:
    """Push each result of those that a struct operand holds."""
    for position, (value_type, member) in enumerate(zip(types, member_types(types))):
        wanted = llvm_type(value_type)
        text = f"extractvalue {whole}, {position}"
        if member != wanted:
            text = f"bitcast {member} {f.define(text)} to {wanted}"
        f.push(wanted, text)


def emit_tail_call(f: Function, callee: str, function_type: FuncType) -> None:
    """Call and return its results; with a frame of its own where LLVM cannot do without."""
    if not f.module.tail_calls:
        raise TailCallFound
    must = "musttail " if f.module.can_tail_call(f.function_type, function_type) else ""
    text = must + _call_text(f, callee, function_type)
    if function_type.results:
        result = f.define(text)
        f.lines.append(f"ret {result_type(function_type.results)} {result}")
    else:
        f.lines += [text, "ret void"]
    skip_unreachable(f)


_Kind = Callable[[Function, str, FuncType], None]


def _direct(kind: _Kind) -> Emitter:
    def emit(f: Function, index: int) -> None:
        kind(f, f.module.callee(index), f.module.function_types[index])

    return emit


def _indirect(kind: _Kind) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        type_index, table = immediate
        entry = f.module.helper("table.entry", table)
        code = f.define(f"call ptr {entry}({f.stack.pop()})")
        # Null is address 0: reading its hash faults, which is the trap "uninitialized element".
        place = f.define(f"getelementptr i8, ptr {code}, i64 {_HASH_OFFSET}")
        found = f.define(f"load i32, ptr {place}, align 4, !invariant.load !0")
        wrong = ""
        for accepted in f.module.accepted_hashes(type_index):
            differs = f.define(f"icmp ne i32 {found}, {accepted}")
            wrong = f.define(f"and i1 {wrong}, {differs}") if wrong else differs
        f.trap_if(wrong, traps.INDIRECT_CALL_TYPE_MISMATCH)
        kind(f, code, f.module.source.types[type_index])

    return emit


def _by_reference(kind: _Kind) -> Emitter:
    def emit(f: Function, type_index: int) -> None:
        code = f.stack.pop()
        f.trap_if(f.define(f"icmp eq {code}, null"), traps.NULL_FUNCTION_REFERENCE)
        kind(f, code[4:], f.module.source.types[type_index])

    return emit


def _ref_is_null(f: Function, _: None) -> None:
    f.push_condition(f"icmp eq {f.stack.pop()}, null")


def _as_non_null(f: Function, _: None) -> None:
    f.trap_if(f.define(f"icmp eq {f.stack[-1]}, null"), traps.NULL_REFERENCE)


EMITTERS: dict[str, Emitter] = {
    "call": _direct(emit_call),
    "call_indirect": _indirect(emit_call),
    "call_ref": _by_reference(emit_call),
    "return_call": _direct(emit_tail_call),
    "return_call_indirect": _indirect(emit_tail_call),
    "return_call_ref": _by_reference(emit_tail_call),
    "ref.null": lambda f, _: f.stack.append("ptr null"),
    "ref.is_null": _ref_is_null,
    "ref.as_non_null": _as_non_null,
    "ref.func": lambda f, index: f.stack.append(f.module.function_reference(index)),
}
