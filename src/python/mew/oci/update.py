# SPDX-License-Identifier: Apache-2.0
"""The limits that `update` is given: options, or a file as in config.json."""
from __future__ import annotations

import json
import sys
from typing import Any

from mew.errors import MewError

_OPTIONS = {
    "memory": ("memory", "limit"),
    "memory-reservation": ("memory", "reservation"),
    "memory-swap": ("memory", "swap"),
    "cpu-period": ("cpu", "period"),
    "cpu-quota": ("cpu", "quota"),
    "cpu-share": ("cpu", "shares"),
    "cpuset-cpus": ("cpu", "cpus"),
    "cpuset-mems": ("cpu", "mems"),
}
_TEXTS = ("cpus", "mems")


def resources(options: dict[str, str]) -> dict[str, Any]:
    """Return them as `linux.resources` of config.json. Raises MewError for what is no number."""
    source = options.get("resources")
    if source:
        try:
            with sys.stdin if source == "-" else open(source, encoding="utf-8") as file:
                content = json.load(file)
        except (OSError, ValueError) as error:
            raise MewError(f"--resources {source}: {error}") from None
        if not isinstance(content, dict):
            raise MewError(f"--resources {source}: no JSON object")
        return content
    found: dict[str, Any] = {"memory": {}, "cpu": {}}
    for option, text in options.items():
        section, key = _OPTIONS.get(option, ("", ""))
        if key in _TEXTS:
            found[section][key] = text
        elif section:
            try:
                found[section][key] = int(text)
            except ValueError:
                raise MewError(f"--{option} {text!r} is no number") from None
    return found
