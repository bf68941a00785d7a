# SPDX-License-Identifier: Apache-2.0
"""How a program's target wants its kernel linked, as far as a container's kernel goes.

A JSON object: `stack_size` in bytes or null, `listeners` as `mew link --listen` takes them,
`memory`, the names of directories that are kept in memory. Other directories are the container's.
Images carry it, so that a kernel made on a host is as the target says. A container runtime reads
it at every start, hence the few imports.
"""
from __future__ import annotations

DEFAULT = {"stack_size": None, "listeners": [], "memory": ["/tmp"]}
MEMORY = "memory"


def is_wellformed(link: object) -> bool:
    """Whether a value has the types of such an object; what is in it the linker judges."""
    if type(link) is not dict or set(link) != set(DEFAULT):
        return False
    lists = [link["listeners"], link["memory"]]
    return type(link["stack_size"]) in (int, type(None)) and all(
        type(texts) is list and all(type(text) is str for text in texts) for texts in lists
    )


def flags(link: dict) -> list[str]:
    """Return the options of `mew precompile` that say the same."""
    stack = [] if link["stack_size"] is None else [f"--stack-size={link['stack_size']}"]
    preopens = [f"--preopen={name}={MEMORY}" for name in link["memory"]] or ["--no-preopens"]
    return [*stack, *preopens, *(f"--listen={text}" for text in link["listeners"])]
