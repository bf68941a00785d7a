# SPDX-License-Identifier: Apache-2.0
"""All emitters by opcode, and the loop that runs a body through them."""
from __future__ import annotations

from typing import Sequence

from wasker.errors import Diagnostic
from wasker.translate import aggregate
from wasker.translate import bulk
from wasker.translate import call
from wasker.translate import cast
from wasker.translate import control
from wasker.translate import convert
from wasker.translate import exception
from wasker.translate import memory
from wasker.translate import numeric
from wasker.translate import simd
from wasker.translate import table
from wasker.translate import variable
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.wasm.module import Instruction
from wasker.wasm.opcodes import OPCODES_BY_CODE
from wasker.wasm.opcodes import OPCODES_BY_NAME

EMITTERS_BY_NAME: dict[str, Emitter] = {
    **control.EMITTERS,
    **variable.EMITTERS,
    **numeric.EMITTERS,
    **convert.EMITTERS,
    **memory.EMITTERS,
    **bulk.EMITTERS,
    **table.EMITTERS,
    **call.EMITTERS,
    **exception.EMITTERS,
    **cast.EMITTERS,
    **aggregate.EMITTERS,
    **simd.EMITTERS,
}
EMITTERS: dict[int, Emitter] = {
    OPCODES_BY_NAME[name].code: emitter for name, emitter in EMITTERS_BY_NAME.items()
}


def emit_all(f: Function, instructions: Sequence[Instruction]) -> None:
    """Emit each instruction; raises E020 for one whose proposal has no emitters."""
    f.instructions = iter(instructions)
    try:
        for opcode, immediate, f.offset in f.instructions:
            EMITTERS[opcode](f, immediate)
    except KeyError:
        if opcode in EMITTERS:
            raise
        row = OPCODES_BY_CODE[opcode]
        raise Diagnostic(
            "E020",
            f"the instruction {row.name!r} ({row.proposal}) is not compiled yet",
            where=f"byte 0x{f.offset:x}",
            hint=f"Build the program without the proposal {row.proposal!r}.",
        ) from None
