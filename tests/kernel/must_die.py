# SPDX-License-Identifier: Apache-2.0
"""The protections, and an attempt to break each: `python tests/kernel/must_die.py` prints what
became of them as the table of docs/reference/sandbox.md. Exit code 1 if one survived.
"""
from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support")]

import boundary_module  # noqa: E402
from mew.vm.machine import Machine  # noqa: E402
from mew.vm.report import Outcome  # noqa: E402
from mew_abi import protocol  # noqa: E402
from mew_abi import traps  # noqa: E402
from pipeline import TIMEOUT_S  # noqa: E402
from pipeline import System  # noqa: E402
from probe import Finished  # noqa: E402
from probe import Probe  # noqa: E402


@dataclass(frozen=True)
class Attempt:
    """What a program without a compiler's care does, and the page fault that must end it."""

    action: str
    protection: str
    what: str
    ends: str


# Only broken code can do these: each is a panic that names the access.
ATTEMPTS = (
    Attempt("write_text", "text is not writable", "store to a function", "write"),
    Attempt("text_alias", "text has no second mapping", "store through the direct map", "write"),
    Attempt("read_text_alias", "text has no second mapping", "load through the direct map", "read"),
    Attempt("write_rodata", "rodata is read-only", "store to a constant", "write"),
    Attempt("write_names", "rodata is read-only", "store to the table of names", "write"),
    Attempt("write_firmware", "firmware's memory is read-only", "store below 1 MiB", "write"),
    Attempt("run_rodata", "rodata is not executable", "call a constant", "execute"),
    Attempt("run_data", "data is not executable", "call a variable", "execute"),
    Attempt("run_stack", "the stack is not executable", "call a local variable", "execute"),
    Attempt("run_memory", "linear memory is not executable", "call linear memory 0", "execute"),
    Attempt("run_second_memory", "linear memory is not executable", "call memory 1", "execute"),
    Attempt("run_table", "tables are not executable", "call a growable table", "execute"),
    Attempt("run_direct_map", "the direct map is not executable", "call free memory", "execute"),
    Attempt("read_null", "the null page is not mapped", "load from 0", "read"),
    Attempt("run_null", "the null page is not mapped", "call 0", "execute"),
    Attempt("read_low", "the null page is not mapped", "load from 4096", "read"),
    Attempt("read_behind_image", "nothing lies behind the image", "load from its end", "read"),
    Attempt("read_above_stack", "nothing lies above the stack", "load 1 MiB above", "read"),
    Attempt("read_behind_table", "nothing lies behind a table", "load the next page", "read"),
)

# CPU models: all that QEMU emulates, and what is on when some are missing.
PROTECTIONS = {
    "max": "WP NX SMEP SMAP UMIP",
    "max,-umip": "WP NX SMEP SMAP",
    "max,-smap": "WP NX SMEP UMIP",
    "max,-smep": "WP NX SMAP UMIP",
    "qemu64": "WP NX",
    "Skylake-Client": "WP NX SMEP SMAP",
}


def run_escape(program: Path, system: str, number: int, address: int) -> Finished:
    """Run function `number` of boundary_module's program with `address` on one system."""
    words = (str(number), str(address))
    if system == "kernel":
        return Probe(program).run(*words)
    done = subprocess.run(
        [program, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S,
        check=False,
    )
    return Finished(Outcome(done.returncode), done.stdout, done.stderr.decode(errors="replace"))


def build_escapes(system: System) -> Path:
    """Compile and link boundary_module's program."""
    source = system.work / "escapes.wat"
    source.write_text(boundary_module.text())
    return system.link(source, "escapes")


def attempt_survived(attempt: Attempt, finished: Finished) -> bool:
    """Whether the run ended in any other way than it must."""
    return (
        finished.outcome != Outcome(protocol.RUNNER_EXIT_PANIC)
        or f"panic: page fault: {attempt.ends} of address 0x" not in finished.stderr
        or "backtrace:" not in finished.stderr
        or b"FAILURE" in finished.stdout
    )


def escape_survived(escape: boundary_module.Escape, finished: Finished) -> bool:
    """Whether the program got out, or died without saying of what and where."""
    return (
        finished.outcome.exit_code != protocol.RUNNER_EXIT_TRAP
        or f"trap: {traps.TRAP_MESSAGES[escape.trap]}" not in finished.stderr
        or "in wasm function '" not in finished.stderr
    )


def _rows(kernel: System, linux: System) -> Iterator[tuple[str, str, str]]:
    probe = Probe.build(kernel, "probe.c")
    for attempt in ATTEMPTS:
        survived = attempt_survived(attempt, probe.run(attempt.action))
        end = "**survived**" if survived else f"panic: page fault: {attempt.ends}"
        yield attempt.protection, attempt.what, end
    programs = {system.name: build_escapes(system) for system in (kernel, linux)}
    for number, escape in enumerate(boundary_module.ESCAPES):
        survivors = [
            name for name, program in programs.items()
            if escape_survived(escape, run_escape(program, name, number, escape.address))
        ]
        end = f"trap: {traps.TRAP_MESSAGES[escape.trap]}"
        yield (
            "a program stays in its sandbox",
            f"`{escape.name}`" + (f" at {escape.address}" if escape.address else ""),
            f"**survived on {', '.join(survivors)}**" if survivors else end,
        )
    for cpu, wanted in PROTECTIONS.items():
        finished = probe.run("protections", machine=Machine(cpu=cpu))
        told = finished.stdout.decode().strip()
        right = finished.outcome.program_code == 0 and told == wanted
        yield (
            "what the processor has is on", f"`-cpu {cpu}`", f"on: {told}" if right else "**off**"
        )


def main() -> int:
    """Make every attempt and print the table."""
    survivors = 0
    with tempfile.TemporaryDirectory() as work:
        systems = [System.build(name, Path(work)) for name in ("kernel", "linux")]
        print("| protection | attempt | end |\n|---|---|---|")
        for row in _rows(*systems):
            print("| " + " | ".join(row) + " |", flush=True)
            survivors += "**" in row[-1]
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
