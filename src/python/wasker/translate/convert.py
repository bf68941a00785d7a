# SPDX-License-Identifier: Apache-2.0
"""Conversions between number types (specification 4.3.4)."""
from __future__ import annotations

from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.types import quiet

_LLVM = {"i32": "i32", "i64": "i64", "f32": "float", "f64": "double"}

# instruction -> (LLVM cast, result type)
_CASTS = {
    "i32.wrap_i64": ("trunc", "i32"),
    "i64.extend_i32_s": ("sext", "i64"),
    "i64.extend_i32_u": ("zext", "i64"),
    "i32.reinterpret_f32": ("bitcast", "i32"),
    "i64.reinterpret_f64": ("bitcast", "i64"),
    "f32.reinterpret_i32": ("bitcast", "float"),
    "f64.reinterpret_i64": ("bitcast", "double"),
}


def _cast(instruction: str, result: str) -> Emitter:
    def emit(f: Function, _: None) -> None:
        f.push(result, f"{instruction} {f.stack.pop()} to {result}")

    return emit


def _promote(f: Function, _: None) -> None:
    f.push("double", f"fpext {f.stack.pop()} to double")
    f.promoted[f.stack[-1]] = None


def _demote(f: Function, _: None) -> None:
    operand = f.stack.pop()
    if operand in f.promoted:
        # LLVM would fold the pair to nothing, and a signalling NaN would stay one.
        operand = f"double {f.define(quiet('f64', operand))}"
    f.push("float", f"fptrunc {operand} to float")


def _extend(llvm: str, narrow: str) -> Emitter:
    def emit(f: Function, _: None) -> None:
        low = f.define(f"trunc {f.stack.pop()} to {narrow}")
        f.push(llvm, f"sext {narrow} {low} to {llvm}")

    return emit


def _truncate(name: str, llvm: str) -> Emitter:
    """Traps for NaN and for what does not fit; the checks are in the helper."""

    def emit(f: Function, _: None) -> None:
        f.push(llvm, f"call {llvm} {f.module.helper(name)}({f.stack.pop()})")

    return emit


def _saturate(llvm: str, source: str, sign: str) -> Emitter:
    call = f"call {llvm} @llvm.fpto{sign}i.sat.{llvm}.{source}"

    def emit(f: Function, _: None) -> None:
        f.push(llvm, f"{call}({f.stack.pop()})")

    return emit


def _table() -> dict[str, Emitter]:
    table: dict[str, Emitter] = {name: _cast(*row) for name, row in _CASTS.items()}
    table["f64.promote_f32"] = _promote
    table["f32.demote_f64"] = _demote
    for llvm, widths in (("i32", (8, 16)), ("i64", (8, 16, 32))):
        for width in widths:
            table[f"{llvm}.extend{width}_s"] = _extend(llvm, f"i{width}")
    for integer in ("i32", "i64"):
        for real in ("f32", "f64"):
            for sign, letter in (("s", "s"), ("u", "u")):
                name = f"{integer}.trunc_{real}_{sign}"
                table[name] = _truncate(name, integer)
                table[f"{integer}.trunc_sat_{real}_{sign}"] = _saturate(integer, real, letter)
                table[f"{real}.convert_{integer}_{sign}"] = _cast(f"{letter}itofp", _LLVM[real])
    return table


EMITTERS: dict[str, Emitter] = _table()
