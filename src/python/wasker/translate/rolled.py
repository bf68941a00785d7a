# SPDX-License-Identifier: Apache-2.0
"""Writes a loop that `reroll.py` found, with one step in each pass, before the loop itself.

The new loop does as many passes as the checks before it allow, the old one those that remain:
`rolled` is left with the locals as the old loop would have them after as many passes. Where no
local that only the old loop assigns is needed, the old loop may have nothing left to do.

Checked before the new loop: how often it runs, that nothing it accesses lies beyond the memory or
beyond 2^32, and that what is stored is not what another step accesses.
"""
from __future__ import annotations

import math
from functools import partial
from typing import Callable
from typing import Optional
from typing import Sequence

from wasker.translate.control import Frame
from wasker.translate.control import join
from wasker.translate.dag import WIDTHS
from wasker.translate.dag import NotRegular
from wasker.translate.function import BlockCodes
from wasker.translate.function import Function
from wasker.translate.liveness import live_after
from wasker.translate.loopbody import Body
from wasker.translate.memory import PAGE_BITS
from wasker.translate.memory import base
from wasker.translate.numeric import float_constant
from wasker.translate.reroll import plan_loop
from wasker.translate.rollplan import Plan
from wasker.translate.rollplan import signed
from wasker.translate.types import VECTOR
from wasker.translate.types import type_length
from wasker.wasm.module import FuncType
from wasker.wasm.module import Instruction
from wasker.wasm.module import ValueType

# LLVM makes about as many vectors of each pass of a loop of scalars; what fills fewer stays.
_VECTORS_MIN = 4
# Bytes of a vector register, and how many vectors of each stream a pass holds.
VECTOR_BYTES = 32
_INTERLEAVE = 2
# Instructions in a loop's body: fewer are no two steps, more are followed for too long.
_BODY_MIN = 8
_BODY_MAX = 400
_NO_TYPE = FuncType((), ())
_INTRINSICS = {"abs": "fabs", "sqrt": "sqrt"}
_SUFFIXES = {"float": "f32", "double": "f64"}
_CASTS = ("zext", "sext", "trunc", "bitcast", "sitofp", "uitofp")


