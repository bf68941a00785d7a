# SPDX-License-Identifier: Apache-2.0
"""docs/reference/network.md tells the limits that the stack's sources have."""
from __future__ import annotations

import re

from pipeline import ROOT

PAGE = ROOT / "docs/reference/network.md"
STACK = ROOT / "kernel/src/net"


def test_limits() -> None:
    rows = re.findall(r"^\| .* \| (\d+) \| .* \| `(\w+\.zig): (\w+)` \|$", PAGE.read_text(), re.M)
    assert len(rows) > 10
    wrong = []
    for value, name, constant in rows:
        text = (STACK / name).read_text()
        found = re.search(rf"^(?:pub )?const {constant} = (\d+);$", text, re.M)
        if not found or found.group(1) != value:
            wrong.append(f"{name}: {constant} is not {value}")
    assert not wrong, wrong
