# SPDX-License-Identifier: Apache-2.0
"""Validation of constant expressions (specification, section 3.4.13)."""
from __future__ import annotations

from functools import lru_cache

from wasker.wasm.check_body import check_instructions
from wasker.wasm.checker import Environment
from wasker.wasm.checker import unknown
from wasker.wasm.faults import fault
from wasker.wasm.features import EXTENDED_CONST
from wasker.wasm.features import GC
from wasker.wasm.features import Features
from wasker.wasm.features import not_enabled
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import ConstExpr
from wasker.wasm.module import FuncType
from wasker.wasm.module import ValueType
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.opcodes import opcode_text

_REF_FUNC = OPCODES_BY_NAME["ref.func"].code
_GLOBAL_GET = OPCODES_BY_NAME["global.get"].code
# proposal -> instructions that it makes constant
_CONSTANT = {
    "": "end i32.const i64.const f32.const f64.const v128.const ref.null ref.func global.get",
    EXTENDED_CONST: "i32.add i32.sub i32.mul i64.add i64.sub i64.mul",
    GC: "ref.i31 struct.new struct.new_default array.new array.new_default array.new_fixed "
    "any.convert_extern extern.convert_any",
}


@lru_cache(maxsize=None)
def _constant_opcodes() -> dict[int, str]:
    return {
        OPCODES_BY_NAME[name].code: proposal
        for proposal, names in _CONSTANT.items()
        for name in names.split()
    }


def _check_constant(expression: ConstExpr, features: Features) -> None:
    for opcode, _, at in expression:
        proposal = _constant_opcodes().get(opcode)
        if proposal is None:
            raise fault("E034", f"constant expression required, found {opcode_text(opcode)}", at)
        if proposal and proposal not in features:
            what = f"{opcode_text(opcode)} in a constant expression"
            raise not_enabled(proposal, what, at)


def check_const(
    environment: Environment, expression: ConstExpr, expected: ValueType, globals_visible: int
) -> None:
    """Validate an expression that must be constant and give one value of type `expected`.

    It may read the first `globals_visible` globals, where they are immutable. Raises E031, E034
    and the faults of ordinary code.
    """
    module = environment.module
    if len(expression) == 2 and expression[0][0] == _REF_FUNC and expected == FUNCREF:
        # By far the most frequent one: the items of element segments.
        _, function, at = expression[0]
        if function >= len(module.functions):
            error = unknown("function", function, len(module.functions))
            raise fault(error.code, error.message, at)
        return
    _check_constant(expression, module.features)
    for opcode, index, at in expression:
        if opcode != _GLOBAL_GET:
            continue
        if index >= globals_visible:
            raise fault("E031", f"unknown global {index}; {globals_visible} are visible here", at)
        if module.globals[index].mutable:
            raise fault("E034", f"constant expression required: global {index} is mutable", at)
    check_instructions(environment, FuncType((), (expected,)), (), expression)