class LoopHints:
    """Metadata of loops that LLVM shall vectorise in a certain way; numbers from `first` on."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._names: dict[int, str] = {}

    def name(self, lanes: int) -> str:
        """The metadata for a number of lanes."""
        return self._names.setdefault(lanes, f"!{self._first + len(self._names)}")

    def lines(self) -> list[str]:
        """The definitions of those that were asked for."""
        return [
            f'{name} = distinct !{{{name}, !{{!"llvm.loop.vectorize.enable", i1 true}}, '
            f'!{{!"llvm.loop.vectorize.width", i32 {lanes}}}, '
            f'!{{!"llvm.loop.interleave.count", i32 {_INTERLEAVE}}}}}'
            for lanes, name in self._names.items()
        ]


class _Values:
    """Writes nodes as they are in the first pass, `steps` (a bare i64) steps later; "" is none.

    `pointers` are the clusters' first bytes.
    """

    def __init__(self, f: Function, plan: Plan, pointers: list[str], steps: str) -> None:
        self._f = f
        self._plan = plan
        self._dag = plan.body.dag
        self._pointers = pointers
        self._steps = steps
        self.known: dict[int, str] = {}
        self._offsets: dict[int, str] = {}

    def value(self, number: int) -> str:
        """The node as a bare operand."""
        if number not in self.known:
            self.known[number] = self._write(number)
        return self.known[number]

    def _write(self, number: int) -> str:
        f = self._f
        op, type_text, args = self._dag.nodes[number]
        if op == "const":
            return _constant(type_text, args[0])
        if op == "sum":
            return self._sum(number)
        if op == "local":
            operand = f.locals[args[0]]
            if args[0] in self._plan.counters:
                return self._sum(number)
            return operand[type_length(operand) + 1 :]
        if op == "lane":
            return self._lane(args[0], args[1], type_text)
        if op == "load":
            cluster, distance = self._plan.cluster(self._plan.place(*args))
            return f.define(f"load {type_text}, ptr {self.pointer(cluster, distance)}, align 1")
        values = [self.value(argument) for argument in args]
        source = self._dag.nodes[args[0]].type
        if op in _CASTS:
            return f.define(f"{op} {source} {values[0]} to {type_text}")
        if op == "neg":
            return f.define(f"fneg {type_text} {values[0]}")
        if op in _INTRINSICS:
            name = f"@llvm.{_INTRINSICS[op]}.{_SUFFIXES[type_text]}"
            return f.define(f"call {type_text} {name}({type_text} {values[0]})")
        if op in ("smin", "smax"):
            operands = ", ".join(f"{type_text} {value}" for value in values)
            return f.define(f"call {type_text} @llvm.{op}.{type_text}({operands})")
        if op == "select":
            then, otherwise = values[1:]
            return f.define(
                f"select i1 {values[0]}, {type_text} {then}, {type_text} {otherwise}"
            )
        return f.define(f"{op} {source} {values[0]}, {values[1]}")

    def _sum(self, number: int) -> str:
        """An i32 sum; counters are as they were when the loop began, plus what the steps add."""
        f = self._f
        constant, terms = self._dag.terms(number)
        total = str(signed(constant))
        moved = 0
        for term, factor in terms.items():
            node = self._dag.nodes[term]
            if node.op == "local" and node.args[0] in self._plan.counters:
                moved += factor * self._plan.counters[node.args[0]]
                value = f.locals[node.args[0]][4:]
            else:
                value = self.value(term)
            if factor != 1:
                value = f.define(f"mul i32 {value}, {signed(factor)}")
            total = f.define(f"add i32 {value}, {total}") if total != "0" else value
        moved = signed(moved % (1 << 32)) // self._plan.steps
        if moved and self._steps:
            steps = f.define(f"trunc i64 {self._steps} to i32")
            total = f.define(f"add i32 {total}, {f.define(f'mul i32 {steps}, {moved}')}")
        return total

    def _lane(self, local: int, first: int, type_text: str) -> str:
        width = WIDTHS[type_text]
        shape = f"<{16 // width} x {type_text}>"
        vector = self._f.define(f"bitcast {self._f.locals[local]} to {shape}")
        return self._f.define(f"extractelement {shape} {vector}, i64 {first // width}")

    def pointer(self, cluster: int, distance: int) -> str:
        """The address of the first step's access, moved on by the steps."""
        f = self._f
        pointer = self._pointers[cluster]
        if distance:
            pointer = f.define(f"getelementptr nusw nuw i8, ptr {pointer}, i64 {distance}")
        element = self._plan.clusters[cluster].root.stride // self._plan.steps
        if not element or not self._steps:
            return pointer
        if element not in self._offsets:
            scaled = f.define(f"mul nuw nsw i64 {self._steps}, {element}")
            self._offsets[element] = scaled
        offset = self._offsets[element]
        return f.define(f"getelementptr nusw nuw i8, ptr {pointer}, i64 {offset}")


def _constant(type_text: str, bits: int) -> str:
    if type_text == "float":
        return float_constant(bits)[6:]
    if type_text == "double":
        return f"0x{bits:016X}"
    width = 8 * WIDTHS[type_text]
    return str(bits - (1 << width) if bits >> width - 1 else bits)


class _Checks:
    """The conditions under which the new loop runs; all must hold."""

    def __init__(self, f: Function) -> None:
        self._f = f
        self._all = ""

    def add(self, condition: str) -> None:
        """Add an i1 instruction."""
        value = self._f.define(condition)
        self._all = self._f.define(f"and i1 {self._all}, {value}") if self._all else value

    def branch(self, otherwise: Frame) -> None:
        """Go on if what was added holds, else to a frame's label."""
        f = self._f
        label = f.new_label()
        otherwise.edges.append((f.block, (), f.local_values()))
        f.lines.append(f"br i1 {self._all}, label %{label}, label %{otherwise.label}")
        f.open_block(label, dominated=True)
        self._all = ""


