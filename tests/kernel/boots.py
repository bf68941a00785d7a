# SPDX-License-Identifier: Apache-2.0
"""Boots one image many times, one after the other, and checks every run.

    python tests/kernel/boots.py --count 1000
    python tests/kernel/boots.py --count 100 --machine q35 --memory-mib 16

Prints each run that differs, and how long a run takes from QEMU's start to its end. Exit code 1
if any differed.
"""
from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from typing import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support")]

from mew.vm.machine import MACHINES  # noqa: E402
from mew.vm.machine import Machine  # noqa: E402
from mew.vm.run import RunRequest  # noqa: E402
from mew.vm.run import run  # noqa: E402
from pipeline import System  # noqa: E402

PROGRAM = Path(__file__).parent / "programs/echo.wat"
TIMEOUT_S = 60.0
PERCENTILES = (50, 90, 99, 100)


class Boot(NamedTuple):
    """One run: how long it took, and in what it differed from what it had to be."""

    time_ms: float
    difference: str


def build(work: Path) -> Path:
    """The image that is booted: it writes its argument to both output streams."""
    return System.build("kernel", work).link(PROGRAM, "echo")


def boot(image: Path, machine: Machine, number: int) -> Boot:
    """Boot once; every run has an argument of its own, so that no answer can be an old one."""
    word = f"boot-{number}"
    request = RunRequest(
        kernel=image, machine=machine, program_arguments=(word,), timeout_s=TIMEOUT_S
    )
    stderr = io.BytesIO()
    with tempfile.TemporaryFile() as stdout:
        started_s = time.monotonic()
        outcome = run(request, stdout, stderr)
        time_ms = (time.monotonic() - started_s) * 1000
        stdout.seek(0)
        seen = (outcome.program_code, stdout.read(), stderr.getvalue())
    expected = (number % 200, f"{word}\n".encode(), f"{word}\n".encode())
    return Boot(time_ms, "" if seen == expected else f"{seen}, not {expected}: {outcome}")


def percentile(sorted_times_ms: Sequence[float], percent: int) -> float:
    """The smallest time that `percent` of all do not exceed."""
    assert sorted_times_ms and 0 < percent <= 100
    index = -(-len(sorted_times_ms) * percent // 100) - 1
    return sorted_times_ms[index]


def main(arguments: Sequence[str]) -> int:
    """Parse the command line, build, boot, tell."""
    parser = argparse.ArgumentParser(description="many boots of one image")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--machine", choices=sorted(MACHINES), default="microvm")
    parser.add_argument("--memory-mib", type=int, default=128)
    options = parser.parse_args(arguments)
    machine = Machine(machine=options.machine, memory_mib=options.memory_mib)
    boots = []
    with tempfile.TemporaryDirectory() as work:
        image = build(Path(work))
        for number in range(options.count):
            boots.append(boot(image, machine, number))
            if boots[-1].difference:
                print(f"boot {number}: {boots[-1].difference}", flush=True)
    times_ms = sorted(each.time_ms for each in boots)
    failures = sum(bool(each.difference) for each in boots)
    print(f"{options.count} boots on {options.machine}, {failures} failures; in ms:")
    print(", ".join(f"p{percent} {percentile(times_ms, percent):.0f}" for percent in PERCENTILES))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
