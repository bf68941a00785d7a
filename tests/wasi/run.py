# SPDX-License-Identifier: Apache-2.0
"""Runs the official preview1 programs: `python tests/wasi/run.py [--system linux|kernel]`.

Prints each program that did not pass, then totals by language and system, and how many of the
preview1 functions each system has. Exits with 1 unless all passed.
"""
from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Sequence

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parents[1] / "src/python")]

import corpora  # noqa: E402
import official  # noqa: E402
import wasi_systems  # noqa: E402

from mew_abi import wasi  # noqa: E402


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run WASI's official preview1 programs.")
    parser.add_argument("--system", choices=wasi_systems.SYSTEMS, action="append", dest="systems",
                        help="may be repeated (default: both)")
    parser.add_argument("--directory", choices=wasi_systems.DIRECTORIES, default="overlay",
                        help="what the programs work in, in a VM (default: overlay)")
    parser.add_argument("--only", default="", metavar="TEXT", help="programs with this in the name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


def run_one(
    case: official.Case,
    chosen: Sequence[str],
    objects: dict[str, Path],
    work: Path,
    directory: str,
) -> dict[str, str]:
    """System -> complaint. A VM comes first: it works on a copy of the directory."""
    work.mkdir(parents=True)
    program = wasi_systems.compile_case(case, work)
    return {
        system: wasi_systems.complaint(
            case, wasi_systems.run_case(system, objects[system], program, case, work, directory)
        )
        for system in sorted(chosen)
    }


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for and print the totals."""
    options = parse(arguments)
    chosen = options.systems or list(wasi_systems.SYSTEMS)
    archive = corpora.find(official.ARCHIVE)
    if archive is None:
        print(f"no {official.ARCHIVE}; name its folder in MEW_CORPORA", file=sys.stderr)
        return 2
    cases = [case for case in official.load(archive) if options.only in case.name]
    passed: Counter[tuple[str, str]] = Counter()
    every: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="wasi-") as folder, ThreadPoolExecutor(
        options.jobs
    ) as pool:
        objects = {system: wasi_systems.build(system, Path(folder)) for system in chosen}
        works = [Path(folder, str(number)) for number in range(len(cases))]
        complete = True
        verdicts = pool.map(
            lambda pair: run_one(pair[0], chosen, objects, pair[1], options.directory),
            zip(cases, works),
        )
        for case, verdict in zip(cases, verdicts):
            for system, words in verdict.items():
                key = (system, case.name.partition("/")[0])
                every[key] += 1
                passed[key] += not words
                if words:
                    print(f"FAIL {case.name} on {system}: {words}")
        for system in chosen:
            here = wasi_systems.exported_functions(system, objects[system])
            have = len(here & set(wasi.FUNCTIONS))
            complete = complete and have == len(wasi.FUNCTIONS)
            for key in sorted(key for key in every if key[0] == system):
                print(f"{system:8} {key[1]:16} {passed[key]} of {every[key]} pass")
            total = sum(every[key] for key in every if key[0] == system)
            good = sum(passed[key] for key in passed if key[0] == system)
            print(f"{system:8} {'all programs':16} {good} of {total} pass, 0 skipped")
            print(f"{system:8} {'functions':16} {have} of {len(wasi.FUNCTIONS)}")
    return 0 if cases and complete and passed == every else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
