# SPDX-License-Identifier: Apache-2.0
"""Templates of integer lane arithmetic and comparison (specification 4.3.2 and 4.4.3)."""
from __future__ import annotations

from wasker.translate.simd_lanes import splat_body
from wasker.translate.simd_template import I8X16
from wasker.translate.simd_template import I16X8
from wasker.translate.simd_template import I32X4
from wasker.translate.simd_template import I64X2
from wasker.translate.simd_template import INTEGER_SHAPES
from wasker.translate.simd_template import WIDER
from wasker.translate.simd_template import Shape
from wasker.translate.simd_template import Template
from wasker.translate.simd_template import half
from wasker.translate.simd_template import half_vector
from wasker.translate.simd_template import same


def templates(cpu_level: int) -> dict[str, Template]:
    """Templates by instruction name."""
    table = {}
    for shape in INTEGER_SHAPES:
        table.update(_arithmetic(shape))
        table.update(_shifts(shape))
        table.update(_comparisons(shape))
        table.update(_reductions(shape))
        if shape.bits <= 32:
            table.update(_minimum_maximum(shape))
        if shape.bits <= 16:
            table.update(_saturating(shape))
            table.update(_extadd_pairwise(shape, cpu_level))
    for narrow in WIDER:
        table.update(_widening(narrow))
    table["i8x16.popcnt"] = same(I8X16, "call <16 x i8> @llvm.ctpop.v16i8(<16 x i8> $a)")
    for shape in (I16X8, I32X4, I64X2):
        table[f"{shape.name}.mul"] = same(shape, f"mul {shape.vector} $a, $b")
    table.update(_narrowing(cpu_level))
    table.update(_dot_products(cpu_level))
    return table


def _intrinsic(shape: Shape, name: str, *operands: str) -> str:
    """A call of an overloaded LLVM intrinsic on vectors of one shape."""
    v = shape.vector
    values = ", ".join(f"{v} {operand}" for operand in operands)
    return f"call {v} @llvm.{name}.v{shape.count}i{shape.bits}({values})"


def _arithmetic(shape: Shape) -> dict[str, Template]:
    v, name = shape.vector, shape.name
    absolute = f"call {v} @llvm.abs.v{shape.count}i{shape.bits}({v} $a, i1 false)"
    return {
        f"{name}.add": same(shape, f"add {v} $a, $b"),
        f"{name}.sub": same(shape, f"sub {v} $a, $b"),
        f"{name}.neg": same(shape, f"sub {v} zeroinitializer, $a"),
        f"{name}.abs": same(shape, absolute),
    }


def _shifts(shape: Shape) -> dict[str, Template]:
    """The count is taken modulo the lane width; in LLVM a larger one would be poison."""
    v, bits = shape.vector, shape.bits
    resize = {8: "trunc i32 %m to i8", 16: "trunc i32 %m to i16", 64: "zext i32 %m to i64"}
    count = f"%m = and i32 $b, {bits - 1}\n"
    if bits != 32:
        count += f"%n = {resize[bits]}\n"
    counts = splat_body(shape, "%m" if bits == 32 else "%n").replace("shuffle", "%c = shuffle")
    return {
        f"{shape.name}.{name}": same(shape, f"{count}{counts}\n{operation} {v} $a, %c")
        for name, operation in (("shl", "shl"), ("shr_s", "ashr"), ("shr_u", "lshr"))
    }


def _comparisons(shape: Shape) -> dict[str, Template]:
    v = shape.vector
    conditions = {"eq": "eq", "ne": "ne"}
    for relation in ("lt", "gt", "le", "ge"):
        conditions[f"{relation}_s"] = f"s{relation}"
        if shape.bits < 64:
            conditions[f"{relation}_u"] = f"u{relation}"
    return {
        f"{shape.name}.{name}": same(
            shape, f"%c = icmp {condition} {v} $a, $b\nsext {shape.mask} %c to {v}"
        )
        for name, condition in conditions.items()
    }


