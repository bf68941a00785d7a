# SPDX-License-Identifier: Apache-2.0
"""Many requests and connections to one VM, whose memory has to stay as it is.

    python tests/net/soak.py --requests 1000000 --connections 100000

Prints the VM's resident memory, as the host sees it, after the first tenth of the requests and at
the end. Exit code 1 if it grew by more than 4 MiB, or if anything was not answered.
"""
from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from typing import Sequence

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support"), str(HERE)]

import namespace  # noqa: E402
from bench import PORT  # noqa: E402
from bench import Bench  # noqa: E402
from bench import Images  # noqa: E402
from netvm import GUEST_ADDRESS  # noqa: E402

URL = f"http://{GUEST_ADDRESS}:{PORT}/"
WRK_TIMEOUT_S = 60
# What wrk runs at a time: it is told a duration, not a number.
SLICE_S = 2
# Each is closed before the next is made.
IN_SEQUENCE = 10_000
# The table of connections in TIME-WAIT doubles once or twice before it has its largest size.
GROWTH_KIB_MAX = 4 << 10


class Load(NamedTuple):
    """What was done, and the VM's memory in KiB after a tenth of it and at the end."""

    requests: int
    elapsed_s: float
    early_kib: int
    late_kib: int

    def is_flat(self) -> bool:
        """Whether memory has stayed."""
        return self.late_kib - self.early_kib <= GROWTH_KIB_MAX


def wrk(bench: Bench, header: str, seconds: int) -> int:
    """One run of wrk; how many requests were answered. AssertionError if one was not."""
    with bench.namespace.popen(
        ["wrk", "-t1", "-c64", f"-d{seconds}s", "-H", header, URL],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:
        output = process.communicate(timeout=WRK_TIMEOUT_S)[0].decode()
    found = re.search(r"(\d+) requests in", output)
    clean = "Non-2xx" not in output and "Socket errors" not in output
    assert process.returncode == 0 and clean and found, f"{output}\n{bench.vm.last_words()}"
    return int(found[1])


def load(bench: Bench, count: int, header: str, slice_s: int = SLICE_S) -> Load:
    """Run wrk until `count` requests have been answered, and at least twice."""
    started_s = time.monotonic()
    done = wrk(bench, header, slice_s)
    while done < count // 10:
        done += wrk(bench, header, slice_s)
    early_kib = bench.vm.memory_kib()
    done += wrk(bench, header, slice_s)
    while done < count:
        done += wrk(bench, header, slice_s)
    return Load(done, time.monotonic() - started_s, early_kib, bench.vm.memory_kib())


def main(arguments: Sequence[str]) -> int:
    """Parse the command line, boot, ask, tell."""
    parser = argparse.ArgumentParser(description="memory of a VM under load")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=100_000, help="one request each")
    options = parser.parse_args(arguments)
    reason = namespace.missing("wrk")
    if reason:
        print(reason, file=sys.stderr)
        return 2
    is_flat = True
    with tempfile.TemporaryDirectory() as work:
        images = Images.build(Path(work))
        with Bench.start(images.http, waits=False) as bench:
            for count, header in (
                (options.requests, "Connection: keep-alive"),
                (options.connections, "Connection: close"),
            ):
                result = load(bench, count, header)
                print(
                    f"{header}: {result.requests} requests in {result.elapsed_s:.0f} s, memory "
                    f"{result.early_kib} KiB, then {result.late_kib} KiB", flush=True,
                )
                is_flat &= result.is_flat()
        with Bench.start(images.server) as bench:
            started_s = time.monotonic()
            for number in range(IN_SEQUENCE):
                text = b"%d" % number
                assert bench.ask("echo", text) == text, bench.vm.last_words()
            elapsed_s = time.monotonic() - started_s
            print(f"{IN_SEQUENCE} connections in sequence: {elapsed_s:.0f} s")
    print("memory is flat" if is_flat else "memory grows")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
