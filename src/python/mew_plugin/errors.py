# SPDX-License-Identifier: Apache-2.0
"""What this backend raises. Every message starts with a target's address and ends in a fix."""
from __future__ import annotations


class MewError(Exception):
    """A fault that the user can fix."""


class MissingToolError(MewError):
    """Python, QEMU or a pinned wheel is not to be had."""


class ModuleError(MewError):
    """A target has not exactly one WebAssembly module."""


class CompileError(MewError):
    """A module was refused, or a C or Zig source was."""


class FilesError(MewError):
    """What a program is to find in its directories cannot be given to it."""


class NetworkError(MewError):
    """A program cannot use the sockets or ports that it is given."""


class LinkError(MewError):
    """A program and a system did not become an image."""


class ContainerImageError(MewError):
    """A container image cannot be made as its target says."""


def with_address(address: object, text: str) -> str:
    """Prefix a tool's message with the target that it is about."""
    return f"{address}: {text.strip()}"
