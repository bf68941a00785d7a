# SPDX-License-Identifier: Apache-2.0
"""Numeric helpers as LLVM functions that are always inlined, written only when a module uses them.

They hold what one LLVM instruction does not: traps of division and truncation (specification
4.3.2, 4.3.4), NaN-exact minimum and maximum (4.3.3), and rounding without SSE4.1.
"""
from __future__ import annotations

from mew_abi import traps

from wasker.translate.types import quiet

_TRAP = "call void @llvm.ubsantrap(i8 {kind})\nunreachable"
_BY_ZERO = _TRAP.format(kind=traps.INTEGER_DIVIDE_BY_ZERO)
_OVERFLOW = _TRAP.format(kind=traps.INTEGER_OVERFLOW)
_INVALID = _TRAP.format(kind=traps.INVALID_CONVERSION)

_DIV_S = f"""\
%zero = icmp eq $T %b, 0
br i1 %zero, label %by_zero, label %checked, !prof !1
checked:
%minus_one = icmp eq $T %b, -1
%lowest = icmp eq $T %a, $MIN
%overflows = and i1 %minus_one, %lowest
br i1 %overflows, label %overflow, label %divide, !prof !1
divide:
%result = sdiv $T %a, %b
ret $T %result
by_zero:
{_BY_ZERO}
overflow:
{_OVERFLOW}"""

_UNSIGNED = f"""\
%zero = icmp eq $T %b, 0
br i1 %zero, label %by_zero, label %divide, !prof !1
divide:
%result = $OP $T %a, %b
ret $T %result
by_zero:
{_BY_ZERO}"""

# x rem -1 is 0 for every x, but LLVM's srem is undefined for the lowest x; x rem 1 is the same.
_REM_S = f"""\
%zero = icmp eq $T %b, 0
br i1 %zero, label %by_zero, label %checked, !prof !1
checked:
%minus_one = icmp eq $T %b, -1
%divisor = select i1 %minus_one, $T 1, $T %b
%result = srem $T %a, %divisor
ret $T %result
by_zero:
{_BY_ZERO}"""

_TRUNCATE = f"""\
%above = fcmp $ABOVE $F %a, $LOW
%below = fcmp olt $F %a, $HIGH
%fits = and i1 %above, %below
br i1 %fits, label %convert, label %fault, !prof !2
convert:
%result = $OP $F %a to $T
ret $T %result
fault:
%nan = fcmp uno $F %a, %a
br i1 %nan, label %invalid, label %overflow
invalid:
{_INVALID}
overflow:
{_OVERFLOW}"""

# Both orders of minss/maxss differ in zeros only, and or/and of the bits picks the right zero.
# An addition turns any NaN operand into an arithmetic NaN.
_MINMAX = """\
%nan = fcmp uno $F %a, %b
%sum = fadd $F %a, %b
%c1 = fcmp $CMP $F %a, %b
%r1 = select i1 %c1, $F %a, $F %b
%c2 = fcmp $CMP $F %b, %a
%r2 = select i1 %c2, $F %b, $F %a
%b1 = bitcast $F %r1 to $T
%b2 = bitcast $F %r2 to $T
%bits = $MERGE $T %b1, %b2
%number = bitcast $T %bits to $F
%result = select i1 %nan, $F %sum, $F %number
ret $F %result"""

