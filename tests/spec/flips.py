# SPDX-License-Identifier: Apache-2.0
"""Scripts that expect the wrong thing, to see that the runner notices."""
from __future__ import annotations

from dataclasses import replace
from typing import Optional

from corpus import Script

_FLOATS = ("f32", "f64")
_SIGN_AND_CANONICAL_NAN = {
    "f32": (0x8000_0000, 0x7FC0_0000),
    "f64": (0x8000_0000_0000_0000, 0x7FF8_0000_0000_0000),
}


def flip(script: Script) -> tuple[Script, set[int]]:
    """The script with every assertion about a binary made false, and those commands' numbers."""
    valid = [c["filename"] for c in script.commands if c["type"] == "module"]
    commands = []
    flipped = set()
    for number, command in enumerate(script.commands):
        other = _flipped_command(number, command, valid)
        commands.append(other or command)
        if other:
            flipped.add(number)
    return replace(script, commands=tuple(commands)), flipped


def _flipped_command(number: int, command: dict, valid: list[str]) -> Optional[dict]:
    kind = command["type"]
    if kind == "assert_return":
        if not command["expected"]:
            return {**command, "type": "assert_trap", "text": "unreachable"}
        # One of the results, and in turn each of a vector's lanes.
        at = number % len(command["expected"])
        expected = list(command["expected"])
        expected[at] = _flipped_value(number, expected[at])
        return {**command, "expected": expected}
    if kind in ("assert_trap", "assert_exhaustion", "assert_uninstantiable"):
        if number % 2 and "action" in command:
            return {**command, "type": "action"}
        text = "integer overflow" if command["text"] == "unreachable" else "unreachable"
        return {**command, "text": text}
    if kind in ("assert_invalid", "assert_malformed", "assert_unlinkable"):
        if command["module_type"] == "binary" and valid:
            return {**command, "filename": valid[0]}
    return None


def _flipped_value(number: int, value: dict) -> dict:
    kind = value["type"]
    if kind == "v128":
        lanes = list(value["value"])
        at = number % len(lanes)
        lanes[at] = _flipped_number(number, value["lane_type"], lanes[at])
        return {**value, "value": lanes}
    if kind in ("i32", "i64", *_FLOATS):
        return {**value, "value": _flipped_number(number, kind, value["value"])}
    # A reference: null becomes a number, a number another one, "any" becomes null.
    text = value.get("value", "")
    return {**value, "value": str(int(text) + 1) if text.isdigit() else "0" if text else "null"}


def _flipped_number(number: int, kind: str, text: str) -> str:
    if text.startswith("nan:"):
        return "0"
    if kind in _FLOATS and number % 2:
        sign, canonical = _SIGN_AND_CANONICAL_NAN[kind]
        if int(text) & ~sign != canonical:
            return "nan:canonical"
    return str(int(text) ^ 1)
