# SPDX-License-Identifier: Apache-2.0
"""Blocks, branches and the phis where paths join (specification 4.4.8)."""
from __future__ import annotations

from itertools import compress
from itertools import count
from operator import ne
from typing import Callable
from typing import Optional
from typing import Sequence

from mew_abi import traps

from wasker.translate.function import UNLIKELY
from wasker.errors import Diagnostic
from wasker.translate.function import BlockCodes
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.types import llvm_type
from wasker.translate.types import member_types
from wasker.translate.types import result_type
from wasker.translate.types import type_length
from wasker.wasm.module import FuncType

# (block it comes from, operands of the label's types, locals or the loop's changing locals)
Edge = tuple[str, Sequence[str], Sequence[str]]
# Values of locals that the branches of one function can join; CPython's functions below 20,000.
JOINED_MAX = 2_000_000


class Frame:
    """An open block.

    `label` is where a branch to it goes; `types` what a branch carries; `height` the operand
    stack below its parameters. A loop keeps where its phis go (`phi_line`), its phis' numbers and
    locals. An `if` keeps the block, operands and locals that its `else` starts from. A `try_table`
    has a frame of its own for where its exceptions go, and a function that writes its handlers. A
    loop that another one stands in front of has a frame for where both go on, and `dispatches` once
    it has had a `br_table`.
    """

    __slots__ = (
        "kind", "label", "types", "results", "height", "edges", "phi_line", "phis", "changing",
        "otherwise", "entry_stack", "entry_locals", "handler", "close", "finished",
        "dispatches",
    )  # fmt: skip

    def __init__(self, kind: str, label: str, block_type: FuncType, height: int) -> None:
        self.kind = kind
        self.label = label
        self.results = [llvm_type(result) for result in block_type.results]
        self.types = self.results
        self.height = height
        self.edges: list[Edge] = []
        self.phi_line = 0
        self.phis: list[str] = []
        self.changing: list[int] = []
        self.otherwise: Optional[str] = None
        self.entry_stack: list[str] = []
        self.entry_locals: tuple[str, ...] = ()
        self.handler: Optional[Frame] = None
        self.close: Optional[Callable[[], None]] = None
        self.finished: Optional[Frame] = None
        self.dispatches = False


def open_function(f: Function, function_type: FuncType) -> None:
    """The outermost block: a branch to it returns."""
    f.frames.append(Frame("function", "return", FuncType((), function_type.results), 0))


def _block(f: Function, block_type: FuncType) -> None:
    height = len(f.stack) - len(block_type.params)
    f.frames.append(Frame("block", f.new_label(), block_type, height))


def _loop(f: Function, block_type: FuncType) -> None:
    prelude = f.preludes.get(f.offset)
    finished = prelude(f) if prelude else None
    height = len(f.stack) - len(block_type.params)
    frame = Frame("loop", f.new_label(), block_type, height)
    frame.finished = finished
    frame.types = [llvm_type(param) for param in block_type.params]
    frame.changing = f.loop_locals[f.offset]
    f.frames.append(frame)
    add_edge(f, frame, f.stack[height:])
    f.lines.append(f"br label %{frame.label}")
    f.open_block(frame.label, dominated=False)
    frame.phi_line = len(f.lines)
    f.lines.append("")
    stack = f.stack
    for position, type_text in enumerate(frame.types, height):
        f.count += 1
        stack[position] = f"{type_text} %{f.count}"
        frame.phis.append(stack[position])
    for index in frame.changing:
        f.count += 1
        old = f.locals[index]
        f.locals[index] = f"{old[: type_length(old)]} %{f.count}"
        frame.phis.append(f.locals[index])
    f.snapshot = None


def _if(f: Function, block_type: FuncType) -> None:
    condition = f.pop_condition()
    height = len(f.stack) - len(block_type.params)
    frame = Frame("if", f.new_label(), block_type, height)
    frame.otherwise = f.new_label()
    frame.entry_stack = f.stack[height:]
    frame.entry_locals = f.local_values()
    f.frames.append(frame)
    then = f.new_label()
    f.lines.append(f"br i1 {condition}, label %{then}, label %{frame.otherwise}")
    f.open_block(then, dominated=True)


def begin_else(f: Function, reachable: bool) -> None:
    """`else`: close the first arm and start the second with the operands and locals of `if`."""
    frame = f.frames[-1]
    if reachable:
        jump(f, frame)
    _start_else(f, frame)


def _start_else(f: Function, frame: Frame) -> None:
    assert frame.otherwise is not None
    f.open_block(frame.otherwise, dominated=False)
    frame.otherwise = None
    f.stack[frame.height :] = frame.entry_stack
    f.locals[:] = frame.entry_locals
    f.snapshot = frame.entry_locals


