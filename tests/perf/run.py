# SPDX-License-Identifier: Apache-2.0
"""Compare the speed of compiled programs: `python tests/perf/run.py [--runs N] [--only P,Q]`.

Builds every program of programs/ for every contender, runs them in turn (A B C A B C ...), checks
that all print the same checksum and prints a table of CPU times relative to native. CPU time is
user plus system; the minimum of the runs is compared, because other work on the machine only
ever adds to it, and the median is printed with --medians to show how noisy the machine was.

Builds are kept in --work (default dist/perf) and made again when their inputs change.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Dict
from typing import Iterable
from typing import List
from typing import Optional
from typing import Sequence

from contenders import CONTENDERS
from contenders import HERE
from contenders import MORE_CONTENDERS
from contenders import ROOT
from contenders import Command
from contenders import Plan
from contenders import Program
from contenders import linux_objects
from contenders import linux_system_build
from contenders import read_programs
from contenders import wasm_build

# Long enough for a slow contender on a busy machine; a hang still ends the comparison.
RUN_TIMEOUT_S = 120
BUILD_TIMEOUT_S = 600

# program -> contender -> CPU seconds of each run
Times = Dict[str, Dict[str, List[float]]]


class BenchmarkError(Exception):
    """A build or a run went wrong; the text says which and shows its output."""


def execute(command: Command, timeout_s: int) -> subprocess.CompletedProcess:
    """Run `command` with this repository's sources importable; raise unless it exits with 0."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src/python")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_s, env=environment, check=False
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}")
    return done


def _digest(commands: Sequence[Command], inputs: Iterable[Path]) -> str:
    digest = hashlib.sha256(json.dumps(commands).encode())
    for path in inputs:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build(plan: Plan) -> None:
    """Run the plan's commands unless its output is there and was made from the same inputs."""
    if not plan.build:
        return
    key_path = plan.output.with_name(plan.output.name + ".key")
    key = _digest(plan.build, plan.inputs)
    if plan.output.exists() and key_path.exists() and key_path.read_text() == key:
        return
    for command in plan.build:
        execute(command, BUILD_TIMEOUT_S)
    key_path.write_text(key)


def build_linux_system(work: Path) -> None:
    """Build the Linux host's objects, once per state of the kernel sources."""
    command = linux_system_build(work)
    sources = sorted(path for path in (ROOT / "kernel").rglob("*.zig") if path.is_file())
    key_path, key = linux_objects(work) / "key", _digest([command], sources)
    if key_path.exists() and key_path.read_text() == key:
        return
    execute(command, BUILD_TIMEOUT_S)
    key_path.write_text(key)


def measure(plan: Plan) -> tuple[str, float]:
    """One run: (what it printed, CPU seconds)."""
    if plan.self_timed:
        done = execute(plan.run, RUN_TIMEOUT_S)
        return done.stdout, float(done.stderr.splitlines()[-1])
    with subprocess.Popen(plan.run, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchmarkError(f"{' '.join(plan.run)}: exit code {process.returncode}")
    return printed, usage.ru_utime + usage.ru_stime


def prepare(programs: Sequence[Program], names: Sequence[str], work: Path) -> Dict[str, Dict]:
    """Build everything; returns program -> contender -> plan without those that cannot build."""
    plans: Dict[str, Dict[str, Plan]] = {}
    for program in programs:
        build(wasm_build(program, work))
        plans[program.name] = {}
        for name in names:
            plan = {**CONTENDERS, **MORE_CONTENDERS}[name](program, work)
            try:
                build(plan)
            except BenchmarkError as error:
                if name in ("native", "wasker"):
                    raise
                print(f"{program.name}: {name} left out: {last_line(str(error))}", file=sys.stderr)
                continue
            plans[program.name][name] = plan
    return plans


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def race(name: str, plans: Dict[str, Plan], runs: int) -> Dict[str, List[float]]:
    """Run the contenders of one program in turn and compare what they print."""
    times: Dict[str, List[float]] = {contender: [] for contender in plans}
    printed: Dict[str, str] = {}
    for _ in range(runs):
        for contender, plan in plans.items():
            printed[contender], seconds = measure(plan)
            times[contender].append(seconds)
    if len(set(printed.values())) != 1:
        raise BenchmarkError(f"{name}: the contenders print different checksums: {printed}")
    return times


def geometric_mean(values: Sequence[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def _row(label: str, native_s: Optional[float], ratios: Dict[str, float], names: Sequence) -> str:
    cells = [f"{label:14}", f"{native_s:9.3f}" if native_s is not None else " " * 9]
    cells += [f"{ratios[name]:9.2f}" if name in ratios else f"{'-':>9}" for name in names]
    if "wasker" in ratios and "wasmtime" in ratios:
        cells.append(f"{ratios['wasker'] / ratios['wasmtime']:15.2f}")
    return " ".join(cells)


def table(times: Times, names: Sequence[str], statistic: str) -> str:
    """Text table: native CPU seconds, each contender relative to native, geometric means.

    Without `native` among the contenders the first one is the measure.
    """
    reduce = min if statistic == "minimum" else statistics.median
    base, others = names[0], [name for name in names if name != names[0]]
    header = [f"{'program':14}", f"{base + ' s':>9}", *(f"{name:>9}" for name in others)]
    if "wasker" in others and "wasmtime" in others:
        header.append(f"{'wasker/wasmtime':>15}")
    rows, columns = [" ".join(header)], {name: [] for name in others}
    common: Dict[str, List[float]] = {name: [] for name in others}
    for program, by_name in times.items():
        seconds = {name: reduce(values) for name, values in by_name.items()}
        ratios = {name: seconds[name] / seconds[base] for name in seconds if name != base}
        rows.append(_row(program, seconds[base], ratios, others))
        for name, ratio in ratios.items():
            columns[name].append(ratio)
            if len(ratios) == len(others):
                common[name].append(ratio)
    for label, ratios_by_name in (("geomean", columns), ("geomean common", common)):
        means = {name: geometric_mean(values) for name, values in ratios_by_name.items() if values}
        rows.append(_row(label, None, means, others))
    return "\n".join([f"CPU time, {statistic} of the runs, relative to {base}", *rows])


def arguments_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--only", help="programs, separated by commas (default all)")
    parser.add_argument("--contenders", default=",".join(CONTENDERS), help="the first is the base")
    parser.add_argument("--work", type=Path, default=ROOT / "dist/perf", help="build directory")
    parser.add_argument("--json", type=Path, help="also write every measured time here")
    parser.add_argument("--medians", action="store_true", help="print a table of medians too")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Build, race and print; 0 unless a build or run failed or checksums differ."""
    options = arguments_parser().parse_args(arguments)
    only = options.only.split(",") if options.only else None
    names = options.contenders.split(",")
    sources = sorted((HERE / "programs").glob("*.c"))
    programs = [program for path in sources for program in read_programs(path)]
    if only:
        programs = [program for program in programs if program.name in only]
    unknown = set(only or ()) - {p.name for p in programs}
    unknown |= set(names) - {*CONTENDERS, *MORE_CONTENDERS}
    if unknown:
        print(f"no such program or contender: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    options.work.mkdir(parents=True, exist_ok=True)
    times: Times = {}
    try:
        if "wasker" in names:
            build_linux_system(options.work)
        for program, plans in prepare(programs, names, options.work).items():
            times[program] = race(program, plans, options.runs)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(times, names, "minimum"))
    if options.medians:
        print(table(times, names, "median"))
    if options.json:
        options.json.write_text(json.dumps(times, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
