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

# Values in order: as operands `%7`, as results of pure instructions `%7 = `, and as results of
# calls of functions `%7 = call`.
_VALUES = re.compile(r"%\d+(?: = (?:call(?! [^@\n]*@(?:llvm\.|\"f(?:32|64)\.)))?)?")


def _live_values(lines: list[str]) -> set[str]:
    """Values that something other than pure instructions without use needs.

    Backwards, an instruction comes after its uses. Only a loop's phi uses what follows it, so
    what was passed over is looked at again.
    """
    singles = "\n".join(lines).split("\n")
    live = set(_VALUES.findall("\n".join([line for line in singles if line[:1] != "%"])))
    definitions = "\n".join([line for line in singles if line[:1] == "%"])
    passed_over: dict[str, list[str]] = {}
    operands: list[str] = []
    for value in reversed(_VALUES.findall(definitions)):
        last = value[-1]
        if last == " ":
            if value[:-3] in live:
                live.update(operands)
            else:
                passed_over[value[:-3]] = operands
            operands = []
        elif last == "l":
            live.update(operands)
            operands = []
        else:
            operands.append(value)
    pending = [value for value in passed_over if value in live]
    while pending:
        operands = passed_over.pop(pending.pop(), [])
        live.update(operands)
        pending.extend([value for value in operands if value in passed_over])
    return live


def keep_dead_loads(f: Function) -> None:
    """Rewrite the dead ones of `f.loads` and `f.calls`. Linear in the function's text."""
    if not f.loads and not f.calls:
        return
    live = _live_values(f.lines)
    for value, line in f.loads.items():
        if value not in live:
            f.lines[line] = f.lines[line].replace(" = load ", " = load volatile ", 1)
    for operand, line in f.calls.items():
        type_text, value = operand.rsplit(" ", 1)
        if value not in live:
            register = "r" if type_text in ("i32", "i64", "ptr") else "x"
            f.lines[line] += f'\ncall void asm sideeffect "", "{register}"({operand})'