# $LIMIT is 2^23 or 2^52: from there on, every float is an integer (or NaN, made quiet).
_ROUND = """\
%size = call $F @llvm.fabs.$S($F %a)
%small = fcmp olt $F %size, $LIMIT
%quiet = $QUIET
$BODY
%signed = call $F @llvm.copysign.$S($F %rounded, $F %a)
%result = select i1 %small, $F %signed, $F %quiet
ret $F %result"""
_TOWARDS_ZERO = """\
%integer = call $T @llvm.fptosi.sat.$T.$S($F %a)
%cut = sitofp $T %integer to $F
"""
_ROUND_BODIES = {
    "trunc": _TOWARDS_ZERO + "%rounded = fadd $F %cut, -0.0",
    "floor": _TOWARDS_ZERO
    + "%over = fcmp ogt $F %cut, %a\n%less = fsub $F %cut, 1.0\n"
    + "%rounded = select i1 %over, $F %less, $F %cut",
    "ceil": _TOWARDS_ZERO
    + "%under = fcmp olt $F %cut, %a\n%more = fadd $F %cut, 1.0\n"
    + "%rounded = select i1 %under, $F %more, $F %cut",
    "nearest": "%shift = call $F @llvm.copysign.$S($F $LIMIT, $F %a)\n"
    + "%moved = fadd $F %a, %shift\n%rounded = fsub $F %moved, %shift",
}


def _fill(template: str, **words: str) -> str:
    # Longest first, so that $TYPE-like words never lose their beginning to a shorter one.
    for word in sorted(words, key=len, reverse=True):
        template = template.replace("$" + word, words[word])
    return template


def _define(name: str, result: str, params: str, body: str) -> str:
    lines = "\n".join(line if line.endswith(":") else " " + line for line in body.splitlines())
    return f'define internal {result} @"{name}"({params}) #1 {{\n{lines}\n}}'


def _divisions() -> dict[str, str]:
    table = {}
    for llvm, lowest in (("i32", -(2**31)), ("i64", -(2**63))):
        params = f"{llvm} %a, {llvm} %b"
        bodies = {
            "div_s": _fill(_DIV_S, T=llvm, MIN=str(lowest)),
            "rem_s": _fill(_REM_S, T=llvm),
            "div_u": _fill(_UNSIGNED, T=llvm, OP="udiv"),
            "rem_u": _fill(_UNSIGNED, T=llvm, OP="urem"),
        }
        for name, body in bodies.items():
            table[f"{llvm}.{name}"] = _define(f"{llvm}.{name}", llvm, params, body)
    return table


def _truncations() -> dict[str, str]:
    table = {}
    for bits in (32, 64):
        for source, real in (("f32", "float"), ("f64", "double")):
            exact_below = source == "f64" and bits == 32
            for sign in ("s", "u"):
                # The bounds are the nearest floats that do not fit, or that just do (oge).
                low = -1.0 if sign == "u" else -(2.0 ** (bits - 1)) - exact_below
                high = 2.0**bits if sign == "u" else 2.0 ** (bits - 1)
                strict = sign == "u" or exact_below
                body = _fill(
                    _TRUNCATE,
                    ABOVE="ogt" if strict else "oge",
                    F=real, T=f"i{bits}", LOW=f"{low:.1f}", HIGH=f"{high:.1f}",
                    OP="fptosi" if sign == "s" else "fptoui",
                )  # fmt: skip
                name = f"i{bits}.trunc_{source}_{sign}"
                table[name] = _define(name, f"i{bits}", f"{real} %a", body)
    return table


def _float_helpers() -> dict[str, str]:
    table = {}
    kinds = (("f32", "float", 32, 2.0**23), ("f64", "double", 64, 2.0**52))
    for suffix, real, bits, limit in kinds:
        words = {"F": real, "T": f"i{bits}", "S": suffix, "LIMIT": f"{limit:.1f}"}
        words["QUIET"] = quiet(suffix, f"{real} %a")
        for name, compare, merge in (("min", "olt", "or"), ("max", "ogt", "and")):
            body = _fill(_MINMAX, CMP=compare, MERGE=merge, **words)
            key = f"{suffix}.{name}"
            table[key] = _define(key, real, f"{real} %a, {real} %b", body)
        for name, rounding in _ROUND_BODIES.items():
            body = _fill(_fill(_ROUND, BODY=rounding), **words)
            key = f"{suffix}.{name}"
            table[key] = _define(key, real, f"{real} %a", body)
    return table


PRELUDE: dict[str, str] = {**_divisions(), **_truncations(), **_float_helpers()}
