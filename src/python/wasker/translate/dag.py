# SPDX-License-Identifier: Apache-2.0
"""Values of a loop's body as a graph, in which equal computations are one node.

Vectors are 16 bytes, each of which names what it is a part of, so that a shuffle costs nothing and
a vector computation falls apart into those of its lanes. An i32 sum is one node of a constant and
terms with factors (modulo 2^32), so that addresses can be compared.
"""
from __future__ import annotations

from typing import NamedTuple
from typing import Sequence
from typing import Union

_I32_MASK = 0xFFFF_FFFF
# LLVM scalar type -> bytes.
WIDTHS = {"i8": 1, "i16": 2, "i32": 4, "i64": 8, "float": 4, "double": 8}
# What follows a graph from node to node does so by recursion.
DEPTH_MAX = 64
_INTEGER_OF_WIDTH = {1: "i8", 2: "i16", 4: "i32", 8: "i64"}


class NotRegular(Exception):
    """The loop is none that `reroll.py` can handle."""


class Node(NamedTuple):
    """`op` is an LLVM operation on nodes `args`, or one of

    - `const`: (bits), `local`: (index), the value when the body begins,
    - `lane`: (local, first byte), a part of a vector's value when the body begins,
    - `load`: (index node, static offset),
    - `sum`: (constant, ((node, factor), ...)) modulo 2^32.
    """

    op: str
    type: str
    args: tuple


def arguments(node: Node) -> tuple[int, ...]:
    """The nodes that a node is made of."""
    if node.op == "sum":
        return tuple(number for number, _ in node.args[1])
    if node.op == "load":
        return node.args[:1]
    return () if node.op in ("const", "local", "lane") else node.args


class Byte(NamedTuple):
    """A byte of a vector: byte `part` of node `source`; of memory, at offset `part` from the index
    node `source`; of the vector local `source`; or the number `part`."""

    kind: str
    source: int
    part: int


Vector = tuple[Byte, ...]
Value = Union[int, Vector]


class Dag:
    """All nodes of one body, by number."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}
        self._depths: list[int] = []

    def make(self, op: str, type_text: str, *args: object) -> int:
        """The number of the node; the same for equal arguments."""
        node = Node(op, type_text, args)
        number = self._numbers.get(node)
        if number is None:
            number = self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
            self._depths.append(1 + max(map(self._depths.__getitem__, arguments(node)), default=0))
            if self._depths[-1] > DEPTH_MAX:
                raise NotRegular
        return number

    def const(self, type_text: str, bits: int) -> int:
        """A constant from its bits."""
        return self.make("const", type_text, bits & (1 << 8 * WIDTHS[type_text]) - 1)

    def sum_of(self, constant: int, terms: dict[int, int]) -> int:
        """An i32 sum; the node itself if it is one term."""
        constant &= _I32_MASK
        kept = tuple(sorted((n, x & _I32_MASK) for n, x in terms.items() if x & _I32_MASK))
        if not kept:
            return self.const("i32", constant)
        if not constant and len(kept) == 1 and kept[0][1] == 1:
            return kept[0][0]
        return self.make("sum", "i32", constant, kept)

    def terms(self, number: int) -> tuple[int, dict[int, int]]:
        """An i32 node as constant and factor of each term."""
        node = self.nodes[number]
        if node.op == "const":
            return node.args[0], {}
        if node.op == "sum":
            return node.args[0], dict(node.args[1])
        return 0, {number: 1}

    def add(self, left: int, right: int, sign: int = 1) -> int:
        """left + sign * right, both i32."""
        constant, found = self.terms(left)
        more, others = self.terms(right)
        for number, factor in others.items():
            found[number] = found.get(number, 0) + sign * factor
        return self.sum_of(constant + sign * more, found)

    def scale(self, number: int, factor: int) -> int:
        """An i32 node times a constant."""
        constant, found = self.terms(number)
        return self.sum_of(constant * factor, {n: x * factor for n, x in found.items()})

    def constant_of(self, number: int) -> int:
        """The bits of a constant node; raises NotRegular for others."""
        node = self.nodes[number]
        if node.op != "const":
            raise NotRegular
        return node.args[0]

    def cast(self, number: int, type_text: str) -> int:
        """The node's bits as another type of the same width."""
        node = self.nodes[number]
        if node.type == type_text:
            return number
        if node.op == "const":
            return self.const(type_text, node.args[0])
        return self.make("bitcast", type_text, number)

    def lane(self, part: Sequence[Byte], type_text: str) -> int:
        """The node that some bytes of a vector are; raises NotRegular if it is not one node."""
        kind, source, first = part[0]
        if kind == "const":
            if any(byte.kind != "const" for byte in part):
                raise NotRegular
            return self.const(type_text, int.from_bytes(bytes(b.part for b in part), "little"))
        if any(byte != (kind, source, first + i) for i, byte in enumerate(part)):
            raise NotRegular
        if kind == "memory":
            return self.make("load", type_text, source, first)
        if kind == "local":
            return self.make("lane", type_text, source, first)
        if first or WIDTHS[self.nodes[source].type] != len(part):
            raise NotRegular
        return self.cast(source, type_text)

    def lanes(self, vector: Vector, type_text: str) -> list[int]:
        """All lanes of a vector."""
        width = WIDTHS[type_text]
        return [self.lane(vector[i : i + width], type_text) for i in range(0, 16, width)]

    def vector(self, numbers: Sequence[int]) -> Vector:
        """A vector of lanes."""
        found: list[Byte] = []
        for number in numbers:
            node = self.nodes[number]
            width = WIDTHS[node.type]
            if node.op == "load":
                index, offset = node.args
                found += [Byte("memory", index, offset + i) for i in range(width)]
            elif node.op == "lane":
                local, first = node.args
                found += [Byte("local", local, first + i) for i in range(width)]
            elif node.op == "const":
                content = node.args[0].to_bytes(width, "little")
                found += [Byte("const", 0, byte) for byte in content]
            else:
                found += [Byte("node", number, i) for i in range(width)]
        return tuple(found)

    def natural_type(self, byte: Byte) -> str:
        """The type of the lanes of a vector that begins with this byte."""
        if byte.kind == "node":
            return self.nodes[byte.source].type
        return "i32"

    def bits_type(self, byte: Byte) -> str:
        """The integer type of the lanes of a vector that begins with this byte."""
        return _INTEGER_OF_WIDTH[WIDTHS[self.natural_type(byte)]]