def _more_passes(f: Function, plan: Plan, start: _Values, checks: _Checks) -> str:
    """How many passes follow the first one, as a bare i32."""
    trips = plan.trips
    step = abs(trips.step)
    left, right = start.value(trips.left), start.value(trips.right)
    if trips.kind == "ult":
        checks.add(f"icmp ule i32 {right}, {signed((1 << 32) - step)}")
        room = f.define(f"sub i32 {right}, {left}")
        gap = f.define(f"add i32 {room}, {step - 1}")
        passes = f.define(f"udiv i32 {gap}, {step}")
        is_last = f.define(f"icmp uge i32 {left}, {right}")
        return f.define(f"select i1 {is_last}, i32 0, i32 {passes}")
    gap = f.define(f"sub i32 0, {left}") if trips.step > 0 else left
    rest = f.define(f"urem i32 {gap}, {step}")
    checks.add(f"icmp eq i32 {rest}, 0")
    return f.define(f"udiv i32 {gap}, {step}")


def _check_memory(f: Function, plan: Plan, start: _Values, passes: str, checks: _Checks) -> list:
    """Check all clusters' bytes; returns the clusters' starts as bare i64."""
    size = f.define(f"load i64, ptr {f.module.use(f.module.memories[0], 8)}")
    size = f.define(f"shl nuw nsw i64 {size}, {PAGE_BITS}")
    starts, spans = [], []
    for cluster in plan.clusters:
        index = plan.body.dag.sum_of(cluster.first, dict(cluster.root.terms))
        first = f.define(f"zext i32 {start.value(index)} to i64")
        moved = f.define(f"mul nuw nsw i64 {passes}, {cluster.root.stride}")
        rest = cluster.high - cluster.root.stride
        end = f.define(f"add i64 {f.define(f'add i64 {first}, {moved}')}, {rest}")
        checks.add(f"icmp ule i64 {end}, {size}")
        starts.append(first)
        spans.append((f.define(f"add i64 {first}, {cluster.low}"), end))
    for at, cluster in enumerate(plan.clusters):
        for other in range(at):
            if cluster.has_store or plan.clusters[other].has_store:
                below = f.define(f"icmp ule i64 {spans[at][1]}, {spans[other][0]}")
                above = f.define(f"icmp ule i64 {spans[other][1]}, {spans[at][0]}")
                checks.add(f"or i1 {below}, {above}")
    return starts


def _check_uniform(f: Function, plan: Plan, checks: _Checks) -> None:
    for local, width in plan.uniform:
        lanes = 16 // width
        shape = f"<{lanes} x i{8 * width}>"
        vector = f.define(f"bitcast {f.locals[local]} to {shape}")
        first = f.define(
            f"shufflevector {shape} {vector}, {shape} poison, <{lanes} x i32> zeroinitializer"
        )
        differs = f.define(f"icmp ne {shape} {vector}, {first}")
        bits = f.define(f"bitcast <{lanes} x i1> {differs} to i{lanes}")
        checks.add(f"icmp eq i{lanes} {bits}, 0")


def _lanes_per_vector(plan: Plan) -> int:
    """How many steps fill a vector register."""
    dag = plan.body.dag
    widest = WIDTHS["i32"] if plan.sums else 1
    for _, type_text, _ in plan.stores:
        widest = max(widest, WIDTHS[type_text])
    for node in dag.nodes:
        if node.op == "load":
            widest = max(widest, WIDTHS[node.type])
    return VECTOR_BYTES // widest