def _reductions(shape: Shape) -> dict[str, Template]:
    v, count, mask = shape.vector, shape.count, shape.mask
    all_true = f"""
        %c = icmp eq {v} $a, zeroinitializer
        %m = bitcast {mask} %c to i{count}
        %z = icmp eq i{count} %m, 0
        zext i1 %z to i32"""
    bitmask = f"""
        %c = icmp slt {v} $a, zeroinitializer
        %m = bitcast {mask} %c to i{count}
        zext i{count} %m to i32"""
    return {
        f"{shape.name}.all_true": Template(v, "i32", all_true),
        f"{shape.name}.bitmask": Template(v, "i32", bitmask),
    }


def _minimum_maximum(shape: Shape) -> dict[str, Template]:
    return {
        f"{shape.name}.{which}_{sign}": same(shape, _intrinsic(shape, sign + which, "$a", "$b"))
        for which in ("min", "max")
        for sign in "su"
    }


def _saturating(shape: Shape) -> dict[str, Template]:
    table = {
        f"{shape.name}.{which}_sat_{sign}": same(
            shape, _intrinsic(shape, f"{sign}{which}.sat", "$a", "$b")
        )
        for which in ("add", "sub")
        for sign in "su"
    }
    v, wide = shape.vector, f"<{shape.count} x i{shape.bits * 2}>"
    table[f"{shape.name}.avgr_u"] = same(shape, f"""
        %x = zext {v} $a to {wide}
        %y = zext {v} $b to {wide}
        %s = add {wide} %x, %y
        %t = add {wide} %s, splat (i{shape.bits * 2} 1)
        %h = lshr {wide} %t, splat (i{shape.bits * 2} 1)
        trunc {wide} %h to {v}""")
    return table


def _widening(narrow: Shape) -> dict[str, Template]:
    """extend and extmul of the low and high halves."""
    wide, part = WIDER[narrow], half_vector(narrow)
    w = wide.vector
    table = {}
    for which in ("low", "high"):
        for suffix, extend in (("s", "sext"), ("u", "zext")):
            ending = f"{which}_{narrow.name}_{suffix}"
            table[f"{wide.name}.extend_{ending}"] = Template(narrow.vector, w, f"""
                %x = {half(narrow, which == "high", "$a")}
                {extend} {part} %x to {w}""")
            table[f"{wide.name}.extmul_{ending}"] = Template(narrow.vector, w, f"""
                %x = {half(narrow, which == "high", "$a")}
                %y = {half(narrow, which == "high", "$b")}
                %v = {extend} {part} %x to {w}
                %w = {extend} {part} %y to {w}
                mul {w} %v, %w""")
    return table


def _extadd_pairwise(narrow: Shape, cpu_level: int) -> dict[str, Template]:
    """Sums of neighbours: multiply-add by ones where it exists, else shifts in the wide lane."""
    wide = WIDER[narrow]
    w, bits = wide.vector, f"splat (i{wide.bits} {narrow.bits})"
    low_mask = f"splat (i{wide.bits} {2 ** narrow.bits - 1})"
    signed = Template(w, w, f"""
        %u = shl {w} $a, {bits}
        %x = ashr {w} %u, {bits}
        %y = ashr {w} $a, {bits}
        add {w} %x, %y""")
    unsigned = Template(w, w, f"""
        %x = and {w} $a, {low_mask}
        %y = lshr {w} $a, {bits}
        add {w} %x, %y""")
    ones = f"{narrow.vector} {narrow.splat('1')}"
    if narrow is I16X8:
        signed = Template(narrow.vector, w, f"{_PMADDWD}(<8 x i16> $a, {ones})")
    elif cpu_level >= 2:
        signed = Template(narrow.vector, w, f"{_PMADDUBSW}({ones}, <16 x i8> $a)")
        unsigned = Template(narrow.vector, w, f"{_PMADDUBSW}(<16 x i8> $a, {ones})")
    prefix = f"{wide.name}.extadd_pairwise_{narrow.name}"
    return {f"{prefix}_s": signed, f"{prefix}_u": unsigned}


# Multiply bytes, the first operand unsigned, and add neighbours with signed saturation.
_PMADDUBSW = "call <8 x i16> @llvm.x86.ssse3.pmadd.ub.sw.128"
# Multiply signed 16-bit lanes and add neighbours, wrapping.
_PMADDWD = "call <4 x i32> @llvm.x86.sse2.pmadd.wd"


