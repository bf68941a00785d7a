# SPDX-License-Identifier: Apache-2.0
"""Constants, integer and float arithmetic, comparisons (specification 4.3.2, 4.3.3).

LLVM folds `x * 1`, `x / 1`, `x - 0` and the like to `x`, which would pass a signalling NaN on
unquieted where Wasm wants an arithmetic NaN; operands beside such constants are made quiet first.
"""
from __future__ import annotations

import struct

from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.types import quiet

# (Wasm type, LLVM type, suffix of intrinsics, bits)
_INTEGERS = (("i32", "i32", 32), ("i64", "i64", 64))
_FLOATS = (("f32", "float"), ("f64", "double"))

_INTEGER_BINARY = "add sub mul and or xor".split()
_INTEGER_COMPARE = {
    "eq": "eq", "ne": "ne", "lt_s": "slt", "lt_u": "ult", "gt_s": "sgt", "gt_u": "ugt",
    "le_s": "sle", "le_u": "ule", "ge_s": "sge", "ge_u": "uge",
}  # fmt: skip
_SHIFTS = {"shl": "shl", "shr_s": "ashr", "shr_u": "lshr"}
_ROTATES = {"rotl": "fshl", "rotr": "fshr"}
_DIVISIONS = {"div_s": "sdiv", "div_u": "udiv", "rem_s": "srem", "rem_u": "urem"}
_FLOAT_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_FLOAT_COMPARE = {"eq": "oeq", "ne": "une", "lt": "olt", "gt": "ogt", "le": "ole", "ge": "oge"}
_ROUNDINGS = {"ceil": "ceil", "floor": "floor", "trunc": "trunc", "nearest": "roundeven"}

# Constants that LLVM may fold away with the operation, as doubles.
_FOLDED = {"fadd": (0.0, -0.0), "fsub": (0.0, -0.0), "fmul": (1.0, -1.0), "fdiv": (1.0, -1.0)}


def _float_operands(llvm: str, values: tuple[float, ...]) -> frozenset[str]:
    patterns = (struct.unpack("<Q", struct.pack("<d", value))[0] for value in values)
    constants = {f"{llvm} 0x{pattern:016X}" for pattern in patterns}
    return frozenset(constants | ({f"{llvm} 0.0"} if 0.0 in values else set()))


def float_constant(bits: int) -> str:
    """Typed operand of an f32 with this bit pattern; LLVM writes floats as wider doubles."""
    if bits & 0x7F80_0000 == 0x7F80_0000:
        return f"float bitcast (i32 {bits} to float)"
    (value,) = struct.unpack("<f", struct.pack("<I", bits))
    (wide,) = struct.unpack("<Q", struct.pack("<d", value))
    return f"float 0x{wide:016X}"


def _binary(llvm: str, instruction: str) -> Emitter:
    cut = len(llvm) + 1
    result = llvm + " %"

    def emit(f: Function, _: None) -> None:
        stack = f.stack
        right = stack.pop()[cut:]
        f.count = number = f.count + 1
        f.lines.append(f"%{number} = {instruction} {stack[-1]}, {right}")
        stack[-1] = result + str(number)

    return emit


def _sum(instruction: str, sign: int) -> Emitter:
    """i32.add and i32.sub, remembering sums with a constant: accesses are made of them."""
    plain = _binary("i32", instruction)

    def emit(f: Function, immediate: None) -> None:
        left, right = f.stack[-2:]
        plain(f, immediate)
        if right[4] != "%" and left[4] == "%":
            root, distance = f.sums.get(left, (left, 0))
            f.sums[f.stack[-1]] = root, distance + sign * int(right[4:])

    return emit


def _compare(llvm: str, instruction: str) -> Emitter:
    cut = len(llvm) + 1

    def emit(f: Function, _: None) -> None:
        right = f.stack.pop()[cut:]
        f.push_condition(f"{instruction} {f.stack.pop()}, {right}")

    return emit


def _eqz(llvm: str) -> Emitter:
    def emit(f: Function, _: None) -> None:
        if f.stack[-1] in f.conditions:
            f.push_condition(f"xor i1 {f.pop_condition()}, true")
        else:
            f.push_condition(f"icmp eq {f.stack.pop()}, 0")

    return emit


def _shift(llvm: str, bits: int, instruction: str) -> Emitter:
    cut = len(llvm) + 1

    def emit(f: Function, _: None) -> None:
        amount = f.stack.pop()
        value = f.stack.pop()
        if amount[cut] == "%":
            masked = f.define(f"and {amount}, {bits - 1}")
        else:
            masked = str(int(amount[cut:]) & (bits - 1))
        f.push(llvm, f"{instruction} {value}, {masked}")

    return emit


def _rotate(llvm: str, intrinsic: str) -> Emitter:
    def emit(f: Function, _: None) -> None:
        amount = f.stack.pop()
        value = f.stack.pop()
        f.push(llvm, f"call {llvm} @llvm.{intrinsic}.{llvm}({value}, {value}, {amount})")

    return emit


