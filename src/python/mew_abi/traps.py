# SPDX-License-Identifier: Apache-2.0
"""Trap kinds: the byte that `llvm.ubsantrap` puts into the `ud1` instruction, and its text.

The texts are those of the WebAssembly specification's test suite, so that a trap report can be
compared with `assert_trap` as it stands.
"""
from typing import Dict

TRAP_MESSAGES: Dict[int, str] = {
    1: "unreachable",
    2: "integer divide by zero",
    3: "integer overflow",
    4: "invalid conversion to integer",
    5: "out of bounds memory access",
    6: "out of bounds table access",
    7: "undefined element",
    8: "uninitialized element",
    9: "indirect call type mismatch",
    10: "call stack exhausted",
    11: "null reference",
    12: "null function reference",
    13: "cast failure",
    14: "out of bounds array access",
    15: "null structure reference",
    16: "null array reference",
    17: "null i31 reference",
    18: "uncaught exception",
    19: "unaligned atomic",
    20: "null exception reference",
    21: "allocation failure",
}

UNREACHABLE = 1
INTEGER_DIVIDE_BY_ZERO = 2
INTEGER_OVERFLOW = 3
INVALID_CONVERSION = 4
MEMORY_OUT_OF_BOUNDS = 5
TABLE_OUT_OF_BOUNDS = 6
UNDEFINED_ELEMENT = 7
UNINITIALIZED_ELEMENT = 8
INDIRECT_CALL_TYPE_MISMATCH = 9
CALL_STACK_EXHAUSTED = 10
NULL_REFERENCE = 11
NULL_FUNCTION_REFERENCE = 12
CAST_FAILURE = 13
ARRAY_OUT_OF_BOUNDS = 14
NULL_STRUCTURE_REFERENCE = 15
NULL_ARRAY_REFERENCE = 16
NULL_I31_REFERENCE = 17
UNCAUGHT_EXCEPTION = 18
UNALIGNED_ATOMIC = 19
NULL_EXCEPTION_REFERENCE = 20
ALLOCATION_FAILURE = 21
