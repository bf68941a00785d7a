# SPDX-License-Identifier: Apache-2.0
"""Templates of floating-point lane arithmetic, comparison and conversion (specification 4.3.3).

A NaN that an operation makes or passes on must be quiet ("arithmetic"), so every template ends
in an operation that quiets; none relies on what LLVM leaves open about signalling NaNs.
"""
from __future__ import annotations

import struct

from wasker.translate.simd_template import F32X4
from wasker.translate.simd_template import F64X2
from wasker.translate.simd_template import FLOAT_SHAPES
from wasker.translate.simd_template import Shape
from wasker.translate.simd_template import Template
from wasker.translate.simd_template import same
from wasker.translate.simd_template import v128_literal


def templates(cpu_level: int) -> dict[str, Template]:
    """Templates by instruction name."""
    table = {}
    for shape in FLOAT_SHAPES:
        table.update(_arithmetic(shape))
        table.update(_comparisons(shape))
        table.update(_minimum_maximum(shape))
        table.update(_rounding(shape, cpu_level))
        table.update(_multiply_add(shape))
    table.update(_conversions(cpu_level))
    return table


def _intrinsic(shape: Shape, name: str, operand: str) -> str:
    v = shape.vector
    return f"call {v} @llvm.{name}.v{shape.count}f{shape.bits}({v} {operand})"


# For each operation the lane constants that LLVM may fold it away with, as left operand and as
# right: then `x * 1` would be `x`, and a signalling NaN stay one.
_IDENTITIES = {
    "add": ((0.0, -0.0), (0.0, -0.0)),
    "sub": ((0.0, -0.0), (0.0, -0.0)),
    "mul": ((1.0, -1.0), (1.0, -1.0)),
    "div": ((), (1.0, -1.0)),
}


def _splat_literal(shape: Shape, value: float) -> str:
    lane = struct.pack("<f" if shape is F32X4 else "<d", value)
    return v128_literal(int.from_bytes(lane * shape.count, "little"))


def _arithmetic(shape: Shape) -> dict[str, Template]:
    v = shape.vector
    table = {}
    for name, sides in _IDENTITIES.items():
        identities = tuple(frozenset(_splat_literal(shape, x) for x in side) for side in sides)
        body = f"f{name} {v} $a, $b"
        table[f"{shape.name}.{name}"] = Template(v, v, body, identities=identities)
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


# Intrinsics of minps and its kin, which yield the second operand for NaNs and equal zeros. Compare
# and select would do, but LLVM may turn that into integer selects, which match no instruction.
_X86_NAMES = {"f32x4": "sse.{}.ps", "f64x2": "sse2.{}.pd"}


def _x86_minimum(shape: Shape, name: str, first: str, second: str) -> str:
    v, intrinsic = shape.vector, _X86_NAMES[shape.name].format(name)
    return f"call {v} @llvm.x86.{intrinsic}({v} {first}, {v} {second})"


def _minimum_maximum(shape: Shape) -> dict[str, Template]:
    """min and max propagate NaNs and order -0 below 0; pmin and pmax are one instruction.

    The instruction with its operands either way round differs only for zeros of both signs and
    NaNs: or-ing the bits makes -0 of the zeros, and-ing makes 0. NaNs become the operands' sum.
    """
    v, i = shape.vector, shape.integer
    table = {}
    for name, combine in (("min", "or"), ("max", "and")):
        table[f"{shape.name}.{name}"] = same(shape, f"""
            %m0 = {_x86_minimum(shape, name, "$a", "$b")}
            %m1 = {_x86_minimum(shape, name, "$b", "$a")}
            %i0 = bitcast {v} %m0 to {i}
            %i1 = bitcast {v} %m1 to {i}
            %ii = {combine} {i} %i0, %i1
            %m = bitcast {i} %ii to {v}
            %n = fadd {v} $a, $b
            %u = fcmp uno {v} $a, $b
            select {shape.mask} %u, {v} %n, {v} %m""")
        table[f"{shape.name}.relaxed_{name}"] = table[f"{shape.name}.{name}"]
        table[f"{shape.name}.p{name}"] = same(shape, _x86_minimum(shape, name, "$b", "$a"))
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


