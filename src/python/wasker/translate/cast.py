# SPDX-License-Identifier: Apache-2.0
"""Tests and casts of references, i31, conversions to and from extern (specification 4.4.4)."""
from __future__ import annotations

from typing import Union

from mew_abi import traps

from wasker.translate.control import add_edge
from wasker.translate.control import branch_if
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.wasm.module import FuncType

Heap = Union[str, int]
_TAG_BITS = 2
_EXTERNAL_TAG = 2
# An externalised reference carries the top bit, which no host value has.
_INTERNAL_BIT = 1 << 63
_HASH_OFFSET = -4


def _non_null_test(f: Function, operand: str, heap: Heap) -> str:
    """i1: whether a typed reference, if not null, is of the heap type; null may give either."""
    if isinstance(heap, int):
        if isinstance(f.module.source.types[heap], FuncType):
            return _function_test(f, operand, heap)
        return f.define(f"call i1 {f.module.helper('ref.test', heap)}({operand})")
    if heap in ("struct", "array"):
        return f.define(f"call i1 {f.module.helper(f'ref.test.{heap}')}({operand})")
    if heap in ("none", "nofunc", "noextern", "noexn"):
        return "false"
    if heap not in ("i31", "eq"):
        return "true"
    bits = f.define(f"ptrtoint {operand} to i64")
    if heap == "i31":
        low = f.define(f"and i64 {bits}, 1")
        return f.define(f"icmp ne i64 {low}, 0")
    tag = f.define(f"and i64 {bits}, {2**_TAG_BITS - 1}")
    return f.define(f"icmp ne i64 {tag}, {_EXTERNAL_TAG}")


def _function_test(f: Function, operand: str, type_index: int) -> str:
    """Null is replaced by the table's own code, whose hash can be read and is not looked at."""
    helper = f.module.helper("ref.test.func", type_index)
    return f.define(f"call i1 {helper}({operand})")


def reference_test(f: Function, operand: str, nullable: bool, heap: Heap) -> str:
    """i1: whether a typed reference has the reference type."""
    is_null = f.define(f"icmp eq {operand}, null")
    matches = _non_null_test(f, operand, heap)
    if nullable:
        return f.define(f"or i1 {is_null}, {matches}")
    there = f.define(f"xor i1 {is_null}, true")
    return f.define(f"and i1 {there}, {matches}")


def _test(nullable: bool) -> Emitter:
    def emit(f: Function, heap: Heap) -> None:
        result = reference_test(f, f.stack.pop(), nullable, heap)
        f.push_condition(f"or i1 {result}, false")

    return emit


def _cast(nullable: bool) -> Emitter:
    def emit(f: Function, heap: Heap) -> None:
        matches = reference_test(f, f.stack[-1], nullable, heap)
        f.trap_if(f.define(f"xor i1 {matches}, true"), traps.CAST_FAILURE)

    return emit


def _branch(on_match: bool) -> Emitter:
    def emit(f: Function, immediate: tuple) -> None:
        depth, _, target = immediate
        condition = reference_test(f, f.stack[-1], target.nullable, target.heap)
        if not on_match:
            condition = f.define(f"xor i1 {condition}, true")
        frame = f.frames[-1 - depth]
        add_edge(f, frame, f.stack[len(f.stack) - len(frame.types) :])
        branch_if(f, condition, frame)

    return emit


def _ref_eq(f: Function, _: None) -> None:
    right = f.stack.pop()
    f.push_condition(f"icmp eq {f.stack.pop()}, {right[4:]}")


def _i31_new(f: Function, _: None) -> None:
    shifted = f.define(f"shl {f.stack.pop()}, 1")
    tagged = f.define(f"or i32 {shifted}, 1")
    wide = f.define(f"zext i32 {tagged} to i64")
    f.push("ptr", f"inttoptr i64 {wide} to ptr")


def _i31_get(shift: str) -> Emitter:
    def emit(f: Function, _: None) -> None:
        operand = f.stack.pop()
        f.trap_if(f.define(f"icmp eq {operand}, null"), traps.NULL_I31_REFERENCE)
        bits = f.define(f"ptrtoint {operand} to i32")
        f.push("i32", f"{shift} i32 {bits}, 1")

    return emit


def _push_unless_null(f: Function, bits: str, converted: str) -> None:
    """Push a reference's converted bits; null stays null."""
    is_null = f.define(f"icmp eq i64 {bits}, 0")
    result = f.define(f"select i1 {is_null}, i64 0, i64 {converted}")
    f.push("ptr", f"inttoptr i64 {result} to ptr")


def _convert_extern(f: Function, _: None) -> None:
    bits = f.define(f"ptrtoint {f.stack.pop()} to i64")
    internal = f.define(f"icmp slt i64 {bits}, 0")
    stripped = f.define(f"and i64 {bits}, {_INTERNAL_BIT - 1}")
    shifted = f.define(f"shl i64 {bits}, {_TAG_BITS}")
    external = f.define(f"or i64 {shifted}, {_EXTERNAL_TAG}")
    chosen = f.define(f"select i1 {internal}, i64 {stripped}, i64 {external}")
    _push_unless_null(f, bits, chosen)


def _convert_any(f: Function, _: None) -> None:
    bits = f.define(f"ptrtoint {f.stack.pop()} to i64")
    tag = f.define(f"and i64 {bits}, {2**_TAG_BITS - 1}")
    external = f.define(f"icmp eq i64 {tag}, {_EXTERNAL_TAG}")
    value = f.define(f"lshr i64 {bits}, {_TAG_BITS}")
    marked = f.define(f"or i64 {bits}, {-_INTERNAL_BIT}")
    chosen = f.define(f"select i1 {external}, i64 {value}, i64 {marked}")
    _push_unless_null(f, bits, chosen)


def _function_helper(module, name: str, type_index: int) -> str:
    """Helper (function reference) -> whether its type is the type or a subtype."""
    tests = []
    result = "false"
    for position, accepted in enumerate(module.accepted_hashes(type_index)):
        tests.append(f"%same{position} = icmp eq i32 %hash, {accepted}")
        tests.append(f"%any{position} = or i1 {result}, %same{position}")
        result = f"%any{position}"
    body = "\n".join(tests)
    return f"""\
define internal i1 @"{name}"(ptr %a) #1 {{
entry:
%null = icmp eq ptr %a, null
br i1 %null, label %no, label %look
look:
%place = getelementptr i8, ptr %a, i64 {_HASH_OFFSET}
%hash = load i32, ptr %place, align 4, !invariant.load !0
{body}
ret i1 {result}
no:
ret i1 0
}}"""


HELPERS = {"ref.test.func": _function_helper}
EMITTERS: dict[str, Emitter] = {
    "ref.test": _test(False),
    "ref.test_null": _test(True),
    "ref.cast": _cast(False),
    "ref.cast_null": _cast(True),
    "br_on_cast": _branch(True),
    "br_on_cast_fail": _branch(False),
    "ref.eq": _ref_eq,
    "ref.i31": _i31_new,
    "i31.get_s": _i31_get("ashr"),
    "i31.get_u": _i31_get("lshr"),
    "any.convert_extern": _convert_extern,
    "extern.convert_any": _convert_any,
}
