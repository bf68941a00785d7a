# SPDX-License-Identifier: Apache-2.0
"""Keeps loads and calls whose result reaches nothing: they must still trap.

LLVM deletes a load that nobody uses, and with it the trap of an address out of bounds. Making all
loads volatile would cost most optimisations, so only those are that are unused, or used by pure
instructions without use (docs/decisions/0003-dead-loads-trap.md). A call's unused result may come
from a load in the callee: an empty piece of assembly uses it.
"""
from __future__ import annotations

import re

from wasker.translate.function import Function

# A value as an operand, which is never at the beginning of a line.
_USE = re.compile(r"(?<=[ (])%\d+")
_DEFINITION = re.compile(r"(%\d+) = (phi|call(?! [^@]*@(?:llvm\.|\"f(?:32|64)\.))|.)")


def _operands(lines: list[str]) -> dict[str, list[str]]:
    """Pure value -> operands of its instruction; those of all impure ones under ""."""
    operands: dict[str, list[str]] = {"": []}
    roots = operands[""]
    for line in lines:
        for single in line.split("\n"):
            match = _DEFINITION.match(single)
            if match is None or match[2] == "call":
                roots.extend(_USE.findall(single))
            else:
                operands[match[1]] = _USE.findall(single, match.end(1))
    return operands


def keep_dead_loads(f: Function) -> None:
    """Rewrite the dead ones of `f.loads` and `f.calls`. Linear in the function's text."""
    if not f.loads and not f.calls:
        return
    operands = _operands(f.lines)
    live = set()
    pending = list(operands[""])
    while pending:
        value = pending.pop()
        if value not in live:
            live.add(value)
            pending.extend(operands.get(value, ()))
    for value, line in f.loads.items():
        if value not in live:
            f.lines[line] = f.lines[line].replace(" = load ", " = load volatile ", 1)
    for operand, line in f.calls.items():
        type_text, value = operand.rsplit(" ", 1)
        if value not in live:
            register = "r" if type_text in ("i32", "i64", "ptr") else "x"
            f.lines[line] += f'\ncall void asm sideeffect "", "{register}"({operand})'
