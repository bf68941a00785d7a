# SPDX-License-Identifier: Apache-2.0
"""How long compiling takes: `python tests/perf/compile_time.py [--cpu LEVEL] A.wasm B.wasm ...`.

For each program, in a process of its own: seconds of reading, of validating and translating to
LLVM's text, and of LLVM; megabytes of Wasm per second, before LLVM and in all; and the most
memory that the process had. Needs `src/python` on PYTHONPATH.
"""
from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Dict
from typing import Sequence

MEGABYTE = 1e6
KIB_PER_MIB = 1024
COLUMNS = ("wasm MB", "read s", "translate s", "LLVM s", "MB/s front", "MB/s all", "object MB",
           "peak MiB")  # fmt: skip


def measure(path: Path, cpu: str) -> Dict[str, float]:
    """Compile one program in this process and return the table's row."""
    from wasker.api import compile_module
    from wasker.options import Options

    data = path.read_bytes()
    result = compile_module(data, Options(cpu=cpu, entry="none"))
    seconds = result.seconds
    size_mb = len(data) / MEGABYTE
    front_s = seconds["read"] + seconds["validate+translate"]
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = (size_mb, seconds["read"], seconds["validate+translate"], seconds["llvm"],
           size_mb / front_s, size_mb / (front_s + seconds["llvm"]),
           len(result.object_bytes) / MEGABYTE, peak_kib / KIB_PER_MIB)  # fmt: skip
    return dict(zip(COLUMNS, row))


def main(arguments: Sequence[str]) -> int:
    """Print a row for each program; 1 when one does not compile."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("programs", nargs="+", type=Path)
    parser.add_argument("--cpu", default="x86-64-v3")
    parser.add_argument("--one", action="store_true", help="measure here and print JSON")
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.programs[0], options.cpu)))
        return 0
    print(" ".join([f"{'program':24}", *(f"{column:>11}" for column in COLUMNS)]))
    failed = 0
    for path in options.programs:
        command = [sys.executable, __file__, "--one", "--cpu", options.cpu, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            failed = 1
            print(f"{path.stem[:24]:24} {done.stderr.strip().splitlines()[-1]}")
            continue
        row = json.loads(done.stdout)
        print(" ".join([f"{path.stem[:24]:24}", *(f"{row[c]:11.2f}" for c in COLUMNS)]), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
