# SPDX-License-Identifier: Apache-2.0
"""Which locals are read after a loop before they are assigned again."""
from __future__ import annotations

from typing import Sequence

from wasker.wasm.module import Instruction
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_NAME


def _code(name: str) -> int:
    return OPCODES_BY_NAME[name].code


_GET, _SET, _TEE = map(_code, ("local.get", "local.set", "local.tee"))
_BLOCK, _LOOP, _IF, _ELSE, _END = map(_code, ("block", "loop", "if", "else", "end"))
_BR, _BR_IF, _BR_TABLE = map(_code, ("br", "br_if", "br_table"))
_LEAVING = (_code("return"), _code("unreachable"))
_KNOWN = {_BLOCK, _LOOP, _IF, _ELSE, _END, _BR, _BR_IF, _BR_TABLE, *_LEAVING,
          *map(_code, ("nop", "call", "call_indirect"))}  # fmt: skip
# Instructions that may go elsewhere; with one of them in a function everything counts as read.
_UNKNOWN = frozenset(row.code for row in OPCODES if row.family == "control") - _KNOWN


def live_after(instructions: Sequence[Instruction], ends: Sequence[int]) -> dict[int, int]:
    """For the position of each `end` of a loop, the locals that are live there as a bit set.

    All ones where that is not known. A backward pass, repeated until the sets at the loops'
    headers do not grow any more.
    """
    if any(instruction[0] in _UNKNOWN for instruction in instructions):
        return {position: -1 for position in ends}
    openers = _openers(instructions)
    headers: dict[int, int] = {}
    wanted = set(ends)
    while True:
        before = dict(headers)
        found = _pass(instructions, openers, headers, wanted)
        if headers == before:
            return found


def _openers(instructions: Sequence[Instruction]) -> dict[int, int]:
    """Position of each `end` -> that of its block's beginning."""
    found: dict[int, int] = {}
    pending: list[int] = []
    for position, (opcode, _, _) in enumerate(instructions):
        if opcode in (_BLOCK, _LOOP, _IF):
            pending.append(position)
        elif opcode == _END and pending:
            found[position] = pending.pop()
    return found


def _pass(
    instructions: Sequence[Instruction],
    openers: dict[int, int],
    headers: dict[int, int],
    wanted: set[int],
) -> dict[int, int]:
    found: dict[int, int] = {}
    live = 0
    # Of each block around: what is live at its label and after its end, and in its `else` arm.
    frames: list[list[int]] = []
    for position in range(len(instructions) - 1, -1, -1):
        opcode, immediate, _ = instructions[position]
        if opcode == _GET:
            live |= 1 << immediate
        elif opcode == _SET or opcode == _TEE:
            live &= ~(1 << immediate)
        elif opcode == _END:
            if position in wanted:
                found[position] = live
            opener = openers.get(position)
            is_loop = opener is not None and instructions[opener][0] == _LOOP
            frames.append([headers.get(opener, 0) if is_loop else live, live, live])
        elif opcode == _ELSE:
            frames[-1][2], live = live, frames[-1][1]
        elif opcode in (_BLOCK, _LOOP, _IF):
            frame = frames.pop()
            if opcode == _IF:
                live |= frame[2]
            elif opcode == _LOOP:
                headers[position] = headers.get(position, 0) | live
        elif opcode == _BR:
            live = frames[-1 - immediate][0]
        elif opcode == _BR_IF:
            live |= frames[-1 - immediate][0]
        elif opcode == _BR_TABLE:
            live = 0
            for depth in (*immediate[0], immediate[1]):
                live |= frames[-1 - depth][0]
        elif opcode in _LEAVING:
            live = 0
    return found
