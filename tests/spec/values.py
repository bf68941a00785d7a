# SPDX-License-Identifier: Apache-2.0
"""Values of the suite's scripts as the 64-bit slots that the driver passes and compares.

A value takes one slot, a v128 two (low half first). An expected value is a list of alternatives
(`either` gives several), each a tuple of one `Pattern` per slot.
"""
from __future__ import annotations

from typing import NamedTuple
from typing import Union

_ALL = 0xFFFF_FFFF_FFFF_FFFF
_LANE_BITS = {"i8": 8, "i16": 16, "i32": 32, "i64": 64, "f32": 32, "f64": 64}
_SCALARS = ("i32", "i64", "f32", "f64")
# (mask, value). Canonical: only the sign is free. Arithmetic: quiet, the rest of the payload and
# the sign are free (specification, section 4.3.3).
_NANS = {
    ("nan:canonical", 32): (0x7FFF_FFFF, 0x7FC0_0000),
    ("nan:arithmetic", 32): (0x7FC0_0000, 0x7FC0_0000),
    ("nan:canonical", 64): (0x7FFF_FFFF_FFFF_FFFF, 0x7FF8_0000_0000_0000),
    ("nan:arithmetic", 64): (0x7FF8_0000_0000_0000, 0x7FF8_0000_0000_0000),
}


class Pattern(NamedTuple):
    """Matches a slot when `slot & mask == value`, or when it does not if `differs`."""

    mask: int
    value: int
    differs: bool = False


NOT_NULL = Pattern(_ALL, 0, True)


def extern_reference(number: int) -> int:
    """The bits of the suite's `ref.extern number`: any distinct values but null, which is 0."""
    return number + 1


def _reference(kind: str, text: str) -> int:
    """A host's value is told from the program's references by its low bits once it is `any`."""
    if text == "null":
        return 0
    number = extern_reference(int(text))
    return number << 2 | 2 if kind == "anyref" else number


def _lanes(lane_bits: int, numbers: list[int]) -> list[int]:
    """Two slots from lanes, lowest first."""
    whole = 0
    for position, number in enumerate(numbers):
        assert 0 <= number < 1 << lane_bits
        whole |= number << position * lane_bits
    return [whole & _ALL, whole >> 64]


def argument_slots(value: dict) -> list[int]:
    """The slots of an argument."""
    kind = value["type"]
    if kind == "v128":
        return _lanes(_LANE_BITS[value["lane_type"]], list(map(int, value["value"])))
    if kind in _SCALARS:
        return [int(value["value"])]
    return [_reference(kind, value["value"])]


def _number_pattern(bits: int, text: str) -> tuple[int, int]:
    if text.startswith("nan:"):
        return _NANS[text, bits]
    return (1 << bits) - 1, int(text)


def _slot_patterns(value: dict) -> tuple[Pattern, ...]:
    kind = value["type"]
    if kind == "v128":
        bits = _LANE_BITS[value["lane_type"]]
        pairs = [_number_pattern(bits, text) for text in value["value"]]
        masks = _lanes(bits, [mask for mask, _ in pairs])
        values = _lanes(bits, [number for _, number in pairs])
        return tuple(Pattern(mask, number) for mask, number in zip(masks, values))
    if kind in _SCALARS:
        mask, number = _number_pattern(_LANE_BITS[kind], value["value"])
        # A scalar is widened with zeros, which must be there.
        return (Pattern(mask | _ALL ^ ((1 << _LANE_BITS[kind]) - 1), number),)
    if "value" not in value:
        return (NOT_NULL,)
    return (Pattern(_ALL, _reference(kind, value["value"])),)


def alternatives(expected: list[dict]) -> list[tuple[Pattern, ...]]:
    """Every row of slots that matches a list of expected results."""
    rows: list[tuple[Pattern, ...]] = [()]
    for value in expected:
        choices = value["values"] if value["type"] == "either" else [value]
        rows = [row + _slot_patterns(choice) for row in rows for choice in choices]
    return rows


def show_slots(slots: Union[list[int], tuple[int, ...]]) -> str:
    """Slots as a person reads them."""
    return " ".join(f"0x{slot:x}" for slot in slots) or "nothing"
