# SPDX-License-Identifier: Apache-2.0
"""Half of the official suite (version 2.0) on the Linux host."""
from __future__ import annotations

from collections import Counter
from pathlib import Path

from corpus import Script
from halves import check_half


def test_first_half(scripts: dict[str, Script], tmp_path: Path) -> None:
    check_half(scripts, 0, tmp_path)


def test_the_suite_is_complete(scripts: dict[str, Script]) -> None:
    """The two halves judge what the corpus holds, which is this."""
    counts = Counter(
        (command["type"], command.get("module_type", "binary"))
        for script in scripts.values()
        for command in script.commands
    )
    assert len(scripts) == 148
    assert counts["module", "binary"] == 1599
    assert counts["assert_return", "binary"] == 45734
    assert counts["assert_trap", "binary"] == 2408
    assert counts["assert_exhaustion", "binary"] == 15
    assert counts["assert_uninstantiable", "binary"] == 34
    assert counts["assert_unlinkable", "binary"] == 83
    assert counts["assert_invalid", "binary"] == 2146
    assert counts["assert_malformed", "binary"] == 719