def _else(f: Function, _: None) -> None:
    begin_else(f, reachable=True)


def _end(f: Function, _: None) -> None:
    close_block(f, reachable=True)


def close_block(f: Function, reachable: bool) -> bool:
    """`end` of the innermost block; returns whether the code after it can be reached."""
    frame = f.frames[-1]
    if frame.otherwise is not None:
        # No `else`: its arm passes the parameters on.
        if reachable:
            jump(f, frame)
        _start_else(f, frame)
        reachable = True
    f.frames.pop()
    if frame.kind == "loop":
        _complete_loop(f, frame)
        if frame.finished:
            jump(f, frame.finished)
            join(f, frame.finished)
    elif frame.edges or frame.close:
        if reachable:
            jump(f, frame)
        if frame.close:
            frame.close()
        reachable = bool(frame.edges)
        if reachable:
            join(f, frame)
    if frame.kind == "function" and reachable:
        _return_values(f)
    if not reachable:
        del f.stack[frame.height :]
    return reachable


def _top(f: Function, types: Sequence[str]) -> list[str]:
    return f.stack[len(f.stack) - len(types) :]


def add_edge(f: Function, frame: Frame, values: Sequence[str]) -> None:
    """Note that the current block branches to the frame's label with these operands."""
    if frame.kind == "loop":
        carried: Sequence[str] = [f.locals[index] for index in frame.changing]
    elif frame.kind == "function":
        carried = ()
    else:
        carried = f.local_values()
    frame.edges.append((f.block, values, carried))


def jump(f: Function, frame: Frame) -> None:
    """Unconditional branch to a frame's label with the operands on top of the stack."""
    add_edge(f, frame, _top(f, frame.types))
    f.lines.append(f"br label %{frame.label}")


def _phi(f: Function, edges: Sequence[Edge], part: int, index: int) -> str:
    """Define and return the operand that joins column `index` of the edges' `part`."""
    first = edges[0][part][index]
    length = type_length(first)
    incoming = ", ".join([f"[{edge[part][index][length:]}, %{edge[0]}]" for edge in edges])
    return f"{first[:length]} {f.define(f'phi {first[:length]} {incoming}')}"


def join(f: Function, frame: Frame) -> None:
    """Open the block of the frame's label: phis for results, and for locals that differ."""
    edges = frame.edges
    f.open_block(frame.label, dominated=False)
    results = list(edges[0][1])
    values = edges[0][2]
    differing: set[int] = set()
    for _, other_results, other in edges[1:]:
        if other is not values:
            differing.update(compress(count(), map(ne, values, other)))
        for position, operand in enumerate(other_results):
            if operand != results[position]:
                results[position] = ""
    for position, operand in enumerate(results):
        if not operand:
            results[position] = _phi(f, edges, 1, position)
    f.stack[frame.height :] = results
    if frame.kind == "function":
        return
    f.locals[:] = values
    _count_joined(f, len(differing) * len(edges))
    for index in sorted(differing):
        f.locals[index] = _phi(f, edges, 2, index)
    f.snapshot = None


def _count_joined(f: Function, operands: int) -> None:
    """Raise E018 before a small module becomes gigabytes: phis grow with locals times branches."""
    f.joined += operands
    if f.joined > JOINED_MAX:
        raise Diagnostic(
            "E018",
            f"the branches of the function join more than {JOINED_MAX:,} values of locals",
            where=f"byte 0x{f.offset:x}",
            hint="Split the function, or use fewer locals in it.",
        )


def _complete_loop(f: Function, frame: Frame) -> None:
    """Write the phis that the loop's header reserved, now that its back edges are known."""
    _count_joined(f, len(frame.phis) * len(frame.edges))
    phis = []
    parameters = len(frame.types)
    for position, phi in enumerate(frame.phis):
        part, index = (1, position) if position < parameters else (2, position - parameters)
        length = type_length(phi)
        incoming = ", ".join(
            [f"[{edge[part][index][length:]}, %{edge[0]}]" for edge in frame.edges]
        )
        phis.append(f"{phi[length + 1 :]} = phi {phi[:length]} {incoming}")
    f.lines[frame.phi_line] = "\n".join(phis)


def _return_values(f: Function) -> None:
    types = [llvm_type(result) for result in f.function_type.results]
    values = _top(f, types)
    if not values:
        f.lines.append("ret void")
    elif len(values) == 1:
        f.lines.append(f"ret {values[0]}")
    else:
        struct = result_type(f.function_type.results)
        whole = "poison"
        for position, member in enumerate(member_types(f.function_type.results)):
            value = values[position]
            if member != types[position]:
                value = f"{member} {f.define(f'bitcast {value} to {member}')}"
            whole = f.define(f"insertvalue {struct} {whole}, {value}, {position}")
        f.lines.append(f"ret {struct} {whole}")


