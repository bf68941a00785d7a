# SPDX-License-Identifier: Apache-2.0
"""What codegen units save: `python tests/perf/units.py edits|cores|build ...`.

    units.py edits [A.wasm ...]      edits of a module, the units that they change, and seconds
    units.py cores [A.wasm]          all units compiled by one process at a time, and by two
    units.py build A.wasm -o IMAGE   a Linux executable made of units (a contender of run.py)

Without a module, `edits` and `cores` take one that is made of all programs of programs/, many
times over. Edits are made in the text format by wabt's wasm2wat and wat2wasm, which renumber
everything behind them, as any linker does. Needs `src/python` on PYTHONPATH.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable
from typing import Dict
from typing import List
from typing import Sequence
from typing import Tuple

from contenders import HERE
from contenders import ROOT
from contenders import ZIG

# Of 27 programs each; more than 1 MB without debug sections.
VARIANTS = 30
PYTHON = sys.executable

Edit = Callable[[List[str]], List[str]]


def call(*command: object) -> float:
    """Run a command and return the CPU seconds that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src/python")}
    subprocess.run([str(part) for part in command], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def large_module(work: Path) -> Path:
    """A program with one copy of each perf program per variant, all called by `main`."""
    output = work / "large.wasm"
    if output.exists():
        return output
    sources = []
    calls = []
    for path in sorted((HERE / "programs").glob("*.c")):
        for variant in range(VARIANTS):
            name = f"run_{path.stem}_{variant}"
            source = work / f"{name}.c"
            source.write_text(f'#define main {name}\n#include "{path}"\n')
            sources.append(source)
            calls.append(name)
    declared = "".join(f"int {name}(int, char **);\n" for name in calls)
    called = "".join(f"    {name}(argc, argv);\n" for name in calls)
    driver = work / "driver.c"
    driver.write_text(f"{declared}int main(int argc, char **argv) {{\n{called}    return 0;\n}}\n")
    flags = ("-target", "wasm32-wasi", "-O2", "-g0", "-msimd128", "-ffp-contract=off")
    call(ZIG, "cc", *flags, f"-I{HERE / 'programs'}", *sources, driver, "-o", output)
    return output


# Edits of the text, as lists of lines.


def _functions(lines: Sequence[str]) -> List[Tuple[int, int]]:
    """First and one past the last line of each defined function."""
    starts = [number for number, line in enumerate(lines) if line.startswith("  (func ")]
    ends = [*starts[1:], next(n for n in range(starts[-1] + 1, len(lines))
                              if re.match(r"  \((?!func )|\)", lines[n]) or n == len(lines) - 1)]
    return list(zip(starts, ends))


def _middle(lines: Sequence[str]) -> Tuple[int, int]:
    """A function of medium size in the middle of the module."""
    functions = _functions(lines)
    later = functions[len(functions) // 2 :]
    return next((a, b) for a, b in later if 20 <= b - a <= 400)


def _body(lines: Sequence[str], start: int) -> int:
    """The first line behind a function's header and locals."""
    position = start + 1
    while lines[position].startswith("    (local "):
        position += 1
    return position


def _name(line: str) -> str:
    found = re.match(r"  \(func (\$[^ ()]+)", line)
    assert found, line
    return found[1]


def _renamed(lines: List[str], old: str, new: str) -> List[str]:
    pattern = re.compile(re.escape(old) + r"(?![^ ()\n])")
    return [pattern.sub(lambda _: new, line) for line in lines]


def edit_function(lines: List[str]) -> List[str]:
    start, _ = _middle(lines)
    at = _body(lines, start)
    return [*lines[:at], "    i32.const 123456\n", "    drop\n", *lines[at:]]


def insert_function(lines: List[str]) -> List[str]:
    start, end = _middle(lines)
    copy = _renamed(lines[start:end], _name(lines[start]), "$inserted_function")
    return [*lines[:start], *copy, *lines[start:]]


def add_export(lines: List[str]) -> List[str]:
    start, _ = _middle(lines)
    return [*lines[:start], f'  (export "more" (func {_name(lines[start])}))\n', *lines[start:]]


def add_import(lines: List[str]) -> List[str]:
    first = next(n for n, line in enumerate(lines) if line.startswith("  (import "))
    text = '  (import "wasi_snapshot_preview1" "sched_yield" (func $more (result i32)))\n'
    return [*lines[:first], text, *lines[first:]]


def rename_function(lines: List[str]) -> List[str]:
    start, _ = _middle(lines)
    return _renamed(lines, _name(lines[start]), "$another_name")


def rename_global(lines: List[str]) -> List[str]:
    line = next(line for line in lines if line.startswith("  (global $"))
    return _renamed(lines, line.split()[1], "$another_name")


def move_function(lines: List[str]) -> List[str]:
    start, end = _middle(lines)
    last = _functions(lines)[-1][1]
    return [*lines[:start], *lines[end:last], *lines[start:end], *lines[last:]]


def edit_data(lines: List[str]) -> List[str]:
    first = next(n for n, line in enumerate(lines) if line.startswith("  (data "))
    changed = re.sub(r'"(\\..|.)', '"X', lines[first], count=1)
    return [*lines[:first], changed, *lines[first + 1 :]]


EDITS: Dict[str, Edit] = {
    "edit a function": edit_function,
    "insert a function": insert_function,
    "move a function to the end": move_function,
    "add an import": add_import,
    "add an export": add_export,
    "rename a function": rename_function,
    "rename a global": rename_global,
    "edit data": edit_data,
    "nothing": lambda lines: lines,
}


@dataclass(frozen=True)
class Split:
    """Units of one state of a module, and the CPU seconds that cutting it took."""

    folder: Path
    files: Tuple[str, ...]
    seconds: float


def split(module: Path, folder: Path, *options: str) -> Split:
    """Cut a module into units."""
    seconds = call(PYTHON, "-m", "wasker", "split", module, "-o", folder, *options)
    manifest = json.loads((folder / "manifest.json").read_text())
    return Split(folder, tuple(unit["file"] for unit in manifest["units"]), seconds)


def codegen(folder: Path, files: Sequence[str], processes: int, *options: str) -> float:
    """Compile units, each in a process of its own; seconds of wall time."""
    command = (PYTHON, "-m", "wasker", "codegen", "-o", folder, *options)
    start = time.perf_counter()
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda name: call(*command, folder / name), files))
    return time.perf_counter() - start