def _passes(f: Function, plan: Plan, more: str, can_finish: bool, checks: _Checks) -> str:
    """How many passes of the old loop the new one does, as a bare i64."""
    wide = f.define(f"zext i32 {more} to i64")
    passes = f.define(f"add nuw nsw i64 {wide}, 1") if can_finish else wide
    least = -(-_VECTORS_MIN * _lanes_per_vector(plan) // plan.steps)
    if plan.body.has_vectors:
        filled = _lanes_per_vector(plan) * _INTERLEAVE
        multiple = filled // math.gcd(filled, plan.steps)
        passes = f.define(f"and i64 {passes}, {-multiple}")
        least = multiple
    checks.add(f"icmp uge i64 {passes}, {least}")
    return passes


def _write_loop(f: Function, plan: Plan, pointers: list[str], passes: str) -> dict[int, str]:
    """The new loop; continues after it. Returns the locals that it sums up or hands on."""
    before, label, after = f.block, f.new_label(), f.new_label()
    total = f.define(f"mul nuw nsw i64 {passes}, {plan.steps}")
    start = _Values(f, plan, pointers, "")
    initial = {number: start.value(number) for number in plan.updates}
    f.lines.append(f"br label %{label}")
    f.open_block(label, dominated=True)
    phis = len(f.lines)
    f.lines.append("")
    first = f.count + 1
    f.count += 1 + len(plan.updates) + len(plan.sums)
    values = _Values(f, plan, pointers, f"%{first}")
    held = {number: f"%{first + 1 + at}" for at, number in enumerate(plan.updates)}
    sums = {local: f"%{f.count - at}" for at, local in enumerate(plan.sums)}
    values.known.update(held)
    # Nothing that is loaded depends on a store of the same step, so all loads come first.
    stored = [values.value(number) for _, _, number in plan.stores]
    later = {number: values.value(update) for number, update in plan.updates.items()}
    totals = {
        local: f.define(f"add i32 {sums[local]}, {values.value(number)}")
        for local, number in plan.sums.items()
    }
    for (place, type_text, _), value in zip(plan.stores, stored):
        pointer = values.pointer(*plan.cluster(place))
        f.lines.append(f"store {type_text} {value}, ptr {pointer}, align 1")
    following = f.define(f"add nuw nsw i64 %{first}, 1")
    ends = f.define(f"icmp eq i64 {following}, {total}")
    lines = [f"%{first} = phi i64 [0, %{before}], [{following}, %{label}]"]
    for number, name in held.items():
        edges = f"[{initial[number]}, %{before}], [{later[number]}, %{label}]"
        lines.append(f"{name} = phi {plan.body.dag.nodes[number].type} {edges}")
    for local, name in reversed(sums.items()):
        edges = f"[{f.locals[local][4:]}, %{before}], [{totals[local]}, %{label}]"
        lines.append(f"{name} = phi i32 {edges}")
    f.lines[phis] = "\n".join(lines)
    hint = ""
    if plan.body.has_vectors:
        hint = f", !llvm.loop {f.module.loop_hints.name(_lanes_per_vector(plan))}"
    computed = {local: f"i32 {total}" for local, total in totals.items()}
    f.lines.append(f"br i1 {ends}, label %{after}, label %{label}{hint}")
    f.open_block(after, dominated=True)
    for number, value in later.items():
        op, type_text, args = plan.body.dag.nodes[number]
        if op == "local":
            computed[args[0]] = f"{type_text} {value}"
    return computed


def _locals_after(
    f: Function, plan: Plan, pointers: list[str], passes: str, computed: dict[int, str]
) -> list[str]:
    """The locals as the old loop would leave them after as many passes."""
    found = list(f.locals)
    count = f.define(f"trunc i64 {passes} to i32")
    for local, step in plan.counters.items():
        grown = f.define(f"mul i32 {count}, {step}")
        found[local] = f"i32 {f.define(f'add {f.locals[local]}, {grown}')}"
    for local, operand in computed.items():
        found[local] = operand
    last = f.define(f"add nsw i64 {passes}, -1")
    for local in plan.body.carried:
        value = plan.body.locals[local]
        if isinstance(value, tuple):
            cluster, distance = plan.cluster(plan.place(value[0].source, value[0].part))
            moved = f.define(f"mul nuw nsw i64 {last}, {plan.clusters[cluster].root.stride}")
            place = f.define(f"add nuw nsw i64 {moved}, {distance}")
            pointer = f"getelementptr nusw nuw i8, ptr {pointers[cluster]}, i64 {place}"
            loaded = f.define(f"load {VECTOR}, ptr {f.define(pointer)}, align 1")
            found[local] = f"{VECTOR} {loaded}"
    return found


def write_rolled(f: Function, plan: Plan, can_finish: bool) -> Optional[Frame]:
    """Write checks and the new loop in front of the old one, which the caller writes next.

    With `can_finish` the new loop may do all passes: the returned frame is where the old loop's
    end continues too (`join` it there).
    """
    start_of_memory = base(f, 0)
    old = Frame("block", f.new_label(), _NO_TYPE, len(f.stack))
    checks = _Checks(f)
    start = _Values(f, plan, [], "")
    more = _more_passes(f, plan, start, checks)
    passes = _passes(f, plan, more, can_finish, checks)
    # A loop of few passes shall not pay for the other checks.
    checks.branch(old)
    starts = _check_memory(f, plan, start, passes, checks)
    _check_uniform(f, plan, checks)
    checks.branch(old)
    pointers = [
        f.define(f"getelementptr nusw nuw i8, ptr {start_of_memory}, i64 {first}")
        for first in starts
    ]
    computed = _write_loop(f, plan, pointers, passes)
    after = _locals_after(f, plan, pointers, passes, computed)
    old.edges.append((f.block, (), after))
    finished: Optional[Frame] = None
    if can_finish:
        finished = Frame("block", f.new_label(), _NO_TYPE, len(f.stack))
        finished.edges.append((f.block, (), after))
        is_done = f.define(f"icmp ugt i64 {passes}, {f.define(f'zext i32 {more} to i64')}")
        f.lines.append(f"br i1 {is_done}, label %{finished.label}, label %{old.label}")
    else:
        f.lines.append(f"br label %{old.label}")
    join(f, old)
    return finished


def loop_preludes(
    types: Sequence[ValueType], instructions: Sequence[Instruction], with_vectors: bool
) -> dict[int, Callable[[Function], Optional[Frame]]]:
    """What to write in front of loops that can be rolled up, by their offset.

    `types` are those of the function's locals; loops of vectors only `with_vectors`.
    """
    plans: list[tuple[int, int, Plan]] = []
    edges = BlockCodes.openers | {BlockCodes.end}
    blocks = [place for place in enumerate(instructions) if place[1][0] in edges]
    for (first, (opener, _, _)), (last, (closer, _, _)) in zip(blocks, blocks[1:]):
        if opener == BlockCodes.loop and closer == BlockCodes.end:
            block_type = instructions[first][1]
            is_plain = not block_type.params and not block_type.results
            if is_plain and _BODY_MIN <= last - first <= _BODY_MAX:
                plan = _plan(types, instructions[first + 1 : last])
                if plan and (with_vectors or not plan.body.has_vectors):
                    plans.append((first, last, plan))
    if not plans:
        return {}
    live = live_after(instructions, [last for _, last, _ in plans])
    found = {}
    for first, last, plan in plans:
        only_old = [i for i in plan.body.assigned if i not in plan.body.carried]
        can_finish = not any(live[last] >> index & 1 for index in only_old)
        offset = instructions[first][2]
        found[offset] = partial(write_rolled, plan=plan, can_finish=can_finish)
    return found


def _plan(types: Sequence[ValueType], instructions: Sequence[Instruction]) -> Optional[Plan]:
    body = Body(types)
    try:
        body.run(instructions)
    except NotRegular:
        return None
    return plan_loop(body)
