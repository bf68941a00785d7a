# SPDX-License-Identifier: Apache-2.0
"""The one exception that bad input can cause, and how it reads."""
from __future__ import annotations


class Diagnostic(Exception):
    """A fault in the user's input: what, where, and how to fix it.

    `code` is one of the catalogue (`E001`...), `message` one sentence with the value seen,
    `where` names function and byte offset (or the file), `hint` says how to fix it.
    """

    def __init__(self, code: str, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.hint = hint

    def render(self, path: str) -> str:
        """Return the text a person sees; `path` is the name of the input file."""
        place = f"{path}: {self.where}" if self.where else path
        text = f"error[{self.code}]: {place}: {self.message}"
        return f"{text}\n  fix: {self.hint}" if self.hint else text
