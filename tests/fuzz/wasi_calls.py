# SPDX-License-Identifier: Apache-2.0
"""Random calls of every WASI function, hostile ones above all, in VMs and as Linux processes.

The program is `wasi/calls.c`. It fails when a call writes where no argument of it allowed, when a
failed call writes at all, or when an error code is none; the system fails by a panic. The same
seed makes the same calls.

    python tests/fuzz/wasi_calls.py --calls 1000000                   # both systems
    python tests/fuzz/wasi_calls.py --system kernel --directory disk  # FAT32; or host: 9P
    python tests/fuzz/wasi_calls.py --system kernel --seed 7 --calls 50000 --check-every 1
"""
from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support")]

from mew_abi import wasi  # noqa: E402
from pipeline import ROOT  # noqa: E402
from pipeline import TIMEOUT_S  # noqa: E402
from pipeline import ZIG  # noqa: E402
from pipeline import Outcome  # noqa: E402
from pipeline import System  # noqa: E402
from pipeline import expect_success  # noqa: E402
from pipeline import run_module  # noqa: E402

SOURCE = ROOT / "tests/fuzz/wasi/calls.c"
HEADERS = ROOT / "tests/kernel/wasi/programs"
FEATURES = ",".join(wasi.FEATURES)
SYSTEMS = ("kernel", "linux")
# Where hostile.h expects that the program's own data begin.
_OWN_START = 0x20000

# What a VM's program is given, by the kind of the first directory.
PREOPENS = {
    "memory": ("/=memory", "/image=image", "/over=overlay"),
    "disk": ("/=disk", "/over=overlay"),
    "host": ("/=host", "/over=overlay"),
}
CALLS_PER_RUN = 50_000
CHECK_EVERY = 256
MEMORY_MIB = 64
# No file of the Linux host gets larger: a program may ask for any size.
_FILE_BYTES_MAX = 4 << 20
_DISK_MIB = 40

# FAT32 has no links; of those in the other directories few are met.
_RARE_ON_DISK = {"path_link", "path_readlink", "path_symlink"}


@dataclass
class Totals:
    """Per function: calls, those that succeeded, those refused for a bad pointer."""

    calls: Counter = field(default_factory=Counter)
    successes: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, report: str) -> None:
        """Take in one run's table."""
        for line in report.splitlines():
            name, *numbers = line.split()
            if name not in wasi.SYSTEM_FUNCTIONS:
                self.notes.append(line)
                continue
            for counter, number in zip((self.calls, self.successes, self.faults), numbers):
                counter[name] += int(number)

    def gaps(self, kind: str) -> list[str]:
        """Functions that the random arguments did not really reach in directories of `kind`."""
        rare = _RARE_ON_DISK if kind == "disk" else set()
        wanted = sorted(set(wasi.SYSTEM_FUNCTIONS) - {"proc_exit"})
        never = [f"{name}: never called" for name in wanted if not self.calls[name]]
        return never + [
            f"{name}: never succeeded"
            for name in wanted
            if name not in rare and not self.successes[name]
        ]

    def table(self) -> str:
        """One line for each function, and the sums."""
        rows = [
            f"{name:<24}{self.calls[name]:>10}{self.successes[name]:>10}{self.faults[name]:>10}"
            for name in sorted(self.calls)
        ]
        sums = [counter.total() for counter in (self.calls, self.successes, self.faults)]
        head = f"{'function':<24}{'calls':>10}{'success':>10}{'fault':>10}"
        return "\n".join([head, *rows, f"{'all':<24}{sums[0]:>10}{sums[1]:>10}{sums[2]:>10}"])


def compile_program(work: Path) -> Path:
    """Compile calls.c to a module whose first pages are free for hostile pointers."""
    module, linked = work / "calls.wasm.o", work / "calls.wasm"
    caches = {"ZIG_LOCAL_CACHE_DIR": str(work), "ZIG_GLOBAL_CACHE_DIR": str(work)}
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-freestanding", "-O1", "-Wall", "-Werror",
            "-I", HEADERS, "-c", SOURCE, "-o", module,
        ],
        check=True, env=caches,
    )
    subprocess.run(
        [
            ZIG, "wasm-ld", "--no-entry", "--export=_start", "--no-stack-first",
            f"--global-base={_OWN_START}", module, "-o", linked,
        ],
        check=True, env=caches,
    )
    return linked


