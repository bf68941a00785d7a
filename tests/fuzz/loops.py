# SPDX-License-Identifier: Apache-2.0
"""Random loops of the kind that compilers unroll: `python tests/fuzz/loops.py --count N --seed S`.

Each program is one loop over arrays that may overlap, called with many distances between them. The
compiled code (in this process) and wasmtime must return the same and leave the same memory. The
same seeds give the same programs. Needs `src/python` on PYTHONPATH.
"""
from __future__ import annotations

import argparse
import ctypes
import random
import sys
from array import array
from pathlib import Path
from typing import NamedTuple
from typing import Sequence

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS.parent / "src/python")]

import wasmtime  # noqa: E402
from jit import JitInstance  # noqa: E402

_PAGES = 2
_MEMORY_BYTES = _PAGES << 16
_MIDDLE = 40_000
# Element type -> (bytes, load, store, value type, binary operations).
_INTEGER = "add sub mul and or xor".split()
_ELEMENTS = {
    "i8": (1, "i32.load8_u", "i32.store8", "i32", _INTEGER),
    "s8": (1, "i32.load8_s", "i32.store8", "i32", _INTEGER),
    "i16": (2, "i32.load16_s", "i32.store16", "i32", _INTEGER),
    "i32": (4, "i32.load", "i32.store", "i32", _INTEGER),
    "i64": (8, "i64.load", "i64.store", "i64", _INTEGER),
    "f32": (4, "f32.load", "f32.store", "f32", "add sub mul".split()),
    "f64": (8, "f64.load", "f64.store", "f64", "add sub mul".split()),
}
_SHAPES = {
    "i8x16": (1, "add sub".split()),
    "i16x8": (2, "add sub mul".split()),
    "i32x4": (4, "add sub mul".split()),
    "i64x2": (8, "add sub mul".split()),
    "f32x4": (4, "add sub mul".split()),
    "f64x2": (8, "add sub mul".split()),
}
_POINTERS = ("$p", "$q", "$r")


class Case(NamedTuple):
    """Arguments of one call: where the arrays are and how many passes the loop makes."""

    pointers: tuple[int, int, int]
    passes: int


