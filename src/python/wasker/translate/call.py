# SPDX-License-Identifier: Apache-2.0
"""Calls and references (specification 4.4.1, 4.4.8.10).

A function reference is the address of the function's code; the 4 bytes before it hold the hash of
its type (docs/decisions/0002-function-references-are-code-addresses.md).
"""
from __future__ import annotations

from typing import Sequence

from mew_abi import traps

from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.types import llvm_type
from wasker.translate.types import result_type
from wasker.wasm.module import FuncType

_HASH_OFFSET = -4


def emit_call(f: Function, callee: str, function_type: FuncType) -> None:
    """Call a bare function value with the operands on the stack; push its results."""
    first = len(f.stack) - len(function_type.params)
    arguments = ", ".join(f.stack[first:])
    del f.stack[first:]
    results = function_type.results
    text = f"call {result_type(results)} {callee}({arguments})"
    if not results:
        f.lines.append(text)
    elif len(results) == 1:
        f.push(llvm_type(results[0]), text)
        f.calls[f.stack[-1]] = len(f.lines) - 1
    else:
        push_struct(f, f"{result_type(results)} {f.define(text)}", results)


def push_struct(f: Function, whole: str, types: Sequence) -> None:
    """Push each member of a struct operand."""
    for position, value_type in enumerate(types):
        f.push(llvm_type(value_type), f"extractvalue {whole}, {position}")


def _call(f: Function, index: int) -> None:
    emit_call(f, f.module.callee(index), f.module.function_types[index])


def _call_indirect(f: Function, immediate: tuple) -> None:
    type_index, table = immediate
    function_type = f.module.source.types[type_index]
    entry = f.module.helper("table.entry", table)
    code = f.define(f"call ptr {entry}({f.stack.pop()})")
    # Null is address 0: reading its hash faults, which is the trap "uninitialized element".
    place = f.define(f"getelementptr i8, ptr {code}, i64 {_HASH_OFFSET}")
    found = f.define(f"load i32, ptr {place}, align 4, !invariant.load !0")
    wrong = f.define(f"icmp ne i32 {found}, {f.module.hash_of(function_type)}")
    f.trap_if(wrong, traps.INDIRECT_CALL_TYPE_MISMATCH)
    emit_call(f, code, function_type)


def _ref_is_null(f: Function, _: None) -> None:
    f.push_condition(f"icmp eq {f.stack.pop()}, null")


EMITTERS: dict[str, Emitter] = {
    "call": _call,
    "call_indirect": _call_indirect,
    "ref.null": lambda f, _: f.stack.append("ptr null"),
    "ref.is_null": _ref_is_null,
    "ref.func": lambda f, index: f.stack.append(f.module.function_reference(index)),
}

