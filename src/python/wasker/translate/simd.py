# SPDX-License-Identifier: Apache-2.0
"""Vector instructions: every one of the 0xFD prefix (specification 4.4.3).

A v128 value is `<2 x i64>` wherever it is an operand, parameter, local or global. One `Template`
per instruction and CPU level says as what LLVM type it sees its vector operands and what it does
with them; the tables are in the `simd_*.py` files beside this one. Here a template becomes lines
of a function: operands and result are cast, and its local names become numbers.

Results are bit-exact and the same at every CPU level, except for the sign and payload of NaNs
where the specification leaves them open (4.3.3). Relaxed instructions (WebAssembly 3.0) behave as
in the deterministic profile: each is its strict counterpart, and multiply-add is not fused.
"""
from __future__ import annotations

import re
from functools import lru_cache
from functools import partial
from typing import NamedTuple
from typing import Sequence

from wasker.options import CPU_LEVELS
from wasker.translate import memory
from wasker.translate import simd_float
from wasker.translate import simd_integer
from wasker.translate import simd_lanes
from wasker.translate.function import Emitter
from wasker.translate.function import Function
from wasker.translate.simd_template import V128
from wasker.translate.simd_template import Template
from wasker.translate.simd_template import v128_literal
from wasker.translate.types import bare
from wasker.translate.types import llvm_type
from wasker.translate.types import quiet
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.opcodes import Opcode


@lru_cache(maxsize=None)
def templates(cpu_level: int) -> dict[str, Template]:
    """All templates by instruction name for x86-64-v1, -v2 or -v3 (`cpu_level` 1, 2, 3)."""
    return {
        **simd_lanes.templates(cpu_level),
        **simd_integer.templates(cpu_level),
        **simd_float.templates(cpu_level),
    }


class Code(NamedTuple):
    """A template as lines for `str.format`, and which field is its result.

    Fields: operands by position, then one new value for each line, and `{i}`, the immediate.
    """

    lines: tuple[str, ...]
    result: int


@lru_cache(maxsize=None)
def code(name: str, cpu_level: int) -> Code:
    """The code of an instruction, with the casts between its template's types and v128."""
    opcode = OPCODES_BY_NAME[name]
    template = templates(cpu_level)[name]
    params = opcode.params or ()
    fields: dict[str, object] = {f"${letter}": at for at, letter in enumerate("abc"[: len(params)])}
    fields["$i"] = "i"
    lines: list[str] = []

    def define(local: str, text: str) -> int:
        field = len(params) + len(lines)
        text = re.sub(r"[$%]\w+", lambda match: f"{{{fields[match[0]]}}}", text)
        lines.append(f"{{{field}}} = {text}")
        fields[local] = field
        return field

    for operand, param in zip(tuple(fields), params):
        if param == "v128" and template.operand != V128:
            define(operand, f"bitcast {V128} {operand} to {template.operand}")
    result = fields.get(template.body)
    if result is None:
        for line in filter(None, map(str.strip, template.body.splitlines())):
            local, _, text = line.rpartition(" = ")
            result = define(local or "%result", text)
    if opcode.results == ("v128",) and template.result != V128:
        fields["%result"] = result
        result = define("", f"bitcast {template.result} %result to {V128}")
    assert isinstance(result, int)
    return Code(tuple(lines), result)


def instantiate(f: Function, name: str, operands: Sequence[str], immediate: str = "") -> str:
    """Append an instruction's lines and return its result; operands and result have no type."""
    lines, result = code(name, _cpu_level(f))
    first = f.count + 1
    f.count += len(lines)
    values = [*operands, *(f"%{number}" for number in range(first, f.count + 1))]
    f.lines.extend(line.format(*values, i=immediate) for line in lines)
    return values[result]


def _cpu_level(f: Function) -> int:
    return CPU_LEVELS[f.module.options.cpu]


def _const(f: Function, bits: int) -> None:
    f.stack.append(f"{V128} {v128_literal(bits)}")


def _pop(f: Function, types: Sequence[str]) -> list[str]:
    """Pop operands of these Wasm types, bare and in order."""
    values = []
    for value_type in reversed(types):
        values.append(bare(f.stack.pop(), llvm_type(value_type)))
    return values[::-1]


def _compute(opcode: Opcode, f: Function, immediate: object) -> None:
    """An instruction that does not touch memory."""
    literal = ""
    if opcode.immediate == "shuffle":
        literal = ", ".join(f"i32 {lane}" for lane in immediate)
    elif opcode.immediate:
        literal = str(immediate)
    operands = _pop(f, opcode.params)
    _quiet_beside_identity(f, opcode.name, operands)
    result = instantiate(f, opcode.name, operands, literal)
    f.stack.append(f"{llvm_type(opcode.results[0])} {result}")


def _quiet_beside_identity(f: Function, name: str, operands: list[str]) -> None:
    """Replace the operand beside a constant with which LLVM would fold the operation away."""
    template = templates(_cpu_level(f))[name]
    for side, constants in enumerate(template.identities):
        if operands[side] in constants:
            v = template.operand
            given = f.define(f"bitcast {V128} {operands[1 - side]} to {v}")
            suffix = v[1:-1].replace(" x ", "").replace("float", "f32").replace("double", "f64")
            one = "splat (float 1.0)" if "float" in v else "splat (double 1.0)"
            quieted = f.define(quiet(f"v{suffix}", f"{v} {given}", one))
            operands[1 - side] = f.define(f"bitcast {v} {quieted} to {V128}")


def _load(opcode: Opcode, f: Function, immediate: tuple) -> None:
    """A load of `memory` bytes, alone or into a lane (its number follows the memory operand)."""
    others = _pop(f, opcode.params[1:])
    loaded = memory.load(f, templates(_cpu_level(f))[opcode.name].memory, immediate[:3])
    result = instantiate(f, opcode.name, [loaded, *others], str(immediate[-1]))
    f.stack.append(f"{V128} {result}")


def _store(opcode: Opcode, f: Function, immediate: tuple) -> None:
    """A store of the vector or of one lane; the template makes what is stored."""
    (value,) = _pop(f, opcode.params[1:])
    stored = instantiate(f, opcode.name, ["", value], str(immediate[-1]))
    type_text = templates(_cpu_level(f))[opcode.name].memory
    memory.store(f, f"{type_text} {stored}", immediate[:3])


def _emitter(row: Opcode) -> Emitter:
    if not row.immediate.startswith("memarg"):
        return partial(_compute, row)
    return partial(_load if row.results else _store, row)


EMITTERS: dict[str, Emitter] = {row.name: _emitter(row) for row in OPCODES if row.family == "simd"}
EMITTERS["v128.const"] = _const