def skip_unreachable(f: Function) -> None:
    """Drop instructions up to the `else` or `end` from which code can be reached again."""
    depth = 0
    for opcode, _, f.offset in f.instructions:
        if opcode in BlockCodes.openers:
            depth += 1
        elif opcode == BlockCodes.end:
            if depth:
                depth -= 1
            elif close_block(f, reachable=False):
                return
        elif opcode == BlockCodes.otherwise and not depth:
            begin_else(f, reachable=False)
            return


def _br(f: Function, depth: int) -> None:
    jump(f, f.frames[-1 - depth])
    skip_unreachable(f)


def _br_if(f: Function, depth: int) -> None:
    condition = f.pop_condition()
    frame = f.frames[-1 - depth]
    add_edge(f, frame, _top(f, frame.types))
    branch_if(f, condition, frame)


def _br_on_null(f: Function, depth: int) -> None:
    reference = f.stack.pop()
    is_null = f.define(f"icmp eq {reference}, null")
    frame = f.frames[-1 - depth]
    add_edge(f, frame, _top(f, frame.types))
    branch_if(f, is_null, frame)
    f.stack.append(reference)


def _br_on_non_null(f: Function, depth: int) -> None:
    is_there = f.define(f"icmp ne {f.stack[-1]}, null")
    frame = f.frames[-1 - depth]
    add_edge(f, frame, _top(f, frame.types))
    branch_if(f, is_there, frame)
    f.stack.pop()


def branch_if(f: Function, condition: str, frame: Frame) -> None:
    """Branch to a frame's label, whose edge has been added, or continue in a new block."""
    label = f.new_label()
    f.lines.append(f"br i1 {condition}, label %{frame.label}, label %{label}")
    f.open_block(label, dominated=True)


def _br_table(f: Function, immediate: tuple) -> None:
    depths, default = immediate
    loop = _loop_around(f)
    if loop:
        loop.dispatches = True
    selector = f.stack.pop()
    uses: dict[int, int] = {default: 1}
    for depth in depths:
        uses[depth] = uses.get(depth, 0) + 1
    # A phi needs one entry for each edge, so several cases share one edge through a block.
    labels = {
        depth: f.frames[-1 - depth].label if number == 1 else f.new_label()
        for depth, number in uses.items()
    }
    cases = " ".join([f"i32 {case}, label %{labels[d]}" for case, d in enumerate(depths)])
    f.lines.append(f"switch {selector}, label %{labels[default]} [{cases}]")
    switch_block = f.block
    for depth, number in uses.items():
        frame = f.frames[-1 - depth]
        if number == 1:
            f.block = switch_block
            add_edge(f, frame, _top(f, frame.types))
        else:
            f.open_block(labels[depth], dominated=True)
            jump(f, frame)
    skip_unreachable(f)


def _return(f: Function, _: None) -> None:
    jump(f, f.frames[0])
    skip_unreachable(f)


def _unreachable(f: Function, _: None) -> None:
    f.lines.append(f"br label %{f.trap_label(traps.UNREACHABLE)}")
    skip_unreachable(f)


def _drop(f: Function, _: None) -> None:
    f.stack.pop()


def _select(f: Function, _: object) -> None:
    condition = f.pop_condition()
    otherwise = f.stack.pop()
    then = f.stack.pop()
    length = type_length(then)
    # Where a dispatch loop goes on must be foretold, which a conditional move would wait for: the
    # weights make LLVM write a branch. Which side they name does not matter.
    hint = f", {UNLIKELY}" if then[0] == "i" and _is_dispatching(f) else ""
    f.push(then[:length], f"select i1 {condition}, {then}, {otherwise}{hint}")


def _loop_around(f: Function) -> Optional[Frame]:
    return next((frame for frame in reversed(f.frames) if frame.kind == "loop"), None)


def _is_dispatching(f: Function) -> bool:
    """Whether the innermost loop has had a `br_table`, as that of an interpreter."""
    frame = _loop_around(f)
    return frame is not None and frame.dispatches


EMITTERS: dict[str, Emitter] = {
    "unreachable": _unreachable,
    "nop": lambda f, _: None,
    "block": _block,
    "loop": _loop,
    "if": _if,
    "else": _else,
    "end": _end,
    "br": _br,
    "br_if": _br_if,
    "br_table": _br_table,
    "br_on_null": _br_on_null,
    "br_on_non_null": _br_on_non_null,
    "return": _return,
    "drop": _drop,
    "select": _select,
    "select_t": _select,
}
