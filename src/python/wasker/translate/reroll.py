# SPDX-License-Identifier: Apache-2.0
"""Finds loops whose body is several equal steps, and says what one step is.

Compilers unroll loops when they make Wasm, and their vectors have 128 bits. LLVM cannot undo that,
and vectorises such code badly or not at all. A loop that stores `steps` neighbouring elements in
each pass, all computed alike from elements of the same position, is a loop of one element; written
like that (`rolled.py`), LLVM's vectoriser makes of it what the processor does best.

The steps of a pass run one after the other in the new loop, where before they may have run side by
side. So no store may reach what another step loads or stores; what cannot be told here becomes a
check before the loop. See docs/decisions/0008-loops-are-rolled-up.md.
"""
from __future__ import annotations

from typing import Iterator
from typing import Optional

from wasker.translate.dag import WIDTHS
from wasker.translate.dag import Byte
from wasker.translate.dag import NotRegular
from wasker.translate.dag import Vector
from wasker.translate.dag import arguments
from wasker.translate.loopbody import Body
from wasker.translate.rollplan import Cluster
from wasker.translate.rollplan import Place
from wasker.translate.rollplan import Plan
from wasker.translate.rollplan import Root
from wasker.translate.rollplan import Stored
from wasker.translate.rollplan import Trips
from wasker.translate.rollplan import root_of
from wasker.translate.rollplan import signed
from wasker.translate.rollplan import stride_of

_I32 = 1 << 32
# Accesses with the same terms that are further apart than this are checked apart.
_CLUSTER_BYTES = 1 << 20
# More steps in a pass than any vector or unrolled loop has.
_STEPS_MAX = 256
# Bounds of the work on one loop; real ones stay far below.
_ACCESSES_MAX = 512
_COMPARISONS_MAX = 50_000


def _counters(body: Body) -> dict[int, int]:
    found = {}
    for index in body.carried:
        value = body.locals[index]
        if isinstance(value, tuple) or body.dag.nodes[value].type != "i32":
            continue
        constant, terms = body.dag.terms(value)
        if terms == {body.dag.make("local", "i32", index): 1}:
            found[index] = signed(constant)
    return found


def _trips(body: Body, counters: dict[int, int]) -> Trips:
    node = body.dag.nodes[body.condition]
    if node.op not in ("icmp ne", "icmp ult") or body.dag.nodes[node.args[0]].type != "i32":
        raise NotRegular
    kind = node.op[5:]
    left, right = node.args
    if kind == "ne":
        left, right = body.dag.add(left, right, -1), body.dag.const("i32", 0)
    _, terms = body.dag.terms(left)
    step = stride_of(body, counters, terms)
    _, terms = body.dag.terms(right)
    if stride_of(body, counters, terms) or not step or (kind == "ult" and step < 0):
        raise NotRegular
    return Trips(kind, left, right, step)


def _clusters(body: Body, counters: dict[int, int]) -> list[Cluster]:
    places = []
    for access in body.accesses:
        root, constant = root_of(body, counters, access.index)
        low = constant + access.offset
        places.append((root, constant, low, low + access.size, access.is_store))
    found: list[Cluster] = []
    for root, constant, low, high, is_store in sorted(places):
        last = found[-1] if found else None
        if last and last.root == root and constant - last.first < _CLUSTER_BYTES:
            last.low = min(last.low, low - last.first)
            last.high = max(last.high, high - last.first)
            last.has_store |= is_store
        else:
            found.append(Cluster(root, constant, low - constant, high - constant, is_store))
    return found


def _check_order(body: Body, counters: dict[int, int]) -> None:
    """No load may depend on an earlier store of the same pass."""
    stores: list[tuple[Root, int, int]] = []
    for access in body.accesses:
        root, constant = root_of(body, counters, access.index)
        low = constant + access.offset
        for other, other_low, other_high in stores:
            if other == root and low < other_high and other_low < low + access.size:
                raise NotRegular
        if access.is_store:
            stores.append((root, low, low + access.size))


def _store_streams(body: Body, counters: dict[int, int]) -> list[list[Stored]]:
    """The stores as streams, each with its steps in the order of their addresses."""
    by_root: dict[Root, list[Stored]] = {}
    for access in body.accesses:
        if access.is_store:
            root, constant = root_of(body, counters, access.index)
            assert isinstance(access.stored, int)
            place = Place(root, constant + access.offset)
            stored = Stored(place, access.stored_type, access.stored)
            by_root.setdefault(root, []).append(stored)
    streams = []
    for root, stores in by_root.items():
        stores.sort()
        width = WIDTHS[stores[0].type]
        steps = root.stride // width
        if not steps or root.stride % width or len(stores) % steps:
            raise NotRegular
        for first in range(0, len(stores), steps):
            stream = stores[first : first + steps]
            for step, stored in enumerate(stream):
                expected = stream[0].place.position + step * width
                if stored.place.position != expected or stored.type != stream[0].type:
                    raise NotRegular
            streams.append(stream)
    return streams


