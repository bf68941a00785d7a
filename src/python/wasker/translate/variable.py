# SPDX-License-Identifier: Apache-2.0
"""Locals and globals (specification 4.4.5)."""
from __future__ import annotations

from wasker.translate.function import Emitter
from wasker.translate.function import Function


def _local_get(f: Function, index: int) -> None:
    f.stack.append(f.locals[index])


def _local_set(f: Function, index: int) -> None:
    f.locals[index] = f.stack.pop()
    f.snapshot = None
    f.assigned_at = len(f.lines)


def _local_tee(f: Function, index: int) -> None:
    f.locals[index] = f.stack[-1]
    f.snapshot = None
    f.assigned_at = len(f.lines)


def _global_get(f: Function, index: int) -> None:
    entry = f.module.globals[index]
    if entry.constant is not None:
        f.stack.append(entry.constant)
    else:
        f.push(entry.type, f"load {entry.type}, ptr {f.module.use_global(index)}")


def _global_set(f: Function, index: int) -> None:
    f.lines.append(f"store {f.stack.pop()}, ptr {f.module.use_global(index)}")


EMITTERS: dict[str, Emitter] = {
    "local.get": _local_get,
    "local.set": _local_set,
    "local.tee": _local_tee,
    "global.get": _global_get,
    "global.set": _global_set,
}