def make_files(directory: Path) -> Path:
    """A tree with the names that the program uses."""
    (directory / "a/b").mkdir(parents=True)
    (directory / "a/c").write_bytes(b"content" * 1000)
    (directory / "d").symlink_to("a/c")
    (directory / "f").write_bytes(b"")
    return directory


@dataclass(frozen=True)
class Fuzzer:
    """The program, linked with one system."""

    system: System
    image: Path
    kind: str

    @staticmethod
    def build(name: str, work: Path, kind: str = "memory") -> "Fuzzer":
        """Compile system and program; `kind` is one of PREOPENS, for the kernel."""
        system = System.build(name, work, "--features", FEATURES)
        options: list[object] = []
        if name == "kernel":
            options += ["--files", make_files(work / "files")]
            for preopen in PREOPENS[kind]:
                options += ["--preopen", preopen]
        image = system.link(compile_program(work), "calls", "--wasi", FEATURES, options=options)
        return Fuzzer(system, image, kind)

    def run(
        self, seed: int, calls: int, check_every: int = CHECK_EVERY, *more: object,
        memory_mib: int = MEMORY_MIB,
    ) -> Outcome:
        """Make `calls` calls with `seed`; `more` is what calls.c takes beyond these."""
        words = [str(word) for word in (seed, calls, check_every, *more)]
        with tempfile.TemporaryDirectory(dir=self.system.work) as directory:
            top = make_files(Path(directory) / "top")
            if self.system.name == "linux":
                return _run_process([str(self.image), *words], f"/={top}")
            options: list[object] = ["--memory-mib", memory_mib, "--timeout-s", TIMEOUT_S]
            if self.kind == "disk":
                disk = Path(directory) / "disk"
                expect_success(run_module("mew", "disk", "-o", disk, "--size-mib", _DISK_MIB))
                options += ["--disk", disk]
            if self.kind == "host":
                options += ["--share", f"/={top}"]
            return run_module("mew", "run", self.image, *options, "--", *words)


def _run_process(argv: Sequence[str], preopens: str) -> Outcome:
    done = subprocess.run(
        argv, env={"MEW_PREOPENS": preopens}, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=TIMEOUT_S, check=False,
        # Python ignores SIGXFSZ; a program that inherits this gets an error code instead.
        restore_signals=False, preexec_fn=_limit_files,
    )
    out, error = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    return Outcome(done.returncode, out, error)


def _limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES_MAX, _FILE_BYTES_MAX))


def fuzz(fuzzer: Fuzzer, options: argparse.Namespace) -> int:
    """Make all calls of one system and print what came of them; 1 if anything is wrong."""
    totals, started_s, seed, left = Totals(), time.monotonic(), options.seed, options.calls
    while left > 0:
        calls = min(left, options.calls_per_run)
        outcome = fuzzer.run(seed, calls, options.check_every, memory_mib=options.memory_mib)
        if outcome.exit_code != 0:
            print(
                f"{fuzzer.system.name} seed {seed}: exit code {outcome.exit_code}\n"
                f"{outcome.stdout}{outcome.stderr[-4000:]}"
            )
            return 1
        totals.add(outcome.stdout)
        left -= calls
        seed += 1
    print(f"{fuzzer.system.name}: seeds {options.seed} to {seed - 1}, "
          f"{time.monotonic() - started_s:.0f} s\n{totals.table()}")
    gaps = totals.gaps(fuzzer.kind)
    print("\n".join([*sorted(set(totals.notes)), *gaps]))
    return 1 if gaps else 0


def main(arguments: Sequence[str]) -> int:
    """Parse the command line, build, fuzz."""
    parser = argparse.ArgumentParser(description="random WASI calls")
    parser.add_argument("--system", choices=SYSTEMS, action="append", help="default: both")
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--calls-per-run", type=int, default=CALLS_PER_RUN)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check-every", type=int, default=CHECK_EVERY,
                        help="calls between checks of the whole memory; 1 names the call")
    parser.add_argument("--memory-mib", type=int, default=MEMORY_MIB)
    parser.add_argument("--directory", choices=sorted(PREOPENS), default="memory",
                        help="the kind of directory that the kernel's program has")
    options = parser.parse_args(arguments)
    failures = 0
    for name in options.system or SYSTEMS:
        with tempfile.TemporaryDirectory() as work:
            fuzzer = Fuzzer.build(name, Path(work), options.directory)
            failures += fuzz(fuzzer, options)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
