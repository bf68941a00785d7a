# SPDX-License-Identifier: Apache-2.0
"""Diagnostics about a place in a binary, with the catalogue's fix as the default hint."""
from __future__ import annotations

from typing import Optional

from wasker.catalogue import CATALOGUE
from wasker.errors import Diagnostic


def fault(code: str, message: str, at: Optional[int] = None, *, hint: str = "") -> Diagnostic:
    """Return (not raise) the diagnostic `code`; `at` is a byte offset in the file."""
    where = "" if at is None else f"byte 0x{at:x}"
    return Diagnostic(code, message, where=where, hint=hint or CATALOGUE[code].fix)


def in_context(error: Diagnostic, context: str) -> Diagnostic:
    """The same diagnostic with `context` (such as "function 'fib'") before its byte offset."""
    where = f"{context} at {error.where}" if error.where else context
    return Diagnostic(error.code, error.message, where=where, hint=error.hint)
