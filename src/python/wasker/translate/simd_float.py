# SPDX-License-Identifier: Apache-2.0
"""Templates of floating-point lane arithmetic, comparison and conversion (specification 4.3.3).

A NaN that an operation makes or passes on must be quiet ("arithmetic"), so every template ends
in an operation that quiets; none relies on what LLVM leaves open about signalling NaNs.
"""
from __future__ import annotations

from wasker.translate.simd_template import F32X4
from wasker.translate.simd_template import FLOAT_SHAPES
from wasker.translate.simd_template import Shape
from wasker.translate.simd_template import Template
from wasker.translate.simd_template import same


def templates(cpu_level: int) -> dict[str, Template]:
    """Templates by instruction name."""
    table = {}
    for shape in FLOAT_SHAPES:
        table.update(_arithmetic(shape))
        table.update(_comparisons(shape))
        table.update(_minimum_maximum(shape))
        table.update(_rounding(shape, cpu_level))
        table.update(_multiply_add(shape))
    table.update(_conversions())
    return table


def _intrinsic(shape: Shape, name: str, operand: str) -> str:
    v = shape.vector
    return f"call {v} @llvm.{name}.v{shape.count}f{shape.bits}({v} {operand})"


def _arithmetic(shape: Shape) -> dict[str, Template]:
    v = shape.vector
    table = {
        f"{shape.name}.{name}": same(shape, f"f{name} {v} $a, $b")
        for name in ("add", "sub", "mul", "div")
    }
    table[f"{shape.name}.abs"] = same(shape, _intrinsic(shape, "fabs", "$a"))
    table[f"{shape.name}.neg"] = same(shape, f"fneg {v} $a")
    table[f"{shape.name}.sqrt"] = same(shape, _intrinsic(shape, "sqrt", "$a"))
    return table


def _comparisons(shape: Shape) -> dict[str, Template]:
    conditions = {"eq": "oeq", "ne": "une", "lt": "olt", "gt": "ogt", "le": "ole", "ge": "oge"}
    return {
        f"{shape.name}.{name}": Template(shape.vector, shape.integer, f"""
            %c = fcmp {condition} {shape.vector} $a, $b
            sext {shape.mask} %c to {shape.integer}""")
        for name, condition in conditions.items()
    }


def _minimum_maximum(shape: Shape) -> dict[str, Template]:
    """min and max propagate NaNs and order -0 below 0; pmin and pmax are one compare and select.

    Both select orders (`minps` either way round) differ only for zeros of both signs and NaNs:
    or-ing their bits makes -0 of zeros, and-ing makes 0. NaNs become the operands' sum.
    """
    v, i = shape.vector, shape.integer
    table = {}
    for name, condition, combine in (("min", "olt", "or"), ("max", "ogt", "and")):
        table[f"{shape.name}.{name}"] = same(shape, f"""
            %c0 = fcmp {condition} {v} $a, $b
            %c1 = fcmp {condition} {v} $b, $a
            %m0 = select {shape.mask} %c0, {v} $a, {v} $b
            %m1 = select {shape.mask} %c1, {v} $b, {v} $a
            %i0 = bitcast {v} %m0 to {i}
            %i1 = bitcast {v} %m1 to {i}
            %ii = {combine} {i} %i0, %i1
            %m = bitcast {i} %ii to {v}
            %n = fadd {v} $a, $b
            %u = fcmp uno {v} $a, $b
            select {shape.mask} %u, {v} %n, {v} %m""")
        table[f"{shape.name}.relaxed_{name}"] = table[f"{shape.name}.{name}"]
        table[f"{shape.name}.p{name}"] = same(shape, f"""
            %c = fcmp {condition} {v} $b, $a
            select {shape.mask} %c, {v} $b, {v} $a""")
    return table


def _rounding(shape: Shape, cpu_level: int) -> dict[str, Template]:
    names = {"ceil": "ceil", "floor": "floor", "trunc": "trunc", "nearest": "roundeven"}
    return {
        f"{shape.name}.{name}": same(
            shape,
            _intrinsic(shape, intrinsic, "$a") if cpu_level >= 2 else _rounding_sse2(shape, name),
        )
        for name, intrinsic in names.items()
    }


