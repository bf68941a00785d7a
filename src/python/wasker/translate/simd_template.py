# SPDX-License-Identifier: Apache-2.0
"""What a vector instruction's template is made of, and the lane shapes (specification 4.4.3)."""
from __future__ import annotations

from typing import NamedTuple

V128 = "<2 x i64>"


def v128_literal(bits: int) -> str:
    """The operand text, without its type, of a v128 constant."""
    return f"<i64 {bits & (1 << 64) - 1}, i64 {bits >> 64}>"


class Template(NamedTuple):
    """One instruction at one CPU level.

    `operand` is the LLVM type that the body sees every v128 operand as, `result` the one that
    it yields. `body` is LLVM IR: `$a` `$b` `$c` are the operands in order, `$i` the immediate as
    text, `%name` local names; the last line is the result and needs no name. A body that is one
    operand yields it. For a load, `memory` is the type that is loaded and `$a` the value
    loaded; for a store it is the type stored, which is the body's result. `identities` are v128
    constants (as `v128_literal` writes them), for each operand of a float operation, beside which
    the other operand must be made quiet first (`simd_float.py`).
    """

    operand: str
    result: str
    body: str
    memory: str = ""
    identities: tuple[frozenset[str], ...] = ()


class Shape(NamedTuple):
    """A lane shape such as i8x16: `lane` and `vector` are its LLVM types."""

    name: str
    bits: int
    count: int
    lane: str

    @property
    def vector(self) -> str:
        """The LLVM type of the whole vector."""
        return f"<{self.count} x {self.lane}>"

    @property
    def mask(self) -> str:
        """The LLVM type of a comparison of all lanes."""
        return f"<{self.count} x i1>"

    @property
    def integer(self) -> str:
        """The LLVM vector type of integers of the same widths."""
        return f"<{self.count} x i{self.bits}>"

    @property
    def wasm_scalar(self) -> str:
        """The LLVM type of the scalar that splat takes and extract_lane gives."""
        return "i32" if self.lane in ("i8", "i16") else self.lane

    def splat(self, value: str) -> str:
        """A constant vector's text, without its type."""
        return f"splat ({self.lane} {value})"


I8X16 = Shape("i8x16", 8, 16, "i8")
I16X8 = Shape("i16x8", 16, 8, "i16")
I32X4 = Shape("i32x4", 32, 4, "i32")
I64X2 = Shape("i64x2", 64, 2, "i64")
F32X4 = Shape("f32x4", 32, 4, "float")
F64X2 = Shape("f64x2", 64, 2, "double")
INTEGER_SHAPES = (I8X16, I16X8, I32X4, I64X2)
FLOAT_SHAPES = (F32X4, F64X2)
# The next wider integer shape, for instructions that widen or narrow.
WIDER = {I8X16: I16X8, I16X8: I32X4, I32X4: I64X2}


def same(shape: Shape, body: str) -> Template:
    """A template whose operands and result have one shape."""
    return Template(shape.vector, shape.vector, body)


def half_mask(shape: Shape, high: bool) -> str:
    """The shuffle mask (with its type) that takes the low or high half of the lanes."""
    half = shape.count // 2
    first = half if high else 0
    return f"<{half} x i32> <{', '.join(f'i32 {first + lane}' for lane in range(half))}>"


def half(shape: Shape, high: bool, operand: str) -> str:
    """The instruction that takes the low or high half of an operand's lanes."""
    v = shape.vector
    return f"shufflevector {v} {operand}, {v} poison, {half_mask(shape, high)}"


def half_vector(shape: Shape) -> str:
    """The LLVM type of half the lanes."""
    return f"<{shape.count // 2} x {shape.lane}>"
