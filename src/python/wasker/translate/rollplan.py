# SPDX-License-Identifier: Apache-2.0
"""What is known about a loop that is rolled up: `reroll.py` finds it, `rolled.py` writes it."""
from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import NamedTuple

from wasker.translate.dag import NotRegular
from wasker.translate.loopbody import Body

_I32 = 1 << 32


def signed(value: int) -> int:
    """An i32's bits as a signed number."""
    return value - _I32 if value & 1 << 31 else value


class Root(NamedTuple):
    """The terms of an index without its constant; each pass moves it by `stride` bytes."""

    terms: tuple[tuple[int, int], ...]
    stride: int


class Place(NamedTuple):
    """An access: index constant plus static offset, from a root."""

    root: Root
    position: int


class Stored(NamedTuple):
    """A stream of stores: the first step's place, type and value."""

    place: Place
    type: str
    value: int


@dataclass
class Cluster:
    """Accesses with one root near each other: their index constants begin at `first`, and their
    bytes are those from `low` to `high`, counted from there."""

    root: Root
    first: int
    low: int
    high: int
    has_store: bool


class Trips(NamedTuple):
    """How often a loop runs: while `left` and `right` differ (`ne`) or `left` is below (`ult`);
    `left` grows by `step` each pass."""

    kind: str
    left: int
    right: int
    step: int


@dataclass
class Plan:
    """A loop that can be rolled up into `steps` times as many passes.

    `updates`: recurrences, by the node that holds the value before, to the node after one step.
    `sums`: reductions, by local, to the node that one step adds. `uniform`: vector locals of which
    lanes of some width must be equal. `counters`: locals that grow by a constant each pass.
    """

    body: Body
    steps: int
    trips: Trips
    counters: dict[int, int]
    clusters: list[Cluster]
    stores: list[Stored]
    updates: dict[int, int] = field(default_factory=dict)
    sums: dict[int, int] = field(default_factory=dict)
    uniform: dict[tuple[int, int], int] = field(default_factory=dict)

    def root(self, index: int) -> tuple[Root, int]:
        """An index node as root and signed constant; raises NotRegular if it is no such sum."""
        return root_of(self.body, self.counters, index)

    def place(self, index: int, offset: int) -> Place:
        """Where an access is."""
        root, constant = self.root(index)
        return Place(root, constant + offset)

    def cluster(self, place: Place) -> tuple[int, int]:
        """The number of a place's cluster, and the distance from the cluster's first byte."""
        for number, cluster in enumerate(self.clusters):
            distance = place.position - cluster.first
            if cluster.root == place.root and cluster.low <= distance < cluster.high:
                return number, distance
        raise NotRegular


def _is_invariant(body: Body, number: int) -> bool:
    node = body.dag.nodes[number]
    if node.op == "local":
        return node.args[0] not in body.assigned
    if node.op == "sum":
        return all(_is_invariant(body, term) for term, _ in node.args[1])
    if node.op in ("load", "lane"):
        return False
    return node.op == "const" or all(_is_invariant(body, argument) for argument in node.args)


def stride_of(body: Body, counters: dict[int, int], terms: dict[int, int]) -> int:
    """How much a sum grows each pass; raises NotRegular if that is not known."""
    total = 0
    for number, factor in terms.items():
        node = body.dag.nodes[number]
        if node.op == "local" and node.args[0] in counters:
            total += factor * counters[node.args[0]]
        elif not _is_invariant(body, number):
            raise NotRegular
    return signed(total % _I32)


def root_of(body: Body, counters: dict[int, int], index: int) -> tuple[Root, int]:
    """An index node as root and signed constant; raises NotRegular if it is no such sum."""
    constant, terms = body.dag.terms(index)
    stride = stride_of(body, counters, terms)
    if stride < 0:
        raise NotRegular
    return Root(tuple(sorted(terms.items())), stride), signed(constant)
