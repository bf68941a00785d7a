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
STACK_SWITCHING = "stack-switching"
CUSTOM_DESCRIPTORS = "custom-descriptors"
MEMORY_CONTROL = "memory-control"
SHARED_EVERYTHING = "shared-everything-threads"
COMPACT_IMPORTS = "compact-import-section"

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
SUPPORTED: Features = WASM_3_0


# How to build without a proposal, where the catalogue's general advice can be made exact.
_FIXES = {
    TAIL_CALL: "Build with -mno-tail-call.",
    MULTI_MEMORY: "Build with -mno-multimemory, and merge modules that bring their own memory.",
    MEMORY64: "Build for wasm32, not wasm64.",
    RELAXED_SIMD: "Build with -mno-relaxed-simd; fixed-width vectors stay.",
    EXCEPTION_HANDLING: "Build with -fno-exceptions (Rust: panic=abort).",
    LEGACY_EXCEPTIONS: "Build with -fno-exceptions, or with -mllvm -wasm-use-legacy-eh=false where "
    "the proposal exception-handling is enabled.",
    THREADS: "Build without threads: no -pthread, -matomics or --shared-memory.",
    CUSTOM_PAGE_SIZES: "Link without --page-size.",
    STACK_SWITCHING: "Build without continuations; `wasm-opt --asyncify` suspends without them.",
    CUSTOM_DESCRIPTORS: "Build with `wasm-opt --disable-custom-descriptors`.",
    MEMORY_CONTROL: "Build without `memory.discard`; `memory.fill` with zeros does the same.",
    SHARED_EVERYTHING: "Build without shared types: no -pthread.",
    COMPACT_IMPORTS: "Build with a linker that writes one entry for each import.",
}


def not_enabled(proposal: str, what: str, at: Optional[int] = None) -> Diagnostic:
    """The diagnostic for `what` at file offset `at`, which belongs to a proposal not enabled."""
    message = f"{what} belongs to the proposal {proposal!r}, which is not enabled"
    return fault("E020", message, at, hint=_FIXES.get(proposal, ""))