def show_edits(module: Path, work: Path) -> None:
    """Print the table of edits of one module."""
    base = work / "base.wat"
    call("wasm2wat", "--enable-all", module, "-o", base)
    if not re.search(r"^  \(func \$", base.read_text(), re.MULTILINE):
        call("wasm2wat", "--enable-all", "--generate-names", module, "-o", base)
    lines = base.read_text().splitlines(keepends=True)
    text, binary = work / "edited.wat", work / "edited.wasm"
    before: Tuple[str, ...] = ()
    for name, edit in {"first": EDITS["nothing"], **EDITS}.items():
        text.write_text("".join(edit(list(lines))))
        call("wat2wasm", "--enable-all", "--debug-names", text, "-o", binary)
        with tempfile.TemporaryDirectory(dir=work) as folder:
            found = split(binary, Path(folder), "--entry", "none")
            if not before:
                before = found.files
                size = module.stat().st_size / 1e6
                print(f"{module.name}: {size:.2f} MB, {len(before)} units")
                print(f"{'edit':28} {'units':>6} {'hits':>7} {'split s':>8} {'units s':>8}")
                continue
            new = [unit for unit in found.files if unit not in before]
            start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            codegen(Path(folder), new, 1)
            seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start
            hits = 1 - len(new) / len(found.files)
            print(f"{name:28} {len(new):6} {hits:7.1%} {found.seconds:8.2f} {seconds:8.2f}",
                  flush=True)  # fmt: skip


def show_cores(module: Path, work: Path) -> None:
    """Print wall seconds of compiling all units with one and with two processes at a time."""
    found = split(module, work / "cores", "--entry", "none")
    for processes in (1, 2):
        start = time.perf_counter()
        split(module, work / "cores", "--entry", "none")
        codegen(found.folder, found.files, processes)
        seconds = time.perf_counter() - start
        print(f"{module.name}: {len(found.files)} units, {processes} at a time: {seconds:.1f} s")


def build(module: Path, output: Path, objects: Path, cpu: str, options: Sequence[str]) -> None:
    """Compile a module in units and link it for Linux."""
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        found = split(module, Path(folder), *options)
        codegen(found.folder, found.files, 1, "--cpu", cpu)
        programs = [found.folder / f"{Path(name).stem}.o" for name in found.files]
        call(PYTHON, "-m", "mew", "link", *programs, "-o", output, "--system", "linux",
             "--zig", ZIG, "--objects", objects)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("command", choices=("edits", "cores", "build"))
    parser.add_argument("modules", nargs="*", type=Path)
    parser.add_argument("--work", type=Path, default=ROOT / "dist/perf")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--objects", type=Path, help="of the Linux system, for `build`")
    parser.add_argument("--cpu", default="x86-64-v3")
    parser.add_argument("--unit-bytes", default=None)
    options = parser.parse_args(arguments)
    work = options.work / "units"
    work.mkdir(parents=True, exist_ok=True)
    size = ("--unit-bytes", options.unit_bytes) if options.unit_bytes else ()
    if options.command == "build":
        build(options.modules[0], options.output, options.objects, options.cpu, size)
        return 0
    for module in options.modules or [large_module(work)]:
        (show_edits if options.command == "edits" else show_cores)(module, work)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
