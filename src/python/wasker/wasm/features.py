# SPDX-License-Identifier: Apache-2.0
"""Names of WebAssembly proposals, and the sets of them that a module may use.

`Module.features` holds one such set from the reading on; an instruction or type outside of it is
refused with the name of its proposal (E020), never with "unknown".
"""
from __future__ import annotations

from typing import FrozenSet
from typing import Optional

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault

EXTENDED_CONST = "extended-const"
TAIL_CALL = "tail-call"
MULTI_MEMORY = "multi-memory"
MEMORY64 = "memory64"
FUNCTION_REFERENCES = "function-references"
EXCEPTION_HANDLING = "exception-handling"
RELAXED_SIMD = "relaxed-simd"
GC = "gc"
THREADS = "threads"
LEGACY_EXCEPTIONS = "legacy-exceptions"
WIDE_ARITHMETIC = "wide-arithmetic"
CUSTOM_PAGE_SIZES = "custom-page-sizes"

Features = FrozenSet[str]

WASM_2_0: Features = frozenset()
WASM_3_0: Features = frozenset({
    EXTENDED_CONST,
    TAIL_CALL,
    MULTI_MEMORY,
    MEMORY64,
    FUNCTION_REFERENCES,
    EXCEPTION_HANDLING,
    RELAXED_SIMD,
    GC,
})
# What the compiler translates, and so what a module may use unless a caller says otherwise.
SUPPORTED: Features = WASM_2_0 | {EXTENDED_CONST}


def not_enabled(proposal: str, what: str, at: Optional[int] = None) -> Diagnostic:
    """The diagnostic for `what` at file offset `at`, which belongs to a proposal not enabled."""
    return fault("E020", f"{what} belongs to the proposal {proposal!r}, which is not enabled", at)
