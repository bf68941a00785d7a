# SPDX-License-Identifier: Apache-2.0
"""Text format in, binary format out, by the text parser of the package `wasmtime`."""
from __future__ import annotations

import re

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault
from wasker.wasm.reader import MAGIC

# The parser names the place as `--> <anon>:LINE:COLUMN` below its message.
_PLACE = re.compile(r"--> [^\n]*:(\d+):(\d+)")


def text_to_binary(text: bytes) -> bytes:
    """Return the binary of one module in the text format (specification, section 6).

    Nothing is validated here. Raises E050 without the parser, E051 with line and column for what
    is not well-formed text, E052 for a binary.
    """
    if text.startswith(MAGIC):
        raise fault("E052", "the file is a WebAssembly binary, not text")
    try:
        # Imported here: binaries are compiled without the parser being installed.
        from wasmtime import WasmtimeError
        from wasmtime import wat2wasm
    except ImportError:
        raise fault("E050", "the package `wasmtime`, which reads text, is missing") from None
    try:
        return bytes(wat2wasm(text))
    except WasmtimeError as error:
        raise _syntax_error(str(error)) from None


def _syntax_error(message: str) -> Diagnostic:
    what = message.partition("\n")[0]
    place = _PLACE.search(message)
    where = f"line {place.group(1)}, column {place.group(2)}" if place else ""
    error = fault("E051", what)
    return Diagnostic(error.code, error.message, where=where, hint=error.hint)