def _divide(llvm: str, name: str, instruction: str) -> Emitter:
    """A constant divisor needs no checks; others go through a helper that traps."""
    cut = len(llvm) + 1

    def emit(f: Function, _: None) -> None:
        divisor = f.stack.pop()
        dividend = f.stack.pop()
        if divisor[cut] != "%" and int(divisor[cut:]) not in (0, -1):
            f.push(llvm, f"{instruction} {dividend}, {divisor[cut:]}")
        else:
            f.push(llvm, f"call {llvm} {f.module.helper(name)}({dividend}, {divisor})")

    return emit


def _unary(llvm: str, before: str, after: str) -> Emitter:
    def emit(f: Function, _: None) -> None:
        f.push(llvm, f"{before}{f.stack.pop()}{after}")

    return emit


def _float_binary(llvm: str, instruction: str) -> Emitter:
    cut = len(llvm) + 1
    suffix = "f32" if llvm == "float" else "f64"
    folded = _float_operands(llvm, _FOLDED[instruction])

    def quieted(f: Function, operand: str) -> str:
        return f"{llvm} {f.define(quiet(suffix, operand))}"

    def emit(f: Function, _: None) -> None:
        right = f.stack.pop()
        left = f.stack.pop()
        if right in folded:
            left = quieted(f, left)
        elif left in folded and instruction != "fdiv":
            right = quieted(f, right)
        f.push(llvm, f"{instruction} {left}, {right[cut:]}")

    return emit


def _intrinsic(llvm: str, name: str, operands: int = 1) -> Emitter:
    def emit(f: Function, _: None) -> None:
        arguments = ", ".join(f.stack[-operands:])
        del f.stack[-operands:]
        f.push(llvm, f"call {llvm} @llvm.{name}({arguments})")

    return emit


def _helper(llvm: str, name: str, operands: int) -> Emitter:
    def emit(f: Function, _: None) -> None:
        arguments = ", ".join(f.stack[-operands:])
        del f.stack[-operands:]
        f.push(llvm, f"call {llvm} {f.module.helper(name)}({arguments})")

    return emit


def _rounding(wasm: str, llvm: str, name: str, intrinsic: str) -> Emitter:
    """One SSE4.1 instruction; without it LLVM would call a C library that objects do not have."""
    direct = _intrinsic(llvm, f"{intrinsic}.{wasm}")
    by_hand = _helper(llvm, f"{wasm}.{name}", 1)

    def emit(f: Function, immediate: None) -> None:
        (direct if f.module.has_rounding else by_hand)(f, immediate)

    return emit


def _integer_emitters(wasm: str, llvm: str, bits: int) -> dict[str, Emitter]:
    table: dict[str, Emitter] = {"eqz": _eqz(llvm)}
    for name in _INTEGER_BINARY:
        table[name] = _binary(llvm, name)
    for name, predicate in _INTEGER_COMPARE.items():
        table[name] = _compare(llvm, f"icmp {predicate}")
    for name, instruction in _SHIFTS.items():
        table[name] = _shift(llvm, bits, instruction)
    for name, intrinsic in _ROTATES.items():
        table[name] = _rotate(llvm, intrinsic)
    for name, instruction in _DIVISIONS.items():
        table[name] = _divide(llvm, f"{wasm}.{name}", instruction)
    table["clz"] = _unary(llvm, f"call {llvm} @llvm.ctlz.{llvm}(", ", i1 false)")
    table["ctz"] = _unary(llvm, f"call {llvm} @llvm.cttz.{llvm}(", ", i1 false)")
    table["popcnt"] = _unary(llvm, f"call {llvm} @llvm.ctpop.{llvm}(", ")")
    return {f"{wasm}.{name}": emitter for name, emitter in table.items()}


def _float_emitters(wasm: str, llvm: str) -> dict[str, Emitter]:
    table: dict[str, Emitter] = {"neg": _unary(llvm, "fneg ", "")}
    for name, instruction in _FLOAT_BINARY.items():
        table[name] = _float_binary(llvm, instruction)
    for name, predicate in _FLOAT_COMPARE.items():
        table[name] = _compare(llvm, f"fcmp {predicate}")
    for name, intrinsic in _ROUNDINGS.items():
        table[name] = _rounding(wasm, llvm, name, intrinsic)
    table["abs"] = _intrinsic(llvm, f"fabs.{wasm}")
    table["sqrt"] = _intrinsic(llvm, f"sqrt.{wasm}")
    table["copysign"] = _intrinsic(llvm, f"copysign.{wasm}", 2)
    table["min"] = _helper(llvm, f"{wasm}.min", 2)
    table["max"] = _helper(llvm, f"{wasm}.max", 2)
    return {f"{wasm}.{name}": emitter for name, emitter in table.items()}


EMITTERS: dict[str, Emitter] = {
    "i32.const": lambda f, value: f.stack.append(f"i32 {value}"),
    "i64.const": lambda f, value: f.stack.append(f"i64 {value}"),
    "f32.const": lambda f, bits: f.stack.append(float_constant(bits)),
    "f64.const": lambda f, bits: f.stack.append(f"double 0x{bits:016X}"),
}
for _wasm, _llvm, _bits in _INTEGERS:
    EMITTERS.update(_integer_emitters(_wasm, _llvm, _bits))
EMITTERS.update({"i32.add": _sum("add", 1), "i32.sub": _sum("sub", -1)})
for _wasm, _llvm in _FLOATS:
    EMITTERS.update(_float_emitters(_wasm, _llvm))
