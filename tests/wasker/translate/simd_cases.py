# SPDX-License-Identifier: Apache-2.0
"""Programs that run one vector instruction over an array of operands, and their operands.

Every case is an exported function `(n)` of one module that for each i < n reads its operands from
the INPUT area (48 bytes, one 16-byte slot each) and writes its result to OUTPUT (16 bytes).
"""
from __future__ import annotations

import itertools
import random
import struct
from typing import Iterator
from typing import NamedTuple

from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.opcodes import Opcode

INPUT = 1 << 16
SLOT = 16
STRIDE = 3 * SLOT
COUNT_MAX = 4096
OUTPUT = INPUT + COUNT_MAX * STRIDE
PAGES = (OUTPUT + COUNT_MAX * SLOT >> 16) + 1

# Relaxed instructions by strict ones, as the deterministic profile of WebAssembly 3.0 has them.
_STRICT = {
    **{
        f"{shape}.relaxed_{name}": text.replace("SHAPE", shape)
        for shape in ("f32x4", "f64x2")
        for name, text in {
            "madd": "(SHAPE.add (SHAPE.mul {0} {1}) {2})",
            "nmadd": "(SHAPE.add (SHAPE.mul (SHAPE.neg {0}) {1}) {2})",
            "min": "(SHAPE.min {0} {1})",
            "max": "(SHAPE.max {0} {1})",
        }.items()
    },
    **{
        f"{shape}.relaxed_laneselect": "(v128.bitselect {0} {1} {2})"
        for shape in ("i8x16", "i16x8", "i32x4", "i64x2")
    },
    **{
        f"i32x4.relaxed_trunc_{source}": f"(i32x4.trunc_sat_{source} {{0}})"
        for source in ("f32x4_s", "f32x4_u", "f64x2_s_zero", "f64x2_u_zero")
    },
    "i8x16.relaxed_swizzle": "(i8x16.swizzle {0} {1})",
    "i16x8.relaxed_q15mulr_s": "(i16x8.q15mulr_sat_s {0} {1})",
}
_PAIRS = "(i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_{half}_i8x16_s {{0}} {{1}}))"
_DOT = f"(i16x8.narrow_i32x4_s {_PAIRS.format(half='low')} {_PAIRS.format(half='high')})"
_STRICT["i16x8.relaxed_dot_i8x16_i7x16_s"] = _DOT
_STRICT["i32x4.relaxed_dot_i8x16_i7x16_add_s"] = (
    f"(i32x4.add (i32x4.extadd_pairwise_i16x8_s {_DOT}) {{2}})"
)

