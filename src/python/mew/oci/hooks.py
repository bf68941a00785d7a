# SPDX-License-Identifier: Apache-2.0
"""Programs of the engine's that run at points of a container's life (config.md, "POSIX-platform
Hooks")."""
from __future__ import annotations

import json
import os
from typing import Any

from mew.errors import MewError


def run(hooks: dict[str, Any], kind: str, state: dict[str, Any]) -> None:
    """Run all hooks of `kind` in their order, each with the container's state as its input.

    Raises MewError, with what the hook wrote, for the first that fails.
    """
    for hook in hooks.get(kind) or ():
        _run(hook, kind, json.dumps(state).encode())


def run_all(hooks: dict[str, Any], kind: str, state: dict[str, Any]) -> list[str]:
    """The same for hooks whose failure stops nothing; returns what went wrong."""
    wrong = []
    for hook in hooks.get(kind) or ():
        try:
            _run(hook, kind, json.dumps(state).encode())
        except MewError as error:
            wrong.append(error.message)
    return wrong


def _run(hook: dict[str, Any], kind: str, content: bytes) -> None:
    # Few containers have hooks.
    import subprocess

    path = str(hook.get("path") or "")
    if not os.path.isabs(path):
        raise MewError(f"hooks.{kind}: path {path!r} is not absolute")
    environment = dict(text.partition("=")[::2] for text in hook.get("env") or ())
    try:
        done = subprocess.run(
            hook.get("args") or [path], executable=path, input=content, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=hook.get("timeout"),
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise MewError(f"hooks.{kind}: {path} took longer than {error.timeout:g} s") from None
    except OSError as error:
        raise MewError(f"hooks.{kind}: {path}: {error.strerror}") from None
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()
        raise MewError(f"hooks.{kind}: {path} ended with status {done.returncode}: {said}")
