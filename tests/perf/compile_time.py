# SPDX-License-Identifier: Apache-2.0
"""How long compiling takes: `python tests/perf/compile_time.py [--cpu LEVEL] A.wasm B.wasm ...`.

For each program, in a process of its own: processor seconds of reading the sections, validating
(decoding included), translating to LLVM's text, and of LLVM's parsing, optimising and emitting;
how the front end compares with LLVM; megabytes of Wasm, and of its code section, per second of
the front end; the most memory before LLVM and in all. `--passes N` lists LLVM's slowest passes.
Needs `src/python` on PYTHONPATH.
"""
from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import Any
from typing import Iterator
from typing import Sequence

MEGABYTE = 1e6
KIB_PER_MIB = 1024
STAGES = ("read", "validate", "translate", "parse IR", "optimise", "emit")
FRONT_END = STAGES[:3]
COLUMNS = ("wasm MB", "code MB", *STAGES, "front/LLVM", "MB/s", "code MB/s", "object MB",
           "front MiB", "peak MiB")  # fmt: skip


class Clock:
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._last = process_time()

    def stage_done(self, stage: str) -> None:
        """What passed since the last call belongs to the stage."""
        now = process_time()
        self.seconds[stage] += now - self._last
        self._last = now

    def validated(self, functions: Iterator) -> Iterator:
        """Pass functions on: the time to get one is validation, that until the next translation."""
        for function in functions:
            self.stage_done("validate")
            yield function
            self.stage_done("translate")


def peak_mib() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB


def measure(path: Path, cpu: str, optimisation: int) -> dict[str, Any]:
    """Compile one program in this process and return the table's row and LLVM's passes."""
    from wasker.codegen.emit import LARGE_IR_BYTES
    from wasker.codegen.emit import parse_ir
    from wasker.codegen.emit import pass_builder
    from wasker.codegen.target import target_machine
    from wasker.options import Options
    from wasker.translate.module import translate_module
    from wasker.wasm.reader import read_module
    from wasker.wasm.validate import validated_functions

    data = path.read_bytes()
    machine = target_machine(cpu, optimisation)
    clock = Clock()
    module = read_module(data)
    clock.stage_done("read")
    functions = clock.validated(validated_functions(module))
    text = translate_module(module, functions, Options(cpu=cpu, entry="none"))
    clock.stage_done("translate")
    front_mib = peak_mib()
    llvm_module = parse_ir(text, machine)
    clock.stage_done("parse IR")
    passes = pass_builder(machine, optimisation, is_large=len(text) > LARGE_IR_BYTES)
    passes.start_pass_timing()
    passes.getModulePassManager().run(llvm_module, passes)
    clock.stage_done("optimise")
    object_mb = len(machine.emit_object(llvm_module)) / MEGABYTE
    clock.stage_done("emit")
    front_s = sum(clock.seconds[stage] for stage in FRONT_END)
    code_mb = sum(body.end - body.start for body in module.code) / MEGABYTE
    row = (len(data) / MEGABYTE, code_mb, *clock.seconds.values(),
           front_s / (sum(clock.seconds.values()) - front_s), len(data) / MEGABYTE / front_s,
           code_mb / front_s, object_mb, front_mib, peak_mib())  # fmt: skip
    return {**dict(zip(COLUMNS, row)), "passes": passes.finish_pass_timing()}


def slowest(report: str, count: int) -> list[str]:
    """Seconds and name of the slowest passes, from LLVM's report."""
    found: dict[str, float] = {}
    for line in report.splitlines():
        columns = line.split()
        if "%)" in line and columns[-1] != "Total":
            found.setdefault(line.rpartition(")")[2].strip(), float(columns[0]))
    ordered = sorted(found, key=lambda name: -found[name])
    return [f"    {found[name]:8.2f} s  {name}" for name in ordered[:count]]


def main(arguments: Sequence[str]) -> int:
    """Print a row for each program; 1 when one does not compile."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("programs", nargs="+", type=Path)
    parser.add_argument("--cpu", default="x86-64-v3")
    parser.add_argument("--optimisation", type=int, default=2)
    parser.add_argument("--passes", type=int, default=0, metavar="N")
    parser.add_argument("--one", action="store_true", help="measure here and print JSON")
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.programs[0], options.cpu, options.optimisation)))
        return 0
    widths = [max(len(column), 7) for column in COLUMNS]
    print(" ".join([f"{'program':16}", *map(str.rjust, COLUMNS, widths)]))
    failed = 0
    for path in options.programs:
        command = [sys.executable, __file__, "--one", "--cpu", options.cpu, str(path),
                   "--optimisation", str(options.optimisation)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            failed = 1
            print(f"{path.stem[:16]:16} {done.stderr.strip().splitlines()[-1]}")
            continue
        row = json.loads(done.stdout)
        values = [f"{row[column]:{width}.2f}" for column, width in zip(COLUMNS, widths)]
        print(" ".join([f"{path.stem[:16]:16}", *values]), flush=True)
        for line in slowest(row["passes"], options.passes):
            print(line)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