def _conversions(cpu_level: int) -> dict[str, Template]:
    table = {}
    low_two = "<4 x i32> zeroinitializer, <2 x i32> <i32 0, i32 1>"
    for suffix, convert in (("s", "sitofp"), ("u", "uitofp")):
        table[f"f32x4.convert_i32x4_{suffix}"] = Template(
            "<4 x i32>", "<4 x float>", f"{convert} <4 x i32> $a to <4 x float>"
        )
        table[f"f64x2.convert_low_i32x4_{suffix}"] = Template("<4 x i32>", "<2 x double>", f"""
            %l = shufflevector <4 x i32> $a, {low_two}
            {convert} <2 x i32> %l to <2 x double>""")
    truncations = {
        "f32x4_s": Template("<4 x float>", "<4 x i32>", _TRUNCATE_F32_S),
        "f32x4_u": Template("<4 x float>", "<4 x i32>", _TRUNCATE_F32_U),
        "f64x2_s_zero": Template("<2 x double>", "<4 x i32>", _TRUNCATE_F64_S),
        "f64x2_u_zero": Template(
            "<2 x double>", "<4 x i32>", _TRUNCATE_F64_U if cpu_level >= 2 else _TRUNCATE_F64_U_SSE2
        ),
    }
    for ending, template in truncations.items():
        table[f"i32x4.trunc_sat_{ending}"] = template
        table[f"i32x4.relaxed_trunc_{ending}"] = template
    # The intrinsic, because LLVM would fold fptrunc of fpext to nothing, signalling NaNs and all.
    table["f32x4.demote_f64x2_zero"] = Template("<2 x double>", "<4 x float>",
        "call <4 x float> @llvm.x86.sse2.cvtpd2ps(<2 x double> $a)")
    table["f64x2.promote_low_f32x4"] = Template(F32X4.vector, "<2 x double>", """
        %l = shufflevector <4 x float> $a, <4 x float> poison, <2 x i32> <i32 0, i32 1>
        fpext <2 x float> %l to <2 x double>""")
    return table


# Truncation with saturation. LLVM's own (llvm.fptosi.sat) is done lane by lane; the instructions
# for it give 0x80000000 for whatever does not fit, from which the wanted values are made.
_TRUNCATE_PS = "call <4 x i32> @llvm.x86.sse2.cvttps2dq"
_TRUNCATE_PD = "call <4 x i32> @llvm.x86.sse2.cvttpd2dq"

# NaN becomes 0 first; 0x80000000 of what is too large is complemented.
_TRUNCATE_F32_S = f"""
    %o = fcmp ord <4 x float> $a, zeroinitializer
    %x = select <4 x i1> %o, <4 x float> $a, <4 x float> zeroinitializer
    %t = {_TRUNCATE_PS}(<4 x float> %x)
    %c = fcmp oge <4 x float> %x, splat (float 2147483648.0)
    %m = sext <4 x i1> %c to <4 x i32>
    xor <4 x i32> %t, %m"""

# The sum of min(x, 2^31) and of x - 2^31 from 0 to 2^31 - 1, for x at least 0.
_TRUNCATE_F32_U = f"""
    %x = {_x86_minimum(F32X4, "max", "$a", "zeroinitializer")}
    %t = {_TRUNCATE_PS}(<4 x float> %x)
    %y = fsub <4 x float> %x, splat (float 2147483648.0)
    %u = {_TRUNCATE_PS}(<4 x float> %y)
    %c = fcmp oge <4 x float> %y, splat (float 2147483648.0)
    %m = sext <4 x i1> %c to <4 x i32>
    %v = xor <4 x i32> %u, %m
    %w = call <4 x i32> @llvm.smax.v4i32(<4 x i32> %v, <4 x i32> zeroinitializer)
    add <4 x i32> %t, %w"""

# cvttpd2dq leaves zeros in the upper lanes.
_TRUNCATE_F64_S = f"""
    %o = fcmp ord <2 x double> $a, zeroinitializer
    %x = select <2 x i1> %o, <2 x double> $a, <2 x double> zeroinitializer
    %y = {_x86_minimum(F64X2, "min", "%x", "splat (double 2147483647.0)")}
    {_TRUNCATE_PD}(<2 x double> %y)"""

_CLAMP_F64_U = f"""
    %p = {_x86_minimum(F64X2, "max", "$a", "zeroinitializer")}
    %x = {_x86_minimum(F64X2, "min", "%p", "splat (double 4294967295.0)")}"""

# An integer added to 2^52 appears in the low bits.
_TRUNCATE_F64_U = f"""{_CLAMP_F64_U}
    %t = call <2 x double> @llvm.trunc.v2f64(<2 x double> %x)
    %s = fadd <2 x double> %t, splat (double 4503599627370496.0)
    %w = bitcast <2 x double> %s to <4 x i32>
    shufflevector <4 x i32> %w, <4 x i32> zeroinitializer, <4 x i32> <i32 0, i32 2, i32 4, i32 4>"""

# From 2^31 on, %t is 0x80000000 and %u the rest; below, %u does not count.
_TRUNCATE_F64_U_SSE2 = f"""{_CLAMP_F64_U}
    %t = {_TRUNCATE_PD}(<2 x double> %x)
    %y = fsub <2 x double> %x, splat (double 2147483648.0)
    %u = {_TRUNCATE_PD}(<2 x double> %y)
    %c = icmp slt <4 x i32> %t, zeroinitializer
    %v = select <4 x i1> %c, <4 x i32> %u, <4 x i32> zeroinitializer
    or <4 x i32> %t, %v"""
