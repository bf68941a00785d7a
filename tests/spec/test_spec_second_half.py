# SPDX-License-Identifier: Apache-2.0
"""The other half of the official suite (version 2.0) on the Linux host."""
from __future__ import annotations

from pathlib import Path

from corpus import Script
from halves import check_half


def test_second_half(scripts: dict[str, Script], tmp_path: Path) -> None:
    check_half(scripts, 1, tmp_path)
