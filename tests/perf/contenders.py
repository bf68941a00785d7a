# SPDX-License-Identifier: Apache-2.0
"""The contenders: how each makes something to run of a C program, as command lines.

Every function here is pure: it returns the commands to build with and the command to run.
All Wasm contenders run the same .wasm. The native one is compiled from the same C by the same
compiler for the same CPU level as wasker's; contraction of a*b+c is off everywhere, because Wasm
has no fused operation and checksums must be equal.
"""
from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable
from typing import Dict
from typing import List
from typing import Tuple

import ziglang

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ZIG = Path(ziglang.__file__).parent / "zig"
CPU_LEVEL = "x86-64-v3"
C_FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=off")
NATIVE_FLAGS = (*C_FLAGS, f"-march={CPU_LEVEL.replace('-', '_', 1).replace('-', '_')}")
# The files that wabt installs for the C that wasm2c writes.
WASM2C_RUNTIME = Path("/usr/share/wabt/wasm2c")

# Far below what the compiler takes, so that every program is cut.
UNIT_BYTES = 4_000

Command = List[str]


@dataclass(frozen=True)
class Program:
    """One C program of programs/ and whether its .wasm may use vector instructions."""

    source: Path
    size: str
    simd: bool
    name: str


def read_programs(source: Path) -> List[Program]:
    """Parse the line `// perf: size=<argument> [simd=yes|both]` at the top of a program.

    `both` gives two programs that differ in the flags of the .wasm: `gemm` and `gemm+simd`.
    """
    line = re.compile(r"^// perf: size=(\d+)(?: simd=(yes|both))?$", re.MULTILINE)
    match = line.search(source.read_text())
    if not match:
        raise ValueError(f"{source}: no line `// perf: size=<number> [simd=yes|both]`")
    size, simd = match.groups()
    programs = []
    if simd != "yes":
        programs.append(Program(source, size, False, source.stem))
    if simd:
        suffix = "+simd" if simd == "both" else ""
        programs.append(Program(source, size, True, source.stem + suffix))
    return programs


@dataclass(frozen=True)
class Plan:
    """Commands that build one program for one contender, and the command that runs it.

    `inputs` are the files whose change makes a new build necessary. `self_timed` says that the
    run itself reports its CPU seconds as the last line of standard error; otherwise the whole
    process is measured.
    """

    build: Tuple[Command, ...]
    inputs: Tuple[Path, ...]
    output: Path
    run: Command
    self_timed: bool


def wasm_path(program: Program, work: Path) -> Path:
    return work / f"{program.name}.wasm"


def wasm_build(program: Program, work: Path) -> Plan:
    """The .wasm that all Wasm contenders share."""
    output = wasm_path(program, work)
    simd = ["-msimd128"] if program.simd else []
    command = [str(ZIG), "cc", "-target", "wasm32-wasi", *C_FLAGS, *simd]
    command += [str(program.source), "-o", str(output)]
    return Plan((command,), (program.source, HERE / "programs/bench.h"), output, [], False)


def native(program: Program, work: Path) -> Plan:
    output = work / f"{program.name}.native"
    build = [str(ZIG), "cc", *NATIVE_FLAGS, str(program.source), "-o", str(output), "-lm"]
    inputs = (program.source, HERE / "programs/bench.h")
    return Plan((build,), inputs, output, [str(output), program.size], False)


def wasker(program: Program, work: Path) -> Plan:
    """The Linux executable of our own compiler and linker; `linux_objects` must exist."""
    python = [sys.executable, "-m"]
    wasm, app = wasm_path(program, work), work / f"{program.name}.o"
    output = work / f"{program.name}.wasker"
    compile_command = [*python, "wasker", "compile", str(wasm), "-o", str(app)]
    compile_command += ["--cpu", CPU_LEVEL]
    link = [*python, "mew", "link", str(app), "-o", str(output), "--system", "linux"]
    link += ["--zig", str(ZIG), "--objects", str(linux_objects(work))]
    sources = tuple(sorted((ROOT / "src/python").rglob("*.py")))
    inputs = (wasm, *sources, linux_objects(work) / "key")
    return Plan((compile_command, link), inputs, output, [str(output), program.size], False)


def units(program: Program, work: Path) -> Plan:
    """As `wasker`, from small codegen units: what cutting a program costs at run time."""
    wasm, output = wasm_path(program, work), work / f"{program.name}.units"
    build = [sys.executable, str(HERE / "units.py"), "build", str(wasm), "-o", str(output)]
    build += ["--objects", str(linux_objects(work)), "--cpu", CPU_LEVEL]
    build += ["--unit-bytes", str(UNIT_BYTES)]
    sources = tuple(sorted((ROOT / "src/python/wasker").rglob("*.py")))
    inputs = (wasm, *sources, linux_objects(work) / "key")
    return Plan((build,), inputs, output, [str(output), program.size], False)


def linux_objects(work: Path) -> Path:
    """Where the Linux system's own objects are built, once for all programs."""
    return work / "linux-objects"


def linux_system_build(work: Path) -> Command:
    """The command that builds them."""
    system = [sys.executable, "-m", "mew", "build-system", "--system", "linux"]
    return [*system, "--zig", str(ZIG), "-o", str(linux_objects(work))]


def wasmtime(program: Program, work: Path) -> Plan:
    """Cranelift at its best level, compiled ahead; only the call of `_start` is measured."""
    wasm, output = wasm_path(program, work), work / f"{program.name}.cwasm"
    host = [sys.executable, str(HERE / "hosts/wasmtime_host.py")]
    build = [*host, "compile", str(wasm), str(output)]
    run = [*host, "run", str(output), program.size]
    return Plan((build,), (wasm, HERE / "hosts/wasmtime_host.py"), output, run, True)


def wasm2c(program: Program, work: Path) -> Plan:
    """C made by wasm2c (explicit bounds by guard pages, its default), compiled like the native."""
    wasm, source = wasm_path(program, work), work / f"{program.name}.wasm2c.c"
    output = work / f"{program.name}.wasm2c"
    host = HERE / "hosts/wasm2c_host.c"
    translate = ["wasm2c", str(wasm), "-n", "program", "--no-debug-names", "-o", str(source)]
    build = [str(ZIG), "cc", *NATIVE_FLAGS, "-w", f"-I{WASM2C_RUNTIME}"]
    build += [f'-DPROGRAM_HEADER="{source.with_suffix(".h")}"', str(source), str(host)]
    build += [str(WASM2C_RUNTIME / "wasm-rt-impl.c"), "-o", str(output), "-lm"]
    run = [str(output), program.size]
    return Plan((translate, build), (wasm, host), output, run, False)


def node(program: Program, work: Path) -> Plan:
    """V8 with its optimising compiler only."""
    wasm = wasm_path(program, work)
    flags = ["--no-warnings", "--no-liftoff", "--no-wasm-lazy-compilation"]
    run = ["node", *flags, str(HERE / "hosts/node_host.mjs"), str(wasm), program.size]
    return Plan((), (), wasm, run, True)


CONTENDERS: Dict[str, Callable[[Program, Path], Plan]] = {
    "native": native,
    "wasker": wasker,
    "wasmtime": wasmtime,
    "wasm2c": wasm2c,
    "node": node,
}
# Not part of the comparison unless asked for.
MORE_CONTENDERS = {"units": units}
