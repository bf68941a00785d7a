# SPDX-License-Identifier: Apache-2.0
"""The linker script's addresses are the contract's."""
from __future__ import annotations

import re

from mew_abi import layout
from mew_abi import symbols
from pipeline import ROOT


def constant(name: str) -> int:
    script = (ROOT / "kernel/link/kernel.ld").read_text()
    match = re.search(rf"^{re.escape(name)} = (0x[0-9a-f]+);", script, re.MULTILINE)
    assert match, name
    return int(match.group(1), 16)


def test_addresses() -> None:
    assert constant("IMAGE_BASE") == layout.IMAGE_BASE
    assert constant(symbols.LINEAR_MEMORY) == layout.LINEAR_MEMORY_BASE