def _rounding_sse2(shape: Shape, name: str) -> str:
    """Round without SSE4.1 and without libm.

    Adding and subtracting 2^23 (2^52) rounds a smaller magnitude to an integer, ties to even.
    Larger magnitudes and NaNs add and subtract 0, which only quiets. Then one step toward the
    wanted side where that went past it, and the sign of the operand, also for zeros.
    """
    v, i, mask = shape.vector, shape.integer, shape.mask
    # The smallest magnitude without fraction bits, and 1.0; the constants' bits are masked.
    limit, limit_bits, one_bits = {
        "float": ("8388608.0", 0x4B000000, 0x3F800000),
        "double": ("4503599627370496.0", 0x4330000000000000, 0x3FF0000000000000),
    }[shape.lane]
    nearest = f"""
        %t = {_intrinsic(shape, "fabs", "$a")}
        %c = fcmp olt {v} %t, splat ({shape.lane} {limit})
        %k = sext {mask} %c to {i}
        %l = and {i} %k, splat (i{shape.bits} {limit_bits})
        %m = bitcast {i} %l to {v}
        %p = fadd {v} %t, %m
        %q = fsub {v} %p, %m"""
    sign = f"call {v} @llvm.copysign.v{shape.count}f{shape.bits}({v} %s, {v} $a)"
    if name == "nearest":
        return f"{nearest}\n{sign.replace('%s', '%q')}"
    magnitude, compare, step = {
        "trunc": ("%t", "ogt", "fsub"),
        "floor": ("$a", "ogt", "fsub"),
        "ceil": ("$a", "olt", "fadd"),
    }[name]
    rounded = "%q" if name == "trunc" else "%w"
    with_sign = "" if name == "trunc" else f"%w = {sign.replace('%s', '%q')}\n"
    return f"""{nearest}
        {with_sign}%g = fcmp {compare} {v} {rounded}, {magnitude}
        %h = sext {mask} %g to {i}
        %o = and {i} %h, splat (i{shape.bits} {one_bits})
        %e = bitcast {i} %o to {v}
        %s = {step} {v} {rounded}, %e
        {sign}"""


def _multiply_add(shape: Shape) -> dict[str, Template]:
    v = shape.vector
    return {
        f"{shape.name}.relaxed_madd": same(shape, f"""
            %p = fmul {v} $a, $b
            fadd {v} %p, $c"""),
        f"{shape.name}.relaxed_nmadd": same(shape, f"""
            %n = fneg {v} $a
            %p = fmul {v} %n, $b
            fadd {v} %p, $c"""),
    }


_LOW_TWO = "<4 x i32> zeroinitializer, <2 x i32> <i32 0, i32 1>"
_WITH_TWO_ZEROS = "<2 x i32> zeroinitializer, <4 x i32> <i32 0, i32 1, i32 2, i32 3>"


def _conversions() -> dict[str, Template]:
    table = {}
    for suffix, sign, convert in (("s", "si", "sitofp"), ("u", "ui", "uitofp")):
        table[f"f32x4.convert_i32x4_{suffix}"] = Template(
            "<4 x i32>", "<4 x float>", f"{convert} <4 x i32> $a to <4 x float>"
        )
        table[f"f64x2.convert_low_i32x4_{suffix}"] = Template("<4 x i32>", "<2 x double>", f"""
            %l = shufflevector <4 x i32> $a, {_LOW_TWO}
            {convert} <2 x i32> %l to <2 x double>""")
        table[f"i32x4.trunc_sat_f32x4_{suffix}"] = Template("<4 x float>", "<4 x i32>",
            f"call <4 x i32> @llvm.fpto{sign}.sat.v4i32.v4f32(<4 x float> $a)")
        table[f"i32x4.relaxed_trunc_f32x4_{suffix}"] = table[f"i32x4.trunc_sat_f32x4_{suffix}"]
        table[f"i32x4.trunc_sat_f64x2_{suffix}_zero"] = Template("<2 x double>", "<4 x i32>", f"""
            %l = call <2 x i32> @llvm.fpto{sign}.sat.v2i32.v2f64(<2 x double> $a)
            shufflevector <2 x i32> %l, {_WITH_TWO_ZEROS}""")
        table[f"i32x4.relaxed_trunc_f64x2_{suffix}_zero"] = table[
            f"i32x4.trunc_sat_f64x2_{suffix}_zero"
        ]
    # The intrinsic, because LLVM would fold fptrunc of fpext to nothing, signalling NaNs and all.
    table["f32x4.demote_f64x2_zero"] = Template("<2 x double>", "<4 x float>",
        "call <4 x float> @llvm.x86.sse2.cvtpd2ps(<2 x double> $a)")
    table["f64x2.promote_low_f32x4"] = Template(F32X4.vector, "<2 x double>", """
        %l = shufflevector <4 x float> $a, <4 x float> poison, <2 x i32> <i32 0, i32 1>
        fpext <2 x float> %l to <2 x double>""")
    return table
