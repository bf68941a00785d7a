# SPDX-License-Identifier: Apache-2.0
"""Constant expressions (specification 3.3.10): a constant operand if possible, else code."""
from __future__ import annotations

from wasker.translate.emitters import EMITTERS
from wasker.translate.function import Function
from wasker.wasm.module import ConstExpr
from wasker.wasm.opcodes import OPCODES_BY_CODE

_FOLDED = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}


def is_constant(operand: str) -> bool:
    """Whether a typed operand is a constant rather than a value computed at run time."""
    return not operand.rpartition(" ")[2].startswith("%")


def integer(operand: str) -> int:
    """The value of a constant i32 or i64 operand, as unsigned."""
    type_text, _, value = operand.partition(" ")
    return int(value) & (2 ** int(type_text[1:]) - 1)


def _fold(f: Function, name: str) -> bool:
    """Compute an extended-const instruction here if its operands are constants."""
    type_text, _, operation = name.partition(".")
    if operation not in _FOLDED or not all(map(is_constant, f.stack[-2:])):
        return False
    right = integer(f.stack.pop())
    left = integer(f.stack.pop())
    bits = int(type_text[1:])
    f.stack.append(f"{type_text} {_FOLDED[operation](left, right) % 2**bits}")
    return True


def evaluate(f: Function, expression: ConstExpr) -> str:
    """The expression's typed operand; what is not constant is emitted into `f`."""
    for opcode, immediate, _ in expression[:-1]:
        if not _fold(f, OPCODES_BY_CODE[opcode].name):
            EMITTERS[opcode](f, immediate)
    return f.stack.pop()
