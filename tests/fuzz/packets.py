# SPDX-License-Identifier: Apache-2.0
"""Random and mutated frames for the kernel's network stack, with programs using it meanwhile.

Two stacks talk over a link that damages, repeats, loses and makes up frames (`packets.zig`); they
are built with all of Zig's checks, so that an overflow or a bad index ends the run, and memory
that is left over does too. The same seed makes the same frames.

    python tests/fuzz/packets.py --frames 1000000
    python tests/fuzz/packets.py --seed 1665 --frames 1     # one session again
"""
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support")]

from pipeline import ROOT  # noqa: E402
from pipeline import ZIG  # noqa: E402

SOURCE = ROOT / "tests/fuzz/packets.zig"
STACK = ROOT / "kernel/src/net/simulator.zig"
# What a run says of itself, from its end: enough to repeat it.
_TAIL_BYTES = 4000


@dataclass(frozen=True)
class Outcome:
    """How a run ended and the last that it said."""

    exit_code: int
    tail: str


def build(work: Path, optimisation: str) -> Path:
    """Compiles the fuzzer in `work`; `optimisation` is one of zig's with checks: debug, safe."""
    program = work / f"packets-{optimisation}"
    subprocess.run(
        [
            ZIG, "build-exe", "-O", optimisation, "-target", "x86_64-linux-none",
            "--dep", "net", f"-Mroot={SOURCE}", f"-Mnet={STACK}", f"-femit-bin={program}",
            "--cache-dir", work, "--global-cache-dir", work,
        ],
        check=True,
    )
    return program


def run(program: Path, seed: int, frames: int, *more: str) -> Outcome:
    """Sends at least `frames` frames, in sessions of which `seed` is the first one's number."""
    done = subprocess.run(
        [program, str(seed), str(frames), *more],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=False,
    )
    return Outcome(done.returncode, done.stderr[-_TAIL_BYTES:].decode(errors="replace"))


def main(arguments: Sequence[str]) -> int:
    """The command line of the docstring above; 1 for a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        outcome = run(build(Path(work), "safe"), options.seed, options.frames)
    print(outcome.tail if outcome.exit_code else outcome.tail.splitlines()[-1])
    return 1 if outcome.exit_code else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
