# SPDX-License-Identifier: Apache-2.0
"""The network's speed against a Linux guest on the same machine, on a tap in a namespace.

    python tests/perf/network/run.py --runs 5
    python tests/perf/network/run.py --contenders mew,mew-plain --runs 1 --seconds 2

Needs root, wrk and, for the Linux guest, Debian's packages (README.md beside this). Prints the
medians of alternating runs and their ratios to `linux-wasmtime`.
"""
from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from pathlib import Path
from typing import Sequence

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support"), str(HERE)]

import contenders  # noqa: E402
import linux_guest  # noqa: E402
import measure  # noqa: E402
import namespace  # noqa: E402

WARM_UP_BYTES = 20 << 20
BASELINE = "linux-wasmtime"
# Measure -> unit.
MEASURES = {
    "keep-alive": "requests/s",
    "p50": "us",
    "p99": "us",
    "close": "requests/s",
    "down": "Mbit/s",
    "up": "Mbit/s",
    "first byte": "ms",
    "from entry": "ms",
}
# Kernel entry to the first byte that a program's socket sends: uplink.zig, log level debug.
ENTRY = re.compile(r"entry to first byte sent: (\d+) us")


def measure_http(
    prepared: contenders.Prepared, name: str, options: argparse.Namespace
) -> dict[str, float]:
    """One boot of the HTTP server: its first byte, then requests with and without keep-alive."""
    network = namespace.Namespace()
    try:
        with prepared.start(name, "http", network):
            first_s = measure.wait_for_server(network)
            seconds, connections = options.seconds, options.connections
            measure.requests(network, connections, 1, keep_alive=True)
            kept = measure.requests(network, connections, seconds, keep_alive=True)
            closed = measure.requests(network, connections, seconds, keep_alive=False)
    finally:
        network.close()
    return {
        "first byte": (first_s - prepared.started_s()) * 1000,
        "keep-alive": kept.per_s,
        "p50": kept.p50_us,
        "p99": kept.p99_us,
        "close": closed.per_s,
    }


def measure_entry(
    prepared: contenders.Prepared, name: str, options: argparse.Namespace
) -> dict[str, float]:
    """One boot of our kernel that tells its own time; telling takes time too, so it is apart."""
    if name.startswith("linux-"):
        return {}
    network = namespace.Namespace()
    try:
        with prepared.start(name, "http", network, "--log-level", "debug") as vm:
            measure.wait_for_server(network)
            vm.stop()
            found = ENTRY.search(vm.errors())
    finally:
        network.close()
    if found is None:
        raise measure.MeasureError(f"the kernel does not say {ENTRY.pattern!r}")
    return {"from entry": int(found[1]) / 1000}


def measure_bulk(
    prepared: contenders.Prepared, name: str, options: argparse.Namespace
) -> dict[str, float]:
    """One boot of tests/net/programs/server.c: a stream in each direction."""
    network = namespace.Namespace()
    count = options.megabytes * 1_000_000
    try:
        with prepared.start(name, "bulk", network) as vm:
            vm.wait_for("ready")
            measure.wait_for_server(network, b"stats\n")
            # A VM's first bytes are slow: the host has no memory behind the guest's yet.
            measure.download(network, WARM_UP_BYTES)
            measure.upload(network, WARM_UP_BYTES)
            return {"down": measure.download(network, count), "up": measure.upload(network, count)}
    finally:
        network.close()


def table(samples: dict[str, dict[str, list[float]]]) -> str:
    """Medians, and their ratio to the baseline in parentheses."""
    lines = [
        "| contender | " + " | ".join(f"{name}, {unit}" for name, unit in MEASURES.items()) + " |",
        "|---" * (len(MEASURES) + 1) + "|",
    ]
    for contender, measures in samples.items():
        cells = []
        for name in MEASURES:
            if name not in measures:
                cells.append("")
                continue
            value = statistics.median(measures[name])
            cell = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
            if name in samples.get(BASELINE, {}):
                cell += f" ({value / statistics.median(samples[BASELINE][name]):.2f})"
            cells.append(cell)
        lines.append(f"| {contender} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def arguments_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--contenders", default=",".join(contenders.NAMES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run of wrk")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--megabytes", type=int, default=200, help="of each stream")
    parser.add_argument("--only", choices=("http", "entry", "bulk"))
    parser.add_argument("--work", type=Path, default=REPOSITORY / "dist/perf/network")
    parser.add_argument("--json", type=Path, help="write every sample there")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Parse the command line, build, measure, tell."""
    options = arguments_parser().parse_args(arguments)
    names = tuple(options.contenders.split(","))
    reason = namespace.missing("wrk")
    if set(names) - set(contenders.NAMES):
        reason = f"no such contender: {', '.join(sorted(set(names) - set(contenders.NAMES)))}"
    if reason:
        print(reason, file=sys.stderr)
        return 2
    samples: dict[str, dict[str, list[float]]] = {name: {} for name in names}
    kinds = {"http": measure_http, "entry": measure_entry, "bulk": measure_bulk}
    try:
        prepared = contenders.prepare(options.work, names)
        for program, image in prepared.images.items():
            print(f"{program} image: {image.stat().st_size / 1024:.0f} KiB")
        for run in range(options.runs):
            for name in names:
                for kind in [options.only] if options.only else kinds:
                    for key, value in kinds[kind](prepared, name, options).items():
                        samples[name].setdefault(key, []).append(value)
            print(f"after run {run + 1} of {options.runs}:\n{table(samples)}", flush=True)
    except (linux_guest.MissingError, measure.MeasureError, namespace.NamespaceError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(json.dumps(samples, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
