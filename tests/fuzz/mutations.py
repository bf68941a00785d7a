# SPDX-License-Identifier: Apache-2.0
"""Mutated modules: `python tests/fuzz/mutations.py COUNT [FILE.wasm ...]` checks COUNT of them.

Every mutated module must be accepted or refused with a diagnostic, in bounded time; any other
exception is a fault of the reader or validator. The same count and files give the same modules.
Needs `src/python` and `tests/support` on PYTHONPATH.
"""
from __future__ import annotations

import random
import signal
import sys
from pathlib import Path
from typing import Iterator
from typing import Sequence

from wasker.errors import Diagnostic
from wasker.wasm.features import THREADS
from wasker.wasm.features import WASM_3_0
from wasker.wasm.features import WIDE_ARITHMETIC
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validate_module
from wasm_samples import SAMPLES_TEXT
from wasm_samples import sample

FEATURES = WASM_3_0 | {THREADS, WIDE_ARITHMETIC}
# Far above what a module of a few kilobytes takes, far below what a person calls a hang.
TIME_LIMIT_S = 10
_HEADER_SIZE = 8
# Bytes that mean something in many places: flags, type codes, LEB128 limits.
_TELLING_BYTES = bytes([0, 1, 2, 0x0B, 0x3F, 0x40, 0x60, 0x63, 0x70, 0x7F, 0x80, 0xFC, 0xFD, 0xFF])


def _mutate_once(data: bytearray, chance: random.Random) -> None:
    if not data:
        data.append(chance.randrange(256))
        return
    # The header and the sizes decide before anything else: mostly leave both as they are.
    first = _HEADER_SIZE if len(data) > _HEADER_SIZE and chance.randrange(50) else 0
    at = chance.randrange(first, len(data))
    kind = chance.choice((0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 7))
    if kind == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        data[at] = chance.choice(_TELLING_BYTES)
    elif kind == 2:
        data[at] = (data[at] + chance.choice((-1, 1))) % 256
    elif kind == 3:
        data.insert(at, chance.choice(_TELLING_BYTES))
    elif kind == 4:
        del data[at : at + chance.randrange(1, 5)]
    elif kind == 5:
        data[at:at] = data[at : at + chance.randrange(1, 40)]
    elif kind == 6:
        data[at : at + 5] = b"\xff\xff\xff\xff\x0f"
    else:
        source = chance.randrange(len(data))
        size = min(chance.randrange(1, 20), len(data) - max(at, source))
        data[at : at + size] = data[source : source + size]


def mutants(seeds: Sequence[bytes], count: int) -> Iterator[tuple[int, bytes]]:
    """Yield (number, module) for `count` mutated modules, one to eight changes each."""
    for number in range(count):
        chance = random.Random(number)
        data = bytearray(seeds[number % len(seeds)])
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            _mutate_once(data, chance)
        if chance.randrange(20) == 0:
            del data[chance.randrange(len(data) + 1) :]
        yield number, bytes(data)


def _expire(signal_number: int, frame: object) -> None:
    raise TimeoutError(f"over {TIME_LIMIT_S} s")


def check_mutants(seeds: Sequence[bytes], count: int) -> tuple[int, dict[str, int]]:
    """Read and validate `count` mutants; return how many were accepted, and refusals by code.

    Raises AssertionError naming the mutant for any exception that is not a Diagnostic.
    """
    accepted = 0
    refused: dict[str, int] = {}
    previous = signal.signal(signal.SIGALRM, _expire)
    try:
        for number, data in mutants(seeds, count):
            signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT_S)
            try:
                validate_module(read_module(data, FEATURES))
                accepted += 1
            except Diagnostic as error:
                refused[error.code] = refused.get(error.code, 0) + 1
            except Exception as error:
                raise AssertionError(f"mutant {number}: {error!r}: {data.hex()}") from error
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, previous)
    return accepted, dict(sorted(refused.items()))


def main(arguments: Sequence[str]) -> int:
    """Check as many mutants as the first argument says, of our samples and the given files."""
    seeds = [sample(name) for name in SAMPLES_TEXT]
    seeds += [Path(path).read_bytes() for path in arguments[1:]]
    accepted, refused = check_mutants(seeds, int(arguments[0]))
    sys.stdout.write(f"accepted {accepted}, refused {sum(refused.values())}: {refused}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
