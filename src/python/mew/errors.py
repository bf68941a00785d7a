# SPDX-License-Identifier: Apache-2.0
"""The one exception that bad input, or a missing tool, can cause."""


class MewError(Exception):
    """A fault that the user can fix: what is wrong (with the value seen), and how to fix it.

    `exit_code` is what a command line ends with when it shows this error.
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def render(self) -> str:
        """Return the text a person sees."""
        text = f"error: {self.message}"
        return f"{text}\n  fix: {self.hint}" if self.hint else text
