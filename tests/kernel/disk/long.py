# SPDX-License-Identifier: Apache-2.0
"""The random tests of the disk's file system, for as long as wanted.

    PYTHONPATH=src/python python tests/kernel/disk/long.py --first 1000 --ends 30 --damaged 60000

`--ends` recordings of random work are cut at every sector written and between all flushes
(crash_tests.zig); `--damaged` volumes of each shape are damaged and used (damage_tests.zig). Each
takes its seeds from `--first` on. The exit code is 0 when all held.
"""
from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from pipeline import ROOT  # noqa: E402
from pipeline import ZIG  # noqa: E402

ROOT_SOURCE = """\
const std = @import("std");
const crash = @import("fs/fat/crash_tests.zig");
const damage = @import("fs/fat/damage_tests.zig");

test "long run" {{
    var ends: usize = 0;
    for ({first}..{last}) |seed| {{
        ends += try crash.run(.{{ .clusters = 1500 }}, seed, 250, 12);
        ends += try crash.run(.{{ .sectors_per_cluster = 4, .tables = 1 }}, seed, 250, 12);
    }}
    try damage.run({first}, {damaged});
    std.debug.print("{{d}} ends after a sector\\n", .{{ends}});
}}
"""


def main() -> int:
    """Run zig's test runner on a copy of the sources, with the numbers asked for."""
    parser = argparse.ArgumentParser(description="The disk's random tests, longer.")
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--ends", type=int, default=10)
    parser.add_argument("--damaged", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        sources = Path(work) / "src"
        shutil.copytree(ROOT / "kernel/src", sources)
        text = ROOT_SOURCE.format(
            first=options.first, last=options.first + options.ends, damaged=options.damaged
        )
        (sources / "long.zig").write_text(text)
        done = subprocess.run(
            [
                ZIG, "test", "-target", "x86_64-linux-none", "-O", "safe",
                "--test-filter", "long run", "long.zig",
                "--cache-dir", work, "--global-cache-dir", work,
            ],
            cwd=sources, check=False,
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
