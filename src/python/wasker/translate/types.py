# SPDX-License-Identifier: Apache-2.0
"""Wasm types as LLVM types, zero values, and the hash that an indirect call compares."""
from __future__ import annotations

import hashlib
from typing import Sequence

from wasker.wasm.module import FuncType
from wasker.wasm.module import ValueType

POINTER = "ptr"
VECTOR = "<2 x i64>"

_LLVM_TYPES = {"i32": "i32", "i64": "i64", "f32": "float", "f64": "double", "v128": VECTOR}
_ZEROS = {
    "i32": "i32 0",
    "i64": "i64 0",
    "float": "float 0.0",
    "double": "double 0.0",
    VECTOR: f"{VECTOR} zeroinitializer",
    POINTER: "ptr null",
}


def llvm_type(value_type: ValueType) -> str:
    """LLVM type of a value; every reference is a pointer."""
    return _LLVM_TYPES.get(value_type, POINTER)


def zero(value_type: ValueType) -> str:
    """Typed operand of the default value (specification 4.2.1)."""
    return _ZEROS[llvm_type(value_type)]


def bare(operand: str, llvm_type_text: str) -> str:
    """An operand without its type: `%5` for `i32 %5`."""
    return operand[len(llvm_type_text) + 1 :]


def result_type(results: Sequence[ValueType]) -> str:
    """LLVM return type: void, the type, or a literal struct of several."""
    if not results:
        return "void"
    if len(results) == 1:
        return llvm_type(results[0])
    return "{ " + ", ".join(map(llvm_type, results)) + " }"


def _value_text(value_type: ValueType) -> str:
    if isinstance(value_type, str):
        return value_type
    return f"(ref {'null ' if value_type.nullable else ''}{value_type.heap})"


def structural_text(function_type: FuncType) -> str:
    """The type as text that is equal in every module that declares the same type."""
    params = " ".join(map(_value_text, function_type.params))
    results = " ".join(map(_value_text, function_type.results))
    return f"func {params} -> {results}"


def type_hash(function_type: FuncType) -> int:
    """32-bit hash stored before a referenced function's code; equal types, equal hashes."""
    digest = hashlib.blake2b(structural_text(function_type).encode(), digest_size=4)
    return int.from_bytes(digest.digest(), "little")