_SHUFFLES = (
    range(16), range(16, 32), range(15, -1, -1), [0] * 16, [31] * 16, range(8, 24),
    [lane // 2 + lane % 2 * 16 for lane in range(16)],
    [0, 31, 2, 29, 4, 27, 6, 25, 8, 23, 10, 21, 12, 19, 14, 17],
    [7, 7, 30, 1, 1, 16, 0, 22, 9, 9, 9, 3, 31, 13, 2, 20],
)  # fmt: skip


class Case(NamedTuple):
    """One instruction with one immediate (its text); one operand may be a constant's text."""

    opcode: Opcode
    immediate: str
    name: str
    constant_position: int = -1
    constant: str = ""


def cases() -> list[Case]:
    """Every vector instruction, with all lanes of lane instructions and several shuffles."""
    found = []
    for row in OPCODES:
        if row.family != "simd" or row.name == "v128.const":
            continue
        immediates = [""]
        if row.immediate == "lane":
            immediates = [str(lane) for lane in range(row.bound)]
        elif row.immediate == "memarg_lane":
            immediates = [str(lane) for lane in range(SLOT >> row.bound)]
        elif row.immediate == "shuffle":
            immediates = [" ".join(map(str, shuffle)) for shuffle in _SHUFFLES]
        found += [Case(row, text, f"{row.name} {text}".strip()) for text in immediates]
    return found + _identity_cases()


def _identity_cases() -> list[Case]:
    """Float arithmetic with constants for which an optimiser likes to leave the operation out."""
    found = []
    for shape, lanes in (("f32x4", 4), ("f64x2", 2)):
        for operation in ("add", "sub", "mul", "div"):
            row = OPCODES_BY_NAME[f"{shape}.{operation}"]
            for lane, position in itertools.product(("0.0", "-0.0", "1.0", "-1.0"), (0, 1)):
                name = f"{row.name} with {lane} as operand {position}"
                constant = f"(v128.const {shape} {' '.join([lane] * lanes)})"
                found.append(Case(row, "", name, position, constant))
    return found


def _operand(case: Case, position: int) -> str:
    """The text that reads one operand; an address is that of the first slot, or of the output."""
    row = case.opcode
    if position == case.constant_position:
        return case.constant
    kind = row.params[position]
    if kind == "addr":
        return "(local.get $in)" if row.results else "(local.get $out)"
    return f"({kind}.load offset={position * SLOT} (local.get $in))"


def _function(case: Case, strict: bool) -> str:
    row = case.opcode
    operands = [_operand(case, position) for position in range(len(row.params))]
    body = f"({row.name} {case.immediate} {' '.join(operands)})"
    if strict and row.name in _STRICT:
        body = _STRICT[row.name].format(*operands)
    if row.results:
        body = f"({row.results[0]}.store (local.get $out) {body})"
    return f"""
  (func (export "{case.name}") (param $n i32) (local $in i32) (local $out i32)
    (local.set $in (i32.const {INPUT}))
    (local.set $out (i32.const {OUTPUT}))
    (loop $next
      {body}
      (local.set $in (i32.add (local.get $in) (i32.const {STRIDE})))
      (local.set $out (i32.add (local.get $out) (i32.const {SLOT})))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"""


def module_text(chosen: list[Case], *, strict: bool = False) -> str:
    """One module with a function for each case; `strict` writes relaxed ones by strict ones."""
    functions = "".join(_function(case, strict) for case in chosen)
    return f'(module (memory (export "memory") {PAGES}){functions})'


_INTEGER_EDGES = {
    bits: [0, 1, 2, (1 << bits - 1) - 1, 1 << bits - 1, (1 << bits - 1) + 1, (1 << bits) - 1]
    for bits in (8, 16, 32, 64)
}
_FLOATS = (
    0.0, 0.5, 1.0, 1.5, 2.5, 0.49999997, 3.0, 1e-45, 1.1754944e-38, 3.4028235e38, 8388607.5,
    8388608.0, 16777216.0, 2147483647.0, 2147483648.0, 4294967295.0, 4294967296.0, 1e10,
    float("inf"),
)  # fmt: skip
_DOUBLES = (
    0.49999999999999994, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
    4503599627370495.5, 4503599627370496.0, 2147483647.5, 2147483648.5, 4294967295.5, 1e300,
)  # fmt: skip
# Canonical, arithmetic with payload, signalling with low and high payload.
_NANS_32 = (0x7FC00000, 0x7FC00001, 0x7FA00000, 0x7F800001, 0x7FFFFFFF)
_NANS_64 = tuple(0x7FF << 52 | low for low in (1 << 51, (1 << 51) + 1, 1 << 50, 1, (1 << 52) - 1))


def _random_float(chance: random.Random) -> float:
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(_FLOATS + _DOUBLES)
    if kind == 1:
        return chance.randrange(1 << 33) / 4
    if kind == 2:
        return chance.random() * 4
    return chance.random() * 2.0 ** chance.randrange(-140, 127)


def _float_bits(chance: random.Random, code: str, bits: int, nans: tuple) -> bytes:
    if chance.randrange(6) == 0:
        pattern = chance.choice(nans)
    else:
        try:
            pattern = int.from_bytes(struct.pack("<" + code, _random_float(chance)), "little")
        except OverflowError:
            pattern = nans[0]
    return (pattern | chance.getrandbits(1) << bits - 1).to_bytes(bits // 8, "little")


def _slot(chance: random.Random) -> bytes:
    kind = chance.randrange(8)
    if kind < 4:
        bits = 8 << kind
        lanes = [
            chance.choice(_INTEGER_EDGES[bits]) if chance.randrange(3) else chance.getrandbits(bits)
            for _ in range(128 // bits)
        ]
        return b"".join(lane.to_bytes(bits // 8, "little") for lane in lanes)
    if kind < 6:
        return b"".join(_float_bits(chance, "f", 32, _NANS_32) for _ in range(4))
    if kind == 6:
        return b"".join(_float_bits(chance, "d", 64, _NANS_64) for _ in range(2))
    return chance.getrandbits(128).to_bytes(16, "little")


def operands(count: int, seed: int) -> bytes:
    """The INPUT area: edges and random lanes of every shape; sometimes two equal operands."""
    chance = random.Random(seed)
    slots: list[bytes] = []
    for _ in range(count):
        first = _slot(chance)
        second = first if chance.randrange(8) == 0 else _slot(chance)
        slots += [first, second, _slot(chance)]
    return b"".join(slots)


# Float results whose NaN the specification does not determine: name after the dot.
_NAN_PROPAGATING = frozenset(
    """add sub mul div sqrt min max ceil floor trunc nearest demote_f64x2_zero promote_low_f32x4
    relaxed_madd relaxed_nmadd relaxed_min relaxed_max""".split()
)


def _lanes(content: bytes, bits: int) -> list[int]:
    return [
        int.from_bytes(content[at : at + bits // 8], "little")
        for at in range(0, len(content), bits // 8)
    ]


def _is_nan(pattern: int, bits: int) -> bool:
    mantissa, infinity = (23, 0x7F800000) if bits == 32 else (52, 0x7FF << 52)
    return pattern & infinity == infinity and bool(pattern & (1 << mantissa) - 1)


def _is_canonical(pattern: int, bits: int) -> bool:
    mantissa = 23 if bits == 32 else 52
    return pattern & (1 << mantissa) - 1 == 1 << mantissa - 1


def _lane_is_allowed(got: int, want: int, inputs: list[int], bits: int, input_bits: int) -> bool:
    """Specification 4.3.3: canonical when all NaN inputs are, else any arithmetic NaN."""
    if got == want:
        return True
    if not (_is_nan(got, bits) and _is_nan(want, bits)):
        return False
    nans = [pattern for pattern in inputs if _is_nan(pattern, input_bits)]
    if all(_is_canonical(pattern, input_bits) for pattern in nans):
        return _is_canonical(got, bits)
    return bool(got >> (22 if bits == 32 else 51) & 1)


def _allowed(case: Case, got: bytes, want: bytes, given: bytes) -> bool:
    shape, _, operation = case.opcode.name.partition(".")
    if operation not in _NAN_PROPAGATING or shape not in ("f32x4", "f64x2"):
        return False
    bits = input_bits = 32 if shape == "f32x4" else 64
    if operation in ("demote_f64x2_zero", "promote_low_f32x4"):
        input_bits = 96 - bits
    columns = [_lanes(given[at : at + SLOT], input_bits) for at in range(0, STRIDE, SLOT)]
    columns = columns[: len(case.opcode.params)]
    pairs = zip(_lanes(got, bits), _lanes(want, bits))
    return all(
        _lane_is_allowed(a, b, [column[lane % len(column)] for column in columns], bits, input_bits)
        for lane, (a, b) in enumerate(pairs)
    )


def differences(case: Case, data: bytes, got: bytes, want: bytes) -> Iterator[str]:
    """A line for each result that differs from the reference in a way that is not allowed."""
    if got == want:
        return
    for index in range(len(got) // SLOT):
        a, b = (side[index * SLOT : (index + 1) * SLOT] for side in (got, want))
        given = data[index * STRIDE : (index + 1) * STRIDE]
        if a != b and not _allowed(case, a, b, given):
            slots = " ".join(given[at : at + SLOT].hex() for at in range(0, STRIDE, SLOT))
            yield f"{case.name} of {slots}: {a.hex()} instead of {b.hex()}"
