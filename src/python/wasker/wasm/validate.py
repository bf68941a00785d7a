# SPDX-License-Identifier: Apache-2.0
"""Validation of a module (specification, section 3.5): declarations first, then each body.

`validated_functions` is what a compiler uses: one body is decoded, checked and handed on at a
time, so a large module never has all of its instructions in memory.
"""
from __future__ import annotations

from typing import Iterator

from wasker.errors import Diagnostic
from wasker.wasm.check_body import check_instructions
from wasker.wasm.check_declarations import check_declarations
from wasker.wasm.checker import Environment
from wasker.wasm.code import decode_body
from wasker.wasm.faults import in_context
from wasker.wasm.module import Instruction
from wasker.wasm.module import Module


def _validated_body(environment: Environment, function_index: int) -> list[Instruction]:
    module = environment.module
    imported = len(module.functions) - len(module.code)
    body = module.code[function_index - imported]
    try:
        instructions = decode_body(module, body)
        function_type = environment.function_types[function_index]
        check_instructions(environment, function_type, body.locals, instructions)
    except Diagnostic as error:
        name = module.function_name(function_index)
        raise in_context(error, f"function {name!r}") from None
    return instructions


def validated_functions(module: Module) -> Iterator[tuple[int, list[Instruction]]]:
    """Validate the declarations now, and each body as the result is iterated.

    The iterator gives (function index, instructions) of each defined function in order. Raises
    Diagnostic E006 to E049 with the function's name and the byte offset.
    """
    return _validated_bodies(check_declarations(module))


def _validated_bodies(environment: Environment) -> Iterator[tuple[int, list[Instruction]]]:
    module = environment.module
    imported = len(module.functions) - len(module.code)
    for function_index in range(imported, len(module.functions)):
        yield function_index, _validated_body(environment, function_index)


def validate_module(module: Module) -> None:
    """Validate everything; raises what `validated_functions` raises."""
    for _ in validated_functions(module):
        pass
