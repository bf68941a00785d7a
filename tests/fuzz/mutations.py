# SPDX-License-Identifier: Apache-2.0
"""Mutated modules: `python tests/fuzz/mutations.py COUNT [FILE.wasm ...]` checks COUNT of them.

Every mutated module must be accepted or refused with a diagnostic, in bounded time, and another
validator (wasmtime's) must come to the same verdict. What is accepted is compiled. The same count
and files give the same modules. Needs `src/python` and `tests/support` on PYTHONPATH.
"""
from __future__ import annotations

import random
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Callable
from typing import Iterator
from typing import Sequence

import wasmtime
from wasker.api import compile_module
from wasker.errors import Diagnostic
from wasker.options import Options
from wasker.wasm.features import THREADS
from wasker.wasm.features import WASM_3_0
from wasker.wasm.features import WIDE_ARITHMETIC
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validate_module
from wasm_samples import SAMPLES_TEXT
from wasm_samples import sample

FEATURES = WASM_3_0 | {THREADS, WIDE_ARITHMETIC}
# Far above what a module of a few kilobytes takes, far below what a person calls a hang.
TIME_LIMIT_S = 10
# Size limits are each implementation's own.
LIMIT_CODES = ("E018",)
_HEADER_SIZE = 8
_ONE_BYTE_OPCODES = [row.code for row in OPCODES if row.code <= 0xFF]
# Bytes that mean something in many places: flags, type codes, LEB128 limits.
_TELLING_BYTES = bytes([0, 1, 2, 0x0B, 0x3F, 0x40, 0x60, 0x63, 0x70, 0x7F, 0x80, 0xFC, 0xFD, 0xFF])


def _code_ranges(seed: bytes) -> list[tuple[int, int]]:
    """Where the function bodies of a seed are; none for a seed that is no good module."""
    try:
        return [(body.start, body.end) for body in read_module(seed, FEATURES).code]
    except Diagnostic:
        return []


def _mutate_body(data: bytearray, ranges: list[tuple[int, int]], chance: random.Random) -> None:
    """Change one byte of one body: what reaches the validator most often."""
    at = chance.randrange(*chance.choice(ranges))
    kind = chance.randrange(4)
    if kind == 0:
        data[at] = chance.choice(_ONE_BYTE_OPCODES)
    elif kind == 1:
        data[at] = (data[at] + chance.choice((-1, 1, 2))) % 256
    elif kind == 2:
        data[at] = chance.randrange(256)
    else:
        data[at] = chance.choice(_TELLING_BYTES)


def _mutate_anywhere(data: bytearray, chance: random.Random) -> None:
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
    ranges = [_code_ranges(seed) for seed in seeds]
    for number in range(count):
        chance = random.Random(number)
        which = chance.randrange(len(seeds))
        data = bytearray(seeds[which])
        in_body = bool(ranges[which]) and chance.randrange(2)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            if in_body:
                _mutate_body(data, ranges[which], chance)
            else:
                _mutate_anywhere(data, chance)
        if chance.randrange(40) == 0:
            del data[chance.randrange(len(data) + 1) :]
        yield number, bytes(data)


def _other_validator() -> Callable[[bytes], bool]:
    """Whether wasmtime accepts a module, with the proposals in FEATURES."""
    config = wasmtime.Config()
    for option in ("exceptions", "function_references", "gc", "memory64", "wide_arithmetic"):
        setattr(config, f"wasm_{option}", True)
    engine = wasmtime.Engine(config)

    def accepts(data: bytes) -> bool:
        try:
            wasmtime.Module.validate(engine, data)
        except wasmtime.WasmtimeError:
            return False
        return True

    return accepts


def _expire(signal_number: int, frame: object) -> None:
    raise TimeoutError(f"over {TIME_LIMIT_S} s")


def _verdict(data: bytes) -> str:
    """The code of the refusal, "" for a valid module; raises TimeoutError over the limit."""
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT_S)
    try:
        validate_module(read_module(data, FEATURES))
    except Diagnostic as error:
        return error.code
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def _compile(data: bytes) -> bool:
    """Compile a valid module; False if it needs a proposal that is not compiled."""
    try:
        compile_module(data, Options(entry="none"))
    except Diagnostic as error:
        assert error.code == "E020", error
        return False
    return True


def check_mutants(seeds: Sequence[bytes], count: int) -> tuple[dict[str, int], int]:
    """Read and validate `count` mutants and compile those that are accepted; return how many got
    each code ("" if accepted), and how many were compiled.

    Raises AssertionError naming the mutant for any exception that is not a Diagnostic, and where
    the other validator disagrees.
    """
    verdicts: Counter = Counter()
    compiled = 0
    other_accepts = _other_validator()
    previous = signal.signal(signal.SIGALRM, _expire)
    try:
        for number, data in mutants(seeds, count):
            try:
                code = _verdict(data)
                compiled += not code and _compile(data)
            except Exception as error:
                raise AssertionError(f"mutant {number}: {error!r}: {data.hex()}") from error
            verdicts[code] += 1
            if bool(code) == other_accepts(data) and code not in LIMIT_CODES:
                raise AssertionError(f"mutant {number}: we say {code!r}: {data.hex()}")
    finally:
        signal.signal(signal.SIGALRM, previous)
    return dict(sorted(verdicts.items())), compiled


def main(arguments: Sequence[str]) -> int:
    """Check as many mutants as the first argument says, of our samples and the given files."""
    seeds = [sample(name) for name in SAMPLES_TEXT]
    seeds += [Path(path).read_bytes() for path in arguments[1:]]
    verdicts, compiled = check_mutants(seeds, int(arguments[0]))
    sys.stdout.write(f"verdicts by code, \"\" is accepted: {verdicts}; {compiled} compiled\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