class _Matcher:
    """Compares the computation of the first step with those of later ones."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._body = plan.body
        self._nodes = plan.body.dag.nodes
        self._known: set[tuple[int, int, int]] = set()
        self._comparisons = 0

    def match(self, first: int, other: int, step: int) -> None:
        """Check that `other` is what `first` is `step` steps later; raises NotRegular."""
        key = (first, other, step)
        if key in self._known:
            return
        self._comparisons += 1
        if self._comparisons > _COMPARISONS_MAX:
            raise NotRegular
        a, b = self._nodes[first], self._nodes[other]
        if self.is_carried(first):
            self._carry(first, other, step)
        elif a.type != b.type:
            raise NotRegular
        elif a.op == "sum" or (a.op == "local" and a.args[0] in self._plan.counters):
            self._match_sums(first, other, step)
        elif a.op != b.op or len(a.args) != len(b.args):
            raise NotRegular
        elif a.op == "load":
            self._match_loads(a.args, b.args, step, WIDTHS[a.type])
        elif a.op == "lane":
            self._match_lanes(first, a.args, b.args)
        elif a.op in ("const", "local"):
            if first != other:
                raise NotRegular
        else:
            for mine, others in zip(a.args, b.args):
                self.match(mine, others, step)
        self._known.add(key)

    def is_carried(self, number: int) -> bool:
        """Whether the node is a value from the pass before, other than a counter."""
        node = self._nodes[number]
        if node.op not in ("local", "lane") or node.args[0] not in self._body.assigned:
            return False
        return node.args[0] not in self._plan.counters

    def _carry(self, first: int, other: int, step: int) -> None:
        """A value from the step before: the next step says how it is computed."""
        if step == 0:
            if first != other:
                raise NotRegular
            return
        updates = self._plan.updates
        if first not in updates:
            if step != 1 or self._nodes[first].type != self._nodes[other].type:
                raise NotRegular
            if any(map(self.is_carried, self.reachable(other))):
                raise NotRegular
            updates[first] = other
        self.match(updates[first], other, step - 1)

    def reachable(self, number: int) -> Iterator[int]:
        """The node and all it is made of."""
        pending, seen = [number], {number}
        while pending:
            current = pending.pop()
            yield current
            for argument in arguments(self._nodes[current]):
                if argument not in seen:
                    seen.add(argument)
                    pending.append(argument)

    def _match_sums(self, first: int, other: int, step: int) -> None:
        """Sums: terms that stay, and terms that are other terms `step` steps later."""
        dag, plan = self._body.dag, self._plan
        constant, terms = dag.terms(first)
        later_constant, later = dag.terms(other)
        moved = 0
        rest = dict(later)
        for number, factor in terms.items():
            node = self._nodes[number]
            if node.op == "local" and node.args[0] in plan.counters:
                moved += factor * plan.counters[node.args[0]]
                partner = number
            else:
                partner = self._partner(number, factor, rest, step)
            if rest.pop(partner, None) != factor:
                raise NotRegular
        moved = signed(moved % _I32)
        if rest or moved % plan.steps:
            raise NotRegular
        if (later_constant - constant - step * (moved // plan.steps)) % _I32:
            raise NotRegular

    def _partner(self, number: int, factor: int, among: dict[int, int], step: int) -> int:
        for candidate, other_factor in among.items():
            if other_factor == factor and self.matches(number, candidate, step):
                return candidate
        raise NotRegular

    def matches(self, first: int, other: int, step: int) -> bool:
        """`match` as a question; leaves no trace when the answer is no."""
        updates, uniform = dict(self._plan.updates), dict(self._plan.uniform)
        try:
            self.match(first, other, step)
            return True
        except NotRegular:
            self._plan.updates, self._plan.uniform = updates, uniform
            self._known.clear()
            return False

    def _match_loads(self, first: tuple, other: tuple, step: int, width: int) -> None:
        mine, later = self._plan.place(*first), self._plan.place(*other)
        stride = mine.root.stride
        if mine.root != later.root or stride not in (0, self._plan.steps * width):
            raise NotRegular
        if later.position - mine.position != step * stride // self._plan.steps:
            raise NotRegular

    def _match_lanes(self, number: int, first: tuple, other: tuple) -> None:
        """Lanes of a vector that does not change: all must be equal."""
        if first[0] != other[0]:
            raise NotRegular
        self._plan.uniform.setdefault((first[0], WIDTHS[self._nodes[number].type]), number)


def _match_stores(plan: Plan, matcher: _Matcher, streams: list[list[Stored]]) -> None:
    for stream in streams:
        if len(stream) != plan.steps:
            raise NotRegular
        plan.stores.append(stream[0])
    # A recurrence is told by its second step, so the steps come in order.
    for step in range(plan.steps):
        for stream in streams:
            matcher.match(stream[0].value, stream[step].value, step)


def _match_sum(plan: Plan, matcher: _Matcher, index: int) -> bool:
    """A local to which each step adds something."""
    dag = plan.body.dag
    value = plan.body.locals[index]
    before = dag.make("local", "i32", index)
    if isinstance(value, tuple) or dag.nodes[value].type != "i32":
        return False
    constant, terms = dag.terms(value)
    if constant or terms.pop(before, 0) != 1 or set(terms.values()) != {1}:
        return False
    if len(terms) != plan.steps or any(before in matcher.reachable(term) for term in terms):
        return False
    for first in terms:
        rest = list(terms)
        for step in range(plan.steps):
            found = next((term for term in rest if matcher.matches(first, term, step)), None)
            if found is None:
                break
            rest.remove(found)
        if not rest:
            plan.sums[index] = first
            return True
    return False


def _match_carried(plan: Plan, matcher: _Matcher) -> None:
    """Every local that a pass hands to the next must be known after the new loop."""
    dag = plan.body.dag
    used = {n for stored in plan.stores for n in matcher.reachable(stored.value)}
    used |= {n for value in plan.sums.values() for n in matcher.reachable(value)}
    for index in plan.body.carried:
        if index in plan.counters or index in plan.sums:
            continue
        value = plan.body.locals[index]
        if isinstance(value, tuple):
            _check_reload(plan, value)
        elif dag.make("local", dag.nodes[value].type, index) not in plan.updates:
            raise NotRegular
    for number, update in plan.updates.items():
        node = dag.nodes[number]
        value = plan.body.locals[node.args[0]]
        if isinstance(value, tuple):
            first = node.args[1]
            value = dag.lane(value[first : first + WIDTHS[node.type]], node.type)
        matcher.match(update, value, plan.steps - 1)
    for number in used:
        node = dag.nodes[number]
        if node.op in ("local", "lane") and node.args[0] in plan.sums:
            raise NotRegular
        if matcher.is_carried(number) and number not in plan.updates:
            raise NotRegular


def _check_reload(plan: Plan, value: Vector) -> None:
    """A vector that the last pass loaded is loaded again, so nothing may be stored there since.

    What is stored in other clusters is none of it.
    """
    source, first = value[0].source, value[0].part
    if any(byte != Byte("memory", source, first + i) for i, byte in enumerate(value)):
        raise NotRegular
    cluster, position = plan.cluster(plan.place(source, first))
    for place, _, _ in plan.stores:
        other, stored = plan.cluster(place)
        if other == cluster and position < stored + place.root.stride:
            raise NotRegular


def _check_overlap(plan: Plan, matcher: _Matcher) -> None:
    """Streams of one cluster: a store must not run ahead of what other steps load or store."""
    loads = set()
    values = [stored.value for stored in plan.stores] + list(plan.sums.values())
    for value in values + list(plan.updates.values()):
        for number in matcher.reachable(value):
            node = plan.body.dag.nodes[number]
            if node.op == "load":
                loads.add(plan.place(*node.args))
    for at, (place, type_text, _) in enumerate(plan.stores):
        cluster, position = plan.cluster(place)
        for load in loads:
            other, from_position = plan.cluster(load)
            ahead = position - from_position
            if other == cluster and (ahead > 0 or ahead % WIDTHS[type_text]):
                raise NotRegular
        for second, _, _ in plan.stores[at + 1 :]:
            other, to_position = plan.cluster(second)
            if other == cluster and abs(position - to_position) < place.root.stride:
                raise NotRegular


def _step_count(body: Body, counters: dict[int, int], streams: list[list[Stored]]) -> int:
    if streams:
        return len(streams[0])
    strides = [root_of(body, counters, access.index)[0].stride for access in body.accesses]
    if not strides or body.has_vectors:
        raise NotRegular
    return max(s // a.size for s, a in zip(strides, body.accesses))


def plan_loop(body: Body) -> Optional[Plan]:
    """The plan for a body that has been run, or None if the loop is none of this kind."""
    try:
        counters = _counters(body)
        loads = sum(not access.is_store for access in body.accesses)
        if not loads or len(body.accesses) > _ACCESSES_MAX:
            return None
        trips = _trips(body, counters)
        clusters = _clusters(body, counters)
        _check_order(body, counters)
        streams = _store_streams(body, counters)
        steps = _step_count(body, counters, streams)
        if not 2 <= steps <= _STEPS_MAX:
            return None
        plan = Plan(body, steps, trips, counters, clusters, [])
        matcher = _Matcher(plan)
        _match_stores(plan, matcher, streams)
        for index in body.carried:
            if index not in counters:
                _match_sum(plan, matcher, index)
        if not plan.stores and not plan.sums:
            return None
        _match_carried(plan, matcher)
        _check_overlap(plan, matcher)
        return plan
    except NotRegular:
        return None
