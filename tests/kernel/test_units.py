# SPDX-License-Identifier: Apache-2.0
"""The kernel's parts that need no machine: their own `test` blocks, run on the host."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pipeline import ROOT
from pipeline import ZIG

SOURCES = ROOT / "kernel/src"
# Each runs the tests of the files that it imports too.
UNITS = ("trap.zig", "config.zig", "mem/frames.zig", "arch/x86_64/rtc.zig")


def test_list_is_complete() -> None:
    """A file with tests is in the list, or imported by one that is."""
    with_tests = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.zig")
        if '\ntest "' in path.read_text() and path.parts[-2] not in ("wasi", "linux")
    }
    imported = {"names.zig", "backtrace.zig", "text.zig"}
    assert with_tests - {"guest.zig"} == {*UNITS, *imported}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, since every unit needs the same parts of Zig's library."""
    return tmp_path_factory.mktemp("zig-cache")


@pytest.mark.parametrize("unit", UNITS)
def test_zig(unit: str, cache: Path) -> None:
    done = subprocess.run(
        [
            ZIG, "test", "-target", "x86_64-linux-none", SOURCES / unit,
            "--cache-dir", cache, "--global-cache-dir", cache,
        ],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "tests passed" in done.stderr
