# SPDX-License-Identifier: Apache-2.0
"""Runs the official suite: `python tests/spec/run.py --suite 2.0 [--system host|vm]`.

Prints a line per script (passed/all per kind of command), then every command that did not pass,
then totals. Exits with 1 unless everything passed.
"""
from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Iterable
from typing import Sequence

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parents[1] / "src/python")]

import corpus  # noqa: E402
import report  # noqa: E402
from execute import ScriptReport  # noqa: E402
from execute import Setup  # noqa: E402
from execute import run_script  # noqa: E402
from suite import make_setup  # noqa: E402
from systems import SYSTEMS  # noqa: E402

from wasker.options import CPU_LEVELS  # noqa: E402
from wasker.options import DEFAULT_CPU  # noqa: E402
from wasker.options import DEFAULT_OPTIMISATION  # noqa: E402


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the WebAssembly specification's test suite.")
    parser.add_argument("--suite", choices=corpus.SUITES, default="2.0")
    parser.add_argument("--system", choices=SYSTEMS, default="host")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="a script, or a folder of them; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cpu", choices=CPU_LEVELS, default=DEFAULT_CPU)
    parser.add_argument("--optimisation", type=int, default=DEFAULT_OPTIMISATION)
    parser.add_argument("--split", action="store_true",
                        help="compile each function as a codegen unit of its own")
    parser.add_argument("--work", type=Path, help="keep objects and images here")
    return parser.parse_args(arguments)


def select(scripts: Iterable[corpus.Script], only: Sequence[str] | None) -> list[corpus.Script]:
    """Scripts whose name or folder was asked for; all without a wish."""
    if not only:
        return list(scripts)
    return [
        script
        for script in scripts
        if any(script.name == name or script.name.startswith(name + "/") for name in only)
    ]


def run_all(setup: Setup, scripts: Sequence[corpus.Script], jobs: int) -> Iterable[ScriptReport]:
    """Reports as they come; the longest scripts start first."""
    ordered = sorted(scripts, key=lambda script: (-len(script.files), script.name))
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(partial(run_script, setup), ordered)


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for and print the reports."""
    options = parse(arguments)
    archive = corpus.archive(options.suite)
    if archive is None:
        print(f"no {corpus.SUITES[options.suite]}; name its folder in MEW_CORPORA", file=sys.stderr)
        return 2
    scripts = select(corpus.load(archive), options.only)
    if not scripts:
        print(f"no script of the suite is named {options.only}", file=sys.stderr)
        return 2
    start = perf_counter()
    with tempfile.TemporaryDirectory(prefix="spec-") as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        setup = make_setup(
            options.suite, options.system, work, cpu=options.cpu,
            optimisation=options.optimisation, split=options.split,
        )  # fmt: skip
        reports = []
        for each in run_all(setup, scripts, options.jobs):
            print(report.line(each), flush=True)
            reports.append(each)
    print(report.totals(reports, perf_counter() - start))
    return 0 if report.is_perfect(reports) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
