# SPDX-License-Identifier: Apache-2.0
"""Proper tail calls between functions of different types (specification 4.4.8.12).

LLVM guarantees a tail call (`musttail`) only between functions of equal prototypes. In a module
that has tail calls, every function whose parameters and results fit into registers is therefore
written with one *register prototype*: all six integer and eight vector registers of the C calling
convention. To the machine it is still the C function of its own type, since a caller that leaves
the other registers undefined changes nothing, so exports, imports and references stay what
docs/reference/abi.md says.

A function that does not fit keeps its own prototype. It can tail-call functions of the same
prototype; any other tail call from or to it is an ordinary call and grows the stack.
"""
from __future__ import annotations

from typing import Sequence

from wasker.translate.function import Function
from wasker.translate.types import VECTOR
from wasker.translate.types import llvm_type
from wasker.translate.types import type_length
from wasker.wasm.module import FuncType

_INTEGERS = ("i32", "i64", "ptr")
_INTEGER_REGISTERS = 6
_VECTOR_REGISTERS = 8
_RESULT_INTEGER_REGISTERS = 3
_RESULT_VECTOR_REGISTERS = 2

REGISTER_PARAMS = ", ".join(["i64"] * _INTEGER_REGISTERS + [VECTOR] * _VECTOR_REGISTERS)
NAMED_REGISTER_PARAMS = ", ".join(
    [f"i64 %i{number}" for number in range(_INTEGER_REGISTERS)]
    + [f"{VECTOR} %v{number}" for number in range(_VECTOR_REGISTERS)]
)
# What fills the lanes of a vector register around a float, and the float's vector type.
_LANES = {"float": "<4 x float>", "double": "<2 x double>"}


class TailCallFound(Exception):
    """Raised at the first tail call of a module: it is translated again with `tail_calls` set."""


def fits_registers(function_type: FuncType) -> bool:
    """Whether no parameter or result of the type is passed in memory."""
    params = [llvm_type(value) for value in function_type.params]
    results = [llvm_type(value) for value in function_type.results]
    integers = sum(value in _INTEGERS for value in params)
    result_integers = sum(value in _INTEGERS for value in results)
    return (
        integers <= _INTEGER_REGISTERS
        and len(params) - integers <= _VECTOR_REGISTERS
        and _results_fit(result_integers, len(results) - result_integers)
    )


def _results_fit(integers: int, others: int) -> bool:
    return integers <= _RESULT_INTEGER_REGISTERS and others <= _RESULT_VECTOR_REGISTERS


def results_fit(function_type: FuncType) -> bool:
    """Whether the results are returned in registers; LLVM tail-calls no others."""
    results = [llvm_type(value) for value in function_type.results]
    integers = sum(value in _INTEGERS for value in results)
    return _results_fit(integers, len(results) - integers)


def register_arguments(f: Function, operands: Sequence[str]) -> str:
    """The operands as arguments of the register prototype."""
    integers = []
    vectors = []
    for operand in operands:
        type_text = operand[: type_length(operand)]
        if type_text in _INTEGERS:
            cast = {"i32": "zext", "ptr": "ptrtoint"}.get(type_text)
            integers.append(f"i64 {f.define(f'{cast} {operand} to i64')}" if cast else operand)
        elif type_text in _LANES:
            lanes = _LANES[type_text]
            vector = f.define(f"insertelement {lanes} poison, {operand}, i32 0")
            vectors.append(f"{VECTOR} {f.define(f'bitcast {lanes} {vector} to {VECTOR}')}")
        else:
            vectors.append(operand)
    integers += ["i64 poison"] * (_INTEGER_REGISTERS - len(integers))
    vectors += [f"{VECTOR} poison"] * (_VECTOR_REGISTERS - len(vectors))
    return ", ".join(integers + vectors)


def receive_parameters(function_type: FuncType) -> str:
    """Lines that make `%0`, `%1`, ... from the register prototype's parameters."""
    lines = []
    integers = 0
    vectors = 0
    for number, value_type in enumerate(function_type.params):
        type_text = llvm_type(value_type)
        if type_text in _INTEGERS:
            source = f"i64 %i{integers}"
            integers += 1
            cast = {"i32": "trunc", "ptr": "inttoptr", "i64": "bitcast"}[type_text]
            lines.append(f"%{number} = {cast} {source} to {type_text}")
            continue
        source = f"{VECTOR} %v{vectors}"
        if type_text in _LANES:
            lanes = _LANES[type_text]
            lines.append(f"%lanes{number} = bitcast {source} to {lanes}")
            lines.append(f"%{number} = extractelement {lanes} %lanes{number}, i32 0")
        else:
            lines.append(f"%{number} = bitcast {source} to {VECTOR}")
        vectors += 1
    return "\n".join(lines)