def _pack(narrow: Shape, intrinsic: str) -> Template:
    wide = WIDER[narrow].vector
    call = f"call {narrow.vector} @llvm.x86.{intrinsic}({wide} $a, {wide} $b)"
    return Template(wide, narrow.vector, call)


def _narrowing(cpu_level: int) -> dict[str, Template]:
    """Both signednesses read the wide lanes as signed."""
    table = {
        "i8x16.narrow_i16x8_s": _pack(I8X16, "sse2.packsswb.128"),
        "i8x16.narrow_i16x8_u": _pack(I8X16, "sse2.packuswb.128"),
        "i16x8.narrow_i32x4_s": _pack(I16X8, "sse2.packssdw.128"),
        "i16x8.narrow_i32x4_u": _pack(I16X8, "sse41.packusdw"),
    }
    if cpu_level < 2:
        # Clamp to 0..65535, move that to -32768..32767 for the signed pack, and back.
        table["i16x8.narrow_i32x4_u"] = Template(I32X4.vector, I16X8.vector, f"""
            %a1 = {_intrinsic(I32X4, "smax", "$a", "zeroinitializer")}
            %b1 = {_intrinsic(I32X4, "smax", "$b", "zeroinitializer")}
            %a2 = sub <4 x i32> %a1, splat (i32 32768)
            %b2 = sub <4 x i32> %b1, splat (i32 32768)
            %p = call <8 x i16> @llvm.x86.sse2.packssdw.128(<4 x i32> %a2, <4 x i32> %b2)
            xor <8 x i16> %p, splat (i16 -32768)""")
    return table


def _dot_products(cpu_level: int) -> dict[str, Template]:
    table = {}
    dot = Template(I16X8.vector, I32X4.vector, f"{_PMADDWD}(<8 x i16> $a, <8 x i16> $b)")
    table["i32x4.dot_i16x8_s"] = dot
    # pmulhrsw wraps in one case, -32768 * -32768, and only there gives -32768.
    rounded = "%p = call <8 x i16> @llvm.x86.ssse3.pmul.hr.sw.128(<8 x i16> $a, <8 x i16> $b)"
    if cpu_level < 2:
        rounded = """
            %x = sext <8 x i16> $a to <8 x i32>
            %y = sext <8 x i16> $b to <8 x i32>
            %m = mul <8 x i32> %x, %y
            %n = add <8 x i32> %m, splat (i32 16384)
            %h = lshr <8 x i32> %n, splat (i32 15)
            %p = trunc <8 x i32> %h to <8 x i16>"""
    table["i16x8.q15mulr_sat_s"] = same(I16X8, f"""{rounded}
        %c = icmp eq <8 x i16> %p, splat (i16 -32768)
        %s = sext <8 x i1> %c to <8 x i16>
        xor <8 x i16> %p, %s""")
    table["i16x8.relaxed_q15mulr_s"] = table["i16x8.q15mulr_sat_s"]
    table["i16x8.relaxed_dot_i8x16_i7x16_s"] = same(I16X8, _DOT_BYTES)
    table["i32x4.relaxed_dot_i8x16_i7x16_add_s"] = Template(I16X8.vector, I32X4.vector, f"""
        {_DOT_BYTES}
        %w = {_PMADDWD}(<8 x i16> %d, <8 x i16> splat (i16 1))
        %z = bitcast <8 x i16> $c to <4 x i32>
        add <4 x i32> %w, %z""")
    return table


# Signed times signed bytes; the sum of neighbours saturates (specification 4.3.6, ivdotsat).
_DOT_BYTES = """
        %u = shl <8 x i16> $a, splat (i16 8)
        %v = shl <8 x i16> $b, splat (i16 8)
        %x0 = ashr <8 x i16> %u, splat (i16 8)
        %y0 = ashr <8 x i16> %v, splat (i16 8)
        %x1 = ashr <8 x i16> $a, splat (i16 8)
        %y1 = ashr <8 x i16> $b, splat (i16 8)
        %p0 = mul <8 x i16> %x0, %y0
        %p1 = mul <8 x i16> %x1, %y1
        %d = call <8 x i16> @llvm.sadd.sat.v8i16(<8 x i16> %p0, <8 x i16> %p1)"""
