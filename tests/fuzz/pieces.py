# SPDX-License-Identifier: Apache-2.0
"""The pieces of random programs: instructions by result type, constants, canonical NaNs."""
from __future__ import annotations

import random
from typing import NamedTuple

from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import Opcode

NUMBERS = ("i32", "i64", "f32", "f64", "v128")
TYPES = (*NUMBERS, "funcref")
PAGES = 2
PAGES_MAX = 4
TABLE_SIZE = 8
FUEL = 200
SEGMENT_SIZE = 64

_NAN_OPEN = frozenset(
    """add sub mul div sqrt min max ceil floor trunc nearest demote_f64 promote_f32
    demote_f64x2_zero promote_low_f32x4""".split()
)
DIVISIONS = ("div_s", "div_u", "rem_s", "rem_u")


class Signature(NamedTuple):
    """A function's types."""

    params: tuple[str, ...]
    results: tuple[str, ...]

    def text(self) -> str:
        """The type as text."""
        params = "".join(f" (param {kind})" for kind in self.params)
        return params + "".join(f" (result {kind})" for kind in self.results)


def _rows_by_result(family: str) -> dict[str, list[Opcode]]:
    found: dict[str, list[Opcode]] = {kind: [] for kind in NUMBERS}
    for row in OPCODES:
        if row.proposal or row.family != family or row.results is None or row.params is None:
            continue
        loads = row.immediate.startswith("memarg")
        if len(row.results) == 1 and row.params and (not loads or row.params[0] == "addr"):
            if row.results[0] in found and row.name not in ("memory.grow",):
                found[row.results[0]].append(row)
    return found


OPERATIONS = {
    kind: _rows_by_result("numeric")[kind] + 2 * _rows_by_result("simd")[kind] for kind in NUMBERS
}
LOADS = _rows_by_result("memory")
STORES = [
    row for row in OPCODES
    if not row.proposal and row.params and row.params[0] == "addr" and row.results == ()
    and row.immediate.startswith("memarg")
]  # fmt: skip

_INTEGERS = (0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535)
_FLOATS = (
    "0", "-0", "1", "-1", "0.5", "1.5", "-2.5", "inf", "-inf", "nan", "0x1p-149", "0x1p-126",
    "0x1.fffffep+127", "0x1p+23", "0x1p+31", "-0x1p+31", "0x1p+32", "0x1p+63", "-0x1p+63",
    "0x1p+64",
)  # fmt: skip
_SIGNALLING = {"f32": "nan:0x200000", "f64": "nan:0x4000000000000"}


def lanes(chance: random.Random, row: Opcode) -> str:
    """A random immediate of a lane or shuffle instruction."""
    if row.immediate == "lane":
        return str(chance.randrange(row.bound))
    if row.immediate == "memarg_lane":
        return str(chance.randrange(16 >> row.bound))
    if row.immediate == "shuffle":
        return " ".join(str(chance.randrange(32)) for _ in range(16))
    return ""


def canonical(text: str, row: Opcode) -> str:
    """The instruction, followed by what makes its NaNs canonical if they are not determined."""
    shape, _, operation = row.name.partition(".")
    if operation not in _NAN_OPEN:
        return text
    if shape in ("f32", "f64"):
        temporary = f"$n{shape}"
        test = f"({shape}.ne (local.get {temporary}) (local.get {temporary}))"
        return f"(select ({shape}.const nan) (local.tee {temporary} {text}) {test})"
    if shape in ("f32x4", "f64x2"):
        nans = " ".join(["nan"] * (4 if shape == "f32x4" else 2))
        test = f"({shape}.ne (local.get $nv128) (local.get $nv128))"
        constants = f"(v128.const {shape} {nans})"
        return f"(v128.bitselect {constants} (local.tee $nv128 {text}) {test})"
    return text


def constant(chance: random.Random, kind: str) -> str:
    """A constant, preferably an interesting one."""
    if kind == "funcref":
        return "(ref.null func)"
    if kind == "v128":
        parts = [integer(chance, 32) for _ in range(4)]
        if chance.randrange(3) == 0:
            return f"(v128.const f32x4 {' '.join(chance.choice(_FLOATS) for _ in range(4))})"
        if chance.randrange(3) == 0:
            parts = parts[:1] * 4
        return f"(v128.const i32x4 {' '.join(map(str, parts))})"
    if kind in ("f32", "f64"):
        if chance.randrange(8) == 0:
            return f"({kind}.const {_SIGNALLING[kind]})"
        if chance.randrange(3) == 0:
            return f"({kind}.const {chance.uniform(-1000, 1000)!r})"
        return f"({kind}.const {chance.choice(_FLOATS)})"
    return f"({kind}.const {integer(chance, int(kind[1:]))})"


def integer(chance: random.Random, bits: int) -> int:
    """A signed number, often near a power of two."""
    pick = chance.randrange(4)
    if pick == 0:
        number = chance.getrandbits(bits)
    elif pick == 1:
        number = (1 << chance.randrange(bits)) + chance.choice((-1, 0, 1))
    else:
        number = chance.choice(_INTEGERS)
    number = (-number if chance.randrange(3) == 0 else number) % (1 << bits)
    return number - (1 << bits) if number >> bits - 1 else number
