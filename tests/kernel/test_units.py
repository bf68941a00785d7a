# SPDX-License-Identifier: Apache-2.0
"""The kernel's parts that need no machine: their own `test` blocks, run on the host."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pipeline import ROOT
from pipeline import ZIG

SOURCES = ROOT / "kernel/src"
UNITS = SOURCES / "units.zig"


def test_list_is_complete() -> None:
    with_tests = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.zig")
        if '\ntest "' in path.read_text()
    }
    assert with_tests == set(re.findall(r'@import\("(.*)"\)', UNITS.read_text()))


def test_zig(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            ZIG, "test", "-target", "x86_64-linux-none", UNITS,
            "--cache-dir", tmp_path, "--global-cache-dir", tmp_path,
        ],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "tests passed" in done.stderr
