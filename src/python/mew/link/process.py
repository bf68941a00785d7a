# SPDX-License-Identifier: Apache-2.0
"""Starts compilers and linkers, with an environment that holds nothing."""
import subprocess
from typing import NamedTuple
from typing import Sequence

from mew.errors import MewError


class Finished(NamedTuple):
    """A process that has ended."""

    exit_code: int
    stderr: str


def run(argv: Sequence[str]) -> Finished:
    """Run `argv` to its end. Raises MewError when it cannot be started at all."""
    try:
        done = subprocess.run(
            list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={}, check=False,
        )
    except OSError as error:
        raise MewError(
            f"{argv[0]}: cannot start the program: {error.strerror}",
            hint="Give the path of the zig executable with --zig.",
        ) from error
    return Finished(done.returncode, done.stderr.decode(errors="replace"))
