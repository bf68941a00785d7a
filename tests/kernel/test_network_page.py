# SPDX-License-Identifier: Apache-2.0
"""docs/reference/network.md tells the limits that the stack's sources have."""
from __future__ import annotations

import re

from pipeline import ROOT

PAGE = ROOT / "docs/reference/network.md"
STACK = ROOT / "kernel/src/net"


def test_limits() -> None:
    row = r"^\| .* \| ([\d,]+) \| .* \| `([\w/]+\.zig): (\w+)` \|$"
    rows = re.findall(row, PAGE.read_text(), re.M)
    assert len(rows) > 10
    wrong = []
    for value, name, constant in rows:
        text = (STACK / name).read_text()
        # A constant, or an option's default.
        definition = rf"^ *(?:pub )?(?:const {constant}|{constant}: u32) = (\d+)[;,]$"
        found = re.search(definition, text, re.M)
        if not found or found.group(1) != value.replace(",", ""):
            wrong.append(f"{name}: {constant} is not {value}")
    assert not wrong, wrong
