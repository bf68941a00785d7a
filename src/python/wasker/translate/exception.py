# SPDX-License-Identifier: Apache-2.0
"""Exceptions: throw, throw_ref, try_table (specification 4.4.8.7 to 4.4.8.9).

An exception in flight is the variable `mew.exception`, shared by all objects of an image: null, or
the address of an exception, which is its tag's address and, from byte 16 on, its values in slots
of 16 bytes. A call that comes back with an exception in flight is followed by a branch to the
innermost handler, or out of the function. A handler compares tags in order, takes the exception
out of flight, and branches to its label with the values.

Only modules with tags or `try_table` pay for the test after calls. `heap.py` allocates exceptions.
"""
from __future__ import annotations

from mew_abi import symbols
from mew_abi import traps

from wasker.translate.control import Frame
from wasker.translate.control import add_edge
from wasker.translate.control import join
from wasker.translate.control import jump
from wasker.translate.control import skip_unreachable
from wasker.translate.function import UNLIKELY
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.names import reference
from wasker.translate.types import llvm_type
from wasker.wasm.module import FuncType

IN_FLIGHT = reference(symbols.EXCEPTION)
_SLOT_BYTES = 16


class ExceptionsFound(Exception):
    """Raised at the first use of exceptions in a module without tags: translate it again."""


def _unwind_label(f: Function) -> str:
    """Where an exception in flight goes from here; its edge is added."""
    for frame in reversed(f.frames):
        if frame.handler is not None:
            add_edge(f, frame.handler, [])
            return frame.handler.label
    if not f.frames:
        # Not a Wasm function: the entry, which has no caller to hand the exception to.
        return f.trap_label(traps.UNCAUGHT_EXCEPTION)
    f.unwinds = True
    return "unwind"


def check_in_flight(f: Function) -> None:
    """After a call: leave by the innermost handler if it threw."""
    exception = f.define(f"load ptr, ptr {f.module.exception_variable()}")
    thrown = f.define(f"icmp ne ptr {exception}, null")
    label = _unwind_label(f)
    following = f.new_label()
    f.lines.append(f"br i1 {thrown}, label %{label}, label %{following}, {UNLIKELY}")
    f.open_block(following, dominated=True)


def _raise(f: Function, exception: str) -> None:
    f.lines.append(f"store ptr {exception}, ptr {f.module.exception_variable()}")
    f.lines.append(f"br label %{_unwind_label(f)}")
    skip_unreachable(f)


def _slot(f: Function, exception: str, position: int) -> str:
    return f.define(f"getelementptr i8, ptr {exception}, i64 {(position + 1) * _SLOT_BYTES}")


def _throw(f: Function, tag: int) -> None:
    values = f.module.tag_type(tag).params
    first = len(f.stack) - len(values)
    size = (len(values) + 1) * _SLOT_BYTES
    exception = f.define(f"call ptr {f.module.helper('heap.new')}(i64 {size})")
    f.lines.append(f"store ptr {f.module.use_tag(tag)}, ptr {exception}")
    for position, operand in enumerate(f.stack[first:]):
        f.lines.append(f"store {operand}, ptr {_slot(f, exception, position)}, align 16")
    del f.stack[first:]
    _raise(f, exception)


def _throw_ref(f: Function, _: None) -> None:
    operand = f.stack.pop()
    f.trap_if(f.define(f"icmp eq {operand}, null"), traps.NULL_EXCEPTION_REFERENCE)
    _raise(f, operand[4:])


def _try_table(f: Function, immediate: tuple) -> None:
    if not f.module.exceptions:
        raise ExceptionsFound
    block_type, catches = immediate
    height = len(f.stack) - len(block_type.params)
    frame = Frame("try_table", f.new_label(), block_type, height)
    frame.handler = Frame("handler", f.new_label(), FuncType((), ()), height)
    frame.close = lambda: _handlers(f, frame, catches)
    f.frames.append(frame)


def _handlers(f: Function, frame: Frame, catches: tuple) -> None:
    """At the end of a try_table, which is no longer open: where its exceptions go."""
    if not frame.handler.edges:
        return
    kept_stack = f.stack[: frame.height]
    join(f, frame.handler)
    in_flight = f.module.exception_variable()
    exception = f.define(f"load ptr, ptr {in_flight}")
    tag = f.define(f"load ptr, ptr {exception}")
    for kind, wanted, depth in catches:
        following = ""
        if wanted is not None:
            following = f.new_label()
            caught = f.new_label()
            same = f.define(f"icmp eq ptr {tag}, {f.module.use_tag(wanted)}")
            f.lines.append(f"br i1 {same}, label %{caught}, label %{following}")
            f.open_block(caught, dominated=True)
        f.lines.append(f"store ptr null, ptr {in_flight}")
        f.stack[:] = kept_stack
        for position, value in enumerate(f.module.tag_type(wanted).params if following else ()):
            place = _slot(f, exception, position)
            f.push(llvm_type(value), f"load {llvm_type(value)}, ptr {place}, align 16")
        if kind.endswith("_ref"):
            f.stack.append(f"ptr {exception}")
        jump(f, f.frames[-1 - depth])
        if not following:
            return
        f.open_block(following, dominated=True)
    f.lines.append(f"br label %{_unwind_label(f)}")


EMITTERS: dict[str, Emitter] = {
    "throw": _throw,
    "throw_ref": _throw_ref,
    "try_table": _try_table,
}