class LoopWriter:
    """Writes the program of a seed; `stride` is how many bytes a pass moves each array by."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._form = self._chance.choice(("pointers", "index", "negative", "below"))
        self._vectors = self._chance.random() < 0.5
        if self._vectors:
            self._shape = self._chance.choice(list(_SHAPES))
            self._width, self._operations = 16, _SHAPES[self._shape][1]
            self._load, self._store, self._type = "v128.load", "v128.store", "v128"
            self._copies = self._chance.choice((1, 1, 2, 4))
        else:
            element = self._chance.choice(list(_ELEMENTS))
            self._width, self._load, self._store, self._type, self._operations = (
                _ELEMENTS[element]
            )
            self._shape = self._type
            self._copies = self._chance.choice((2, 3, 4, 8))
        self.stride = self._width * self._copies
        self.float_bits = int(self._shape[1:3]) if self._shape[0] == "f" else 0
        self._offsets = [self._chance.choice((0, 0, 4, 8, 16, -4, -16)) for _ in range(6)]
        self._carries = self._chance.random() < 0.3
        self._sums = not self._vectors and self._type == "i32" and self._chance.random() < 0.4
        self._shift = self._chance.random() < 0.3
        self._late = self._chance.random() < 0.5
        self._keeps = self._chance.random() < 0.3

    def _address(self, pointer: str, position: int) -> str:
        """An i32 expression; a part of the offset may be static."""
        at = f"(local.get {pointer})"
        if self._form != "pointers":
            at = f"(i32.add {at} (local.get $i))"
        return f"(i32.add {at} (i32.const {position}))" if position else at

    def _loaded(self, stream: int, copy: int) -> str:
        pointer = _POINTERS[stream % 3]
        position = self._offsets[stream] + copy * self._width
        if position > 0 and self._late:
            return f"({self._load} offset={position} {self._address(pointer, 0)})"
        return f"({self._load} {self._address(pointer, position)})"

    def _value(self, copy: int) -> str:
        """The same expression for each copy, on its own elements."""
        chance = random.Random(self._offsets[0] * 7 + self._copies + self.stride)
        value = self._loaded(1, copy)
        for step in range(chance.randrange(1, 4)):
            operation = chance.choice(self._operations)
            kind = chance.randrange(3)
            if kind == 0:
                other = self._loaded(2 + step, copy)
            elif kind == 1:
                other = "(local.get $k)"
            else:
                other = self._loaded(0, copy)
            value = f"({self._shape}.{operation} {value} {other})"
        if self._shift and self._type == "i32":
            value = f"(i32.shr_s {value} (i32.const 3))"
        elif self._shift and self._shape in ("i16x8", "i32x4"):
            value = f"({self._shape}.shr_u {value} (i32.const 3))"
        if self._carries:
            value = self._with_carried(value, copy)
        return value

    def _with_carried(self, value: str, copy: int) -> str:
        """Combine with the element before, which the last copy or pass has loaded."""
        here = f"(local.tee $new {self._loaded(1, copy)})"
        operation = self._operations[0]
        before = f"(local.get $old) {here}"
        if self._vectors:
            size = _SHAPES[self._shape][0]
            lanes = " ".join(str(lane) for lane in range(16 - size, 32 - size))
            before = f"(i8x16.shuffle {lanes} (local.get $old) {here})"
        else:
            value = f"({self._shape}.{operation} {value} {here})"
            before = "(local.get $old)"
        return f"({self._shape}.{operation} {value} {before})"

    def _copy(self, copy: int) -> list[str]:
        lines = []
        if self._sums:
            term = f"(i32.mul {self._loaded(1, copy)} {self._loaded(2, copy)})"
            lines.append(f"(local.set $sum (i32.add (local.get $sum) {term}))")
        else:
            lines.append(f"(local.set $t {self._value(copy)})")
            target = self._address("$p", copy * self._width)
            lines.append(f"({self._store} {target} (local.get $t))")
        if self._carries and not self._sums:
            lines.append("(local.set $old (local.get $new))")
        return lines

    def text(self) -> str:
        """The module: `run` takes three pointers, the passes and a number."""
        step = self.stride
        before, after, condition = "", "", ""
        if self._form == "pointers":
            after = "".join(
                f"(local.set {p} (i32.add (local.get {p}) (i32.const {step})))" for p in _POINTERS
            )
            condition = "(local.tee $n (i32.sub (local.get $n) (i32.const 1)))"
        else:
            bound = f"(i32.mul (local.get $n) (i32.const {step}))"
            if self._form == "negative":
                before = "".join(
                    f"(local.set {p} (i32.add (local.get {p}) {bound}))" for p in _POINTERS
                ) + f"(local.set $i (i32.sub (i32.const 0) {bound}))"
            after = f"(local.set $i (i32.add (local.get $i) (i32.const {step})))"
            if self._form == "index":
                before = f"(local.set $m {bound})"
                condition = "(i32.ne (local.get $i) (local.get $m))"
            elif self._form == "below":
                before = f"(local.set $m {bound})"
                condition = "(i32.lt_u (local.get $i) (local.get $m))"
            else:
                condition = "(local.get $i)"
        body = "\n".join(line for copy in range(self._copies) for line in self._copy(copy))
        results = "(i64.add (i64.extend_i32_u (local.get $i)) (i64.extend_i32_u (local.get $sum)))"
        for pointer in (*_POINTERS, "$n"):
            value = f"(i64.extend_i32_u (local.get {pointer}))"
            results = f"(i64.add (i64.mul {results} (i64.const 31)) {value})"
        kept = ""
        if self._keeps:
            kept = f"({self._store} (i32.const 16) (local.get $t))"
        if self._carries:
            kept += f"({self._store} (i32.const 48) (local.get $old))"
        return f"""(module (memory (export "memory") {_PAGES})
            (func (export "run") (param $p i32) (param $q i32) (param $r i32) (param $n i32)
                (param $seed i32) (result i64)
                (local $i i32) (local $m i32) (local $sum i32) (local $k {self._type})
                (local $t {self._type}) (local $old {self._type}) (local $new {self._type})
                (local.set $k {self._invariant()})
                (local.set $old (local.get $k))
                {before}
                (loop $again {body} {after} (br_if $again {condition}))
                {kept}
                {results}))"""

    def _invariant(self) -> str:
        seed = "(local.get $seed)"
        if self._vectors:
            if self._chance.random() < 0.2:
                return "(v128.load (i32.const 4096))"
            if self._shape in ("f32x4", "f64x2"):
                return f"({self._shape}.splat ({self._shape[:3]}.convert_i32_s {seed}))"
            if self._shape == "i64x2":
                return f"(i64x2.splat (i64.extend_i32_u {seed}))"
            return f"({self._shape}.splat {seed})"
        if self._type == "i32":
            return seed
        if self._type == "i64":
            return f"(i64.extend_i32_u {seed})"
        return f"({self._type}.convert_i32_s {seed})"

    def cases(self, count: int) -> list[Case]:
        """Calls with arrays apart, equal, and overlapping by little."""
        found = []
        for _ in range(count):
            passes = self._chance.choice((1, 2, 3, 5, 8, 16, 17, 31, 40, 64))
            others = []
            for _ in range(2):
                near = self._chance.choice((0, 1, 4, 8, 12, 16, 32, 64, 100))
                far = self._chance.choice((0, 0, passes * self.stride, 4096, 16384))
                others.append(_MIDDLE + self._chance.choice((-1, 1)) * (near + far))
            found.append(Case((_MIDDLE, *others), passes))
        return found


def _filled(seed: int) -> bytes:
    """Memory whose every float is an ordinary number."""
    chance = random.Random(seed)
    return b"".join(
        bytes((chance.randrange(256), chance.randrange(256), chance.randrange(256), 0x40))
        for _ in range(_MEMORY_BYTES // 4)
    )


def _holds_nan(memory: bytes, bits: int) -> bool:
    """Whether any place holds a NaN or an infinity, for which Wasm leaves bits open."""
    width, exponent = (4, 0x7F80_0000) if bits == 32 else (8, 0x7FF0 << 48)
    for first in range(width):
        rest = memory[first : first + (len(memory) - first) // width * width]
        if any(word & exponent == exponent for word in array("I" if width == 4 else "Q", rest)):
            return True
    return False


def _signed(values: Sequence[int]) -> list[int]:
    return [value - (1 << 32) if value >> 31 else value for value in values]


def differences(seed: int, cpu: str, cases: int) -> list[str]:
    """Run one program on both engines; a line for each call that differs."""
    writer = LoopWriter(seed)
    binary = bytes(wasmtime.wat2wasm(writer.text()))
    content = _filled(seed)
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, binary), [])
    exports = instance.exports(store)
    compiled = JitInstance(binary, cpu)
    run = compiled.export("run", ctypes.c_uint64, *[ctypes.c_int32] * 5)
    found = []
    for case in writer.cases(cases):
        exports["memory"].write(store, content, 0)
        ctypes.memmove(compiled.memory_base(), content, _MEMORY_BYTES)
        arguments = (*_signed(case.pointers), case.passes, 3)
        expected = exports["run"](store, *arguments) & ((1 << 64) - 1)
        memory = bytes(exports["memory"].read(store, 0, _MEMORY_BYTES))
        result = run(*arguments)
        if result != expected:
            found.append(f"seed {seed} {case}: returned {result:#x}, wanted {expected:#x}")
        actual = ctypes.string_at(compiled.memory_base(), _MEMORY_BYTES)
        if actual != memory and not (writer.float_bits and _holds_nan(memory, writer.float_bits)):
            at = next(i for i in range(_MEMORY_BYTES) if actual[i] != memory[i])
            found.append(f"seed {seed} {case}: byte {at} is {actual[at]}, wanted {memory[at]}")
    return found


def main(arguments: Sequence[str]) -> int:
    """Print every difference and a summary; 1 if there was one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="the first program's seed")
    parser.add_argument("--cases", type=int, default=20, help="calls of each program")
    parser.add_argument("--cpu", default="x86-64-v3")
    options = parser.parse_args(arguments)
    failed = 0
    for seed in range(options.seed, options.seed + options.count):
        found = differences(seed, options.cpu, options.cases)
        failed += bool(found)
        for line in found:
            print(line)
    print(f"{options.count} programs, {options.count * options.cases} calls, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
