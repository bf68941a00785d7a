# SPDX-License-Identifier: Apache-2.0
"""Templates that move lanes: memory, splat, extract, replace, shuffle, swizzle, and whole-vector
bit operations (specification 4.4.3 and 4.4.7)."""
from __future__ import annotations

from wasker.translate.simd_template import FLOAT_SHAPES
from wasker.translate.simd_template import I8X16
from wasker.translate.simd_template import INTEGER_SHAPES
from wasker.translate.simd_template import V128
from wasker.translate.simd_template import WIDER
from wasker.translate.simd_template import Shape
from wasker.translate.simd_template import Template
from wasker.translate.simd_template import half_vector
from wasker.translate.simd_template import same


def templates(cpu_level: int) -> dict[str, Template]:
    """Templates by instruction name."""
    table = {
        "i8x16.shuffle": same(I8X16, "shufflevector <16 x i8> $a, <16 x i8> $b, <16 x i32> <$i>"),
        "i8x16.swizzle": same(I8X16, _SWIZZLE if cpu_level >= 2 else _swizzle_sse2()),
        "v128.load": Template(V128, V128, "$a", memory=V128),
        "v128.store": Template(V128, V128, "$b", memory=V128),
        "v128.not": Template(V128, V128, f"xor {V128} $a, splat (i64 -1)"),
        "v128.and": Template(V128, V128, f"and {V128} $a, $b"),
        "v128.or": Template(V128, V128, f"or {V128} $a, $b"),
        "v128.xor": Template(V128, V128, f"xor {V128} $a, $b"),
        "v128.andnot": Template(V128, V128, f"%n = xor {V128} $b, splat (i64 -1)\n"
                                            f"and {V128} $a, %n"),
        "v128.bitselect": BITSELECT,
        "v128.any_true": Template("i128", "i32", "%n = icmp ne i128 $a, 0\nzext i1 %n to i32"),
    }
    table["i8x16.relaxed_swizzle"] = table["i8x16.swizzle"]
    for shape in INTEGER_SHAPES:
        table.update(_integer_lanes(shape))
        table.update(_memory_lanes(shape))
        table[f"{shape.name}.relaxed_laneselect"] = BITSELECT
    for shape in WIDER:
        table.update(_extending_loads(shape))
    for shape in FLOAT_SHAPES:
        table.update(_splat_and_replace(shape))
        table[f"{shape.name}.extract_lane"] = Template(
            shape.vector, shape.lane, f"extractelement {shape.vector} $a, i32 $i"
        )
    return table


BITSELECT = Template(V128, V128, f"""
    %n = xor {V128} $c, splat (i64 -1)
    %x = and {V128} $a, $c
    %y = and {V128} $b, %n
    or {V128} %x, %y""")

# pshufb yields 0 where bit 7 of the index is set: make that so for 16 and above.
_SWIZZLE = """
    %i = call <16 x i8> @llvm.uadd.sat.v16i8(<16 x i8> $b, <16 x i8> splat (i8 112))
    call <16 x i8> @llvm.x86.ssse3.pshuf.b.128(<16 x i8> $a, <16 x i8> %i)"""


def _swizzle_sse2() -> str:
    """SSE2 has no variable byte shuffle: or the 16 lanes, each where an index names it."""
    lines = []
    for lane in range(16):
        mask = f"<16 x i32> splat (i32 {lane})"
        lines += [
            f"%s{lane} = shufflevector <16 x i8> $a, <16 x i8> poison, {mask}",
            f"%e{lane} = icmp eq <16 x i8> $b, splat (i8 {lane})",
            f"%m{lane} = sext <16 x i1> %e{lane} to <16 x i8>",
            f"%x{lane} = and <16 x i8> %s{lane}, %m{lane}",
        ]
        previous = f"%o{lane - 1}" if lane else "zeroinitializer"
        lines.append(f"%o{lane} = or <16 x i8> {previous}, %x{lane}")
    return "\n".join(lines)


def splat_body(shape: Shape, scalar: str) -> str:
    """Lines that end in a vector with `scalar` (an operand of the lane's LLVM type) everywhere."""
    v = shape.vector
    return f"""%s = insertelement {v} poison, {shape.lane} {scalar}, i32 0
        shufflevector {v} %s, {v} poison, <{shape.count} x i32> zeroinitializer"""


def narrow_scalar(shape: Shape, operand: str) -> tuple[str, str]:
    """(lines, operand) that turn splat's scalar into a lane."""
    if shape.lane == shape.wasm_scalar:
        return "", operand
    return f"%n = trunc i32 {operand} to {shape.lane}\n", "%n"


def _splat_and_replace(shape: Shape) -> dict[str, Template]:
    v = shape.vector
    first, first_lane = narrow_scalar(shape, "$a")
    second, second_lane = narrow_scalar(shape, "$b")
    replace = f"{second}insertelement {v} $a, {shape.lane} {second_lane}, i32 $i"
    return {
        f"{shape.name}.splat": same(shape, first + splat_body(shape, first_lane)),
        f"{shape.name}.replace_lane": same(shape, replace),
    }


def _integer_lanes(shape: Shape) -> dict[str, Template]:
    v = shape.vector
    table = _splat_and_replace(shape)
    extract = f"extractelement {v} $a, i32 $i"
    if shape.lane == shape.wasm_scalar:
        table[f"{shape.name}.extract_lane"] = Template(v, shape.lane, extract)
        return table
    for suffix, extend in (("s", "sext"), ("u", "zext")):
        body = f"%x = {extract}\n{extend} {shape.lane} %x to i32"
        table[f"{shape.name}.extract_lane_{suffix}"] = Template(v, "i32", body)
    return table


def _memory_lanes(shape: Shape) -> dict[str, Template]:
    v, lane, bits = shape.vector, shape.lane, shape.bits
    table = {
        f"v128.load{bits}_splat": Template(v, v, splat_body(shape, "$a"), memory=lane),
        f"v128.load{bits}_lane": Template(
            v, v, f"insertelement {v} $b, {lane} $a, i32 $i", memory=lane
        ),
        f"v128.store{bits}_lane": Template(
            v, lane, f"extractelement {v} $b, i32 $i", memory=lane
        ),
    }
    if bits >= 32:
        zero = f"insertelement {v} zeroinitializer, {lane} $a, i32 0"
        table[f"v128.load{bits}_zero"] = Template(v, v, zero, memory=lane)
    return table


def _extending_loads(shape: Shape) -> dict[str, Template]:
    wide, narrow = WIDER[shape].vector, half_vector(shape)
    return {
        f"v128.load{shape.bits}x{shape.count // 2}_{suffix}": Template(
            wide, wide, f"{extend} {narrow} $a to {wide}", memory=narrow
        )
        for suffix, extend in (("s", "sext"), ("u", "zext"))
    }
