# SPDX-License-Identifier: Apache-2.0
"""What one pass through a loop's body without branches computes, as a graph (`dag.py`).

Only instructions that a vectoriser handles are known; anything else raises NotRegular.
"""
from __future__ import annotations

import re
import struct
from typing import NamedTuple
from typing import Sequence

from wasker.translate.dag import WIDTHS
from wasker.translate.dag import Byte
from wasker.translate.dag import Dag
from wasker.translate.dag import NotRegular
from wasker.translate.dag import Value
from wasker.translate.dag import Vector
from wasker.translate.types import llvm_type
from wasker.wasm.module import Instruction
from wasker.wasm.module import ValueType
from wasker.wasm.opcodes import OPCODES_BY_CODE

_SHAPES = {
    "i8x16": "i8", "i16x8": "i16", "i32x4": "i32", "i64x2": "i64",
    "f32x4": "float", "f64x2": "double",
}  # fmt: skip
_NARROWER = {"i16": "i8", "i32": "i16", "i64": "i32"}
_INTEGER_OPS = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
_FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_FLOAT_UNARY = ("neg", "abs", "sqrt")
_SHIFTS = {"shl": "shl", "shr_s": "ashr", "shr_u": "lshr"}
_CONDITIONS = {
    "eq": "icmp eq", "ne": "icmp ne", "lt_s": "icmp slt", "lt_u": "icmp ult",
    "gt_s": "icmp sgt", "gt_u": "icmp ugt", "le_s": "icmp sle", "le_u": "icmp ule",
    "ge_s": "icmp sge", "ge_u": "icmp uge",
}  # fmt: skip
_FLOAT_CONDITIONS = {
    "eq": "fcmp oeq", "ne": "fcmp une", "lt": "fcmp olt", "gt": "fcmp ogt", "le": "fcmp ole",
    "ge": "fcmp oge",
}  # fmt: skip
_INVERSE = {"icmp eq": "icmp ne", "icmp ne": "icmp eq"}
_CONVERSIONS = {
    "i32.wrap_i64": ("trunc", "i32"), "i64.extend_i32_s": ("sext", "i64"),
    "i64.extend_i32_u": ("zext", "i64"), "f32.convert_i32_s": ("sitofp", "float"),
    "f32.convert_i32_u": ("uitofp", "float"), "f64.convert_i32_s": ("sitofp", "double"),
    "f64.convert_i32_u": ("uitofp", "double"),
}  # fmt: skip
_SCALAR = re.compile(r"(i32|i64|f32|f64)\.(\w+)$")
_LANES = re.compile(r"([if]\d+x\d+)\.(\w+)$")
_SCALAR_LOAD = re.compile(r"(i32|i64|f32|f64)\.load(?:(8|16|32)_([su]))?$")
_SCALAR_STORE = re.compile(r"(i32|i64|f32|f64)\.store(8|16|32)?$")
_VECTOR_LOAD = re.compile(r"v128\.load(?:(8|16|32)x\d_([su])|(32|64)_zero|(8|16|32|64)_splat)?$")
_EXTEND = {"s": "sext", "u": "zext"}


def _folded_constants() -> frozenset[tuple[str, int]]:
    """Float constants beside which LLVM may leave an operation out, which must quiet a NaN."""
    found = set()
    for value in (0.0, -0.0, 1.0, -1.0):
        found.add(("float", struct.unpack("<I", struct.pack("<f", value))[0]))
        found.add(("double", struct.unpack("<Q", struct.pack("<d", value))[0]))
    return frozenset(found)


_FOLDED = _folded_constants()


class Access(NamedTuple):
    """A load or store in program order: index node, static offset and bytes; what is stored."""

    index: int
    offset: int
    size: int
    stored: Value
    is_store: bool
    stored_type: str


class Body:
    """Runs through instructions; then `locals` are the values at the end, `condition` the one of
    the branch back (an i1 node), `carried` the assigned locals that the body reads before it
    assigns them."""

    def __init__(self, types: Sequence[ValueType]) -> None:
        self.dag = Dag()
        self.accesses: list[Access] = []
        self.locals: dict[int, Value] = {}
        self.assigned: dict[int, None] = {}
        self.carried: dict[int, None] = {}
        self.has_vectors = False
        self.condition = -1
        self._types = types
        self._stack: list[Value] = []

    def run(self, instructions: Sequence[Instruction]) -> None:
        """Follow a body that ends with its only branch; raises NotRegular."""
        for opcode, immediate, _ in instructions[:-1]:
            self._step(OPCODES_BY_CODE[opcode].name, immediate)
        last = OPCODES_BY_CODE[instructions[-1][0]].name
        if last != "br_if" or instructions[-1][1] != 0 or len(self._stack) != 1:
            raise NotRegular
        self.condition = self._truth(self._number())
        self.carried = {index: None for index in self.carried if index in self.assigned}

    # Stack and locals.

    def _pop(self) -> Value:
        # A block's parameters are no values that are known.
        if not self._stack:
            raise NotRegular
        return self._stack.pop()

    def _number(self) -> int:
        value = self._pop()
        if isinstance(value, tuple):
            raise NotRegular
        return value

    def _vector(self) -> Vector:
        value = self._pop()
        if not isinstance(value, tuple):
            raise NotRegular
        return value

    def local(self, index: int) -> Value:
        """The local's value now."""
        if index not in self.locals:
            self.carried[index] = None
            value_type = self._types[index]
            if value_type == "v128":
                self.locals[index] = tuple(Byte("local", index, i) for i in range(16))
            elif value_type in ("i32", "i64", "f32", "f64"):
                self.locals[index] = self.dag.make("local", llvm_type(value_type), index)
            else:
                raise NotRegular
        return self.locals[index]

    def _step(self, name: str, immediate: object) -> None:
        if name == "local.get":
            self._stack.append(self.local(immediate))
        elif name in ("local.set", "local.tee"):
            value = self.locals[immediate] = self._pop()
            if name == "local.tee":
                self._stack.append(value)
            self.assigned[immediate] = None
        elif name.endswith(".const"):
            self._const(name[:-6], immediate)
        elif name == "select":
            self._select()
        elif name in _CONVERSIONS:
            op, type_text = _CONVERSIONS[name]
            self._stack.append(self.dag.make(op, type_text, self._plain(self._number())))
        elif _SCALAR_LOAD.match(name) or _VECTOR_LOAD.match(name):
            self._load(name, immediate)
        elif _SCALAR_STORE.match(name) or name == "v128.store":
            self._store(name, immediate)
        else:
            self._compute(name, immediate)

    def _const(self, value_type: str, bits: int) -> None:
        if value_type == "v128":
            content = bits.to_bytes(16, "little")
            self._stack.append(tuple(Byte("const", 0, byte) for byte in content))
        else:
            self._stack.append(self.dag.const(llvm_type(value_type), bits))

    def _compute(self, name: str, immediate: object) -> None:
        scalar, lanes = _SCALAR.match(name), _LANES.match(name)
        if scalar:
            self._scalar(llvm_type(scalar[1]), scalar[2])
        elif lanes and lanes[1] in _SHAPES:
            self.has_vectors = True
            self._lanes(_SHAPES[lanes[1]], lanes[2], immediate)
        elif name in ("v128.and", "v128.or", "v128.xor"):
            right, left = self._vector(), self._vector()
            type_text = self.dag.bits_type(left[0] if left[0].kind == "node" else right[0])
            self._each(name[5:], type_text, type_text, left, right)
        elif name == "v128.bitselect":
            self._bitselect()
        else:
            raise NotRegular

    # Scalars.

    def _truth(self, number: int) -> int:
        """An i32 as an i1 node."""
        node = self.dag.nodes[number]
        if node.op == "bool":
            return node.args[0]
        return self.dag.make("icmp ne", "i1", number, self.dag.const("i32", 0))

    def _plain(self, number: int) -> int:
        """An operand of arithmetic: a comparison's result as i32."""
        node = self.dag.nodes[number]
        return self.dag.make("zext", "i32", node.args[0]) if node.op == "bool" else number

    def _select(self) -> None:
        condition = self._truth(self._number())
        otherwise, then = self._number(), self._number()
        otherwise, then = self._plain(otherwise), self._plain(then)
        type_text = self.dag.nodes[then].type
        self._stack.append(self.dag.make("select", type_text, condition, then, otherwise))

    def binary(self, op: str, type_text: str, left: int, right: int) -> int:
        """An operation on two nodes, simplified if it is a sum."""
        dag = self.dag
        if type_text == "i32" and op in ("add", "sub"):
            return dag.add(left, right, 1 if op == "add" else -1)
        if type_text == "i32" and op in ("mul", "shl"):
            for one, other in ((left, right), (right, left)):
                if dag.nodes[other].op == "const" and (op == "mul" or other == right):
                    factor = dag.constant_of(other)
                    return dag.scale(one, factor if op == "mul" else 1 << (factor & 31))
        if op in _FLOAT_OPS.values():
            nodes = (dag.nodes[left], dag.nodes[right])
            if any(n.op == "const" and (n.type, n.args[0]) in _FOLDED for n in nodes):
                raise NotRegular
        return dag.make(op, type_text, left, right)

    def _scalar(self, type_text: str, op: str) -> None:
        dag, stack = self.dag, self._stack
        is_float = type_text in ("float", "double")
        if op == "eqz":
            number = self._number()
            if dag.nodes[number].op == "bool":
                condition = dag.nodes[dag.nodes[number].args[0]]
                if condition.op not in _INVERSE:
                    raise NotRegular
                inverse = dag.make(_INVERSE[condition.op], "i1", *condition.args)
                stack.append(dag.make("bool", "i32", inverse))
                return
            stack += [number, dag.const(type_text, 0)]
            op = "eq"
        if is_float and op in _FLOAT_UNARY:
            stack.append(dag.make(op, type_text, self._number()))
            return
        right = self._plain(self._number())
        conditions = _FLOAT_CONDITIONS if is_float else _CONDITIONS
        table = _FLOAT_OPS if is_float else _INTEGER_OPS
        if op in _SHIFTS and not is_float:
            amount = dag.constant_of(right) & (8 * WIDTHS[type_text] - 1)
            left = self._plain(self._number())
            shift = dag.const(type_text, amount)
            stack.append(self.binary(_SHIFTS[op], type_text, left, shift))
        elif op in conditions:
            compared = dag.make(conditions[op], "i1", self._plain(self._number()), right)
            stack.append(dag.make("bool", "i32", compared))
        elif op in table:
            stack.append(self.binary(table[op], type_text, self._plain(self._number()), right))
        else:
            raise NotRegular

    # Lanes.

    def _each(self, op: str, result: str, type_text: str, *vectors: Vector) -> None:
        """Push a vector of `op` on each lane."""
        parts = [self.dag.lanes(vector, type_text) for vector in vectors]
        if len(parts) == 2:
            found = [self.binary(op, result, left, right) for left, right in zip(*parts)]
        else:
            found = [self.dag.make(op, result, lane) for lane in parts[0]]
        self._stack.append(self.dag.vector(found))

    def _lanes(self, type_text: str, op: str, immediate: object) -> None:
        dag = self.dag
        is_float = type_text in ("float", "double")
        table = _FLOAT_OPS if is_float else _INTEGER_OPS
        conditions = _FLOAT_CONDITIONS if is_float else _CONDITIONS
        if op == "shuffle":
            right, left = self._vector(), self._vector()
            self._stack.append(tuple((left + right)[lane] for lane in immediate))
        elif op == "splat":
            number = self._plain(self._number())
            if type_text in ("i8", "i16"):
                number = dag.make("trunc", type_text, number)
            self._stack.append(dag.vector([number] * (16 // WIDTHS[type_text])))
        elif op in table and (op not in ("and", "or", "xor")):
            right, left = self._vector(), self._vector()
            self._each(table[op], type_text, type_text, left, right)
        elif is_float and op in _FLOAT_UNARY:
            self._each(op, type_text, type_text, self._vector())
        elif op in _SHIFTS:
            amount = dag.constant_of(self._number()) & (8 * WIDTHS[type_text] - 1)
            left = dag.lanes(self._vector(), type_text)
            shift = dag.const(type_text, amount)
            found = [self.binary(_SHIFTS[op], type_text, lane, shift) for lane in left]
            self._stack.append(dag.vector(found))
        elif op in conditions:
            right, left = dag.lanes(self._vector(), type_text), dag.lanes(self._vector(), type_text)
            compared = [dag.make(conditions[op], "i1", a, b) for a, b in zip(left, right)]
            wide = f"i{8 * WIDTHS[type_text]}"
            self._stack.append(dag.vector([dag.make("sext", wide, c) for c in compared]))
        else:
            self._resized(type_text, op)

    def _resized(self, type_text: str, op: str) -> None:
        """Instructions whose operands have another lane type than their result."""
        dag = self.dag
        extend = re.match(r"(extend|extmul)_(low|high)_i\d+x\d+_([su])$", op)
        narrow = re.match(r"narrow_i\d+x\d+_([su])$", op)
        if extend:
            vectors = [self._vector() for _ in range(1 + (extend[1] == "extmul"))][::-1]
            parts = []
            for vector in vectors:
                half = dag.lanes(vector, _NARROWER[type_text])
                count = len(half) // 2
                half = half[:count] if extend[2] == "low" else half[count:]
                parts.append([dag.make(_EXTEND[extend[3]], type_text, lane) for lane in half])
            found = parts[0]
            if extend[1] == "extmul":
                found = [self.binary("mul", type_text, a, b) for a, b in zip(*parts)]
            self._stack.append(dag.vector(found))
        elif narrow:
            wide = {"i8": "i16", "i16": "i32"}[type_text]
            right, left = self._vector(), self._vector()
            lanes = dag.lanes(left, wide) + dag.lanes(right, wide)
            self._stack.append(
                dag.vector([self._saturated(lane, wide, type_text, narrow[1]) for lane in lanes])
            )
        elif op in ("convert_low_i32x4_s", "convert_low_i32x4_u", "convert_i32x4_s"):
            lanes = dag.lanes(self._vector(), "i32")[: 16 // WIDTHS[type_text]]
            convert = "uitofp" if op.endswith("u") else "sitofp"
            self._stack.append(dag.vector([dag.make(convert, type_text, x) for x in lanes]))
        else:
            raise NotRegular

    def _saturated(self, lane: int, wide: str, narrow: str, sign: str) -> int:
        bits = 8 * WIDTHS[narrow]
        lowest, highest = (-(1 << bits - 1), (1 << bits - 1) - 1) if sign == "s" else (
            0, (1 << bits) - 1)  # fmt: skip
        above = self.dag.make("smax", wide, lane, self.dag.const(wide, lowest))
        inside = self.dag.make("smin", wide, above, self.dag.const(wide, highest))
        return self.dag.make("trunc", narrow, inside)

    def _bitselect(self) -> None:
        """A choice between lanes by a comparison's mask."""
        mask, otherwise, then = self._vector(), self._vector(), self._vector()
        type_text = self.dag.natural_type(mask[0])
        conditions = [self.dag.nodes[lane] for lane in self.dag.lanes(mask, type_text)]
        if any(c.op != "sext" or self.dag.nodes[c.args[0]].type != "i1" for c in conditions):
            raise NotRegular
        pairs = zip(self.dag.lanes(then, type_text), self.dag.lanes(otherwise, type_text))
        found = [
            self.dag.make("select", type_text, condition.args[0], a, b)
            for condition, (a, b) in zip(conditions, pairs)
        ]
        self._stack.append(self.dag.vector(found))

    # Memory.

    def _note(self, index: int, offset: int, size: int) -> None:
        self.accesses.append(Access(index, offset, size, 0, False, ""))

    def _index(self, memory: int) -> int:
        if memory:
            raise NotRegular
        return self._plain(self._number())

    def _load(self, name: str, immediate: object) -> None:
        _, offset, memory = immediate  # type: ignore[misc]
        index = self._index(memory)
        scalar, vector = _SCALAR_LOAD.match(name), _VECTOR_LOAD.match(name)
        if scalar:
            type_text = llvm_type(scalar[1])
            narrow = f"i{scalar[2]}" if scalar[2] else type_text
            self._note(index, offset, WIDTHS[narrow])
            loaded = self.dag.make("load", narrow, index, offset)
            if scalar[2]:
                loaded = self.dag.make(_EXTEND[scalar[3]], type_text, loaded)
            self._stack.append(loaded)
        elif vector:
            self.has_vectors = True
            self._load_vector(vector, index, offset)

    def _load_vector(self, match: re.Match, index: int, offset: int) -> None:
        dag = self.dag
        extended, sign, zero, splat = match.groups()
        size = 8 if extended else int(zero or splat or 128) // 8
        self._note(index, offset, size)
        content = tuple(Byte("memory", index, offset + i) for i in range(size))
        if extended:
            narrow, wide = f"i{extended}", f"i{2 * int(extended)}"
            width = WIDTHS[narrow]
            lanes = [dag.lane(content[i : i + width], narrow) for i in range(0, 8, width)]
            self._stack.append(dag.vector([dag.make(_EXTEND[sign], wide, x) for x in lanes]))
        elif splat:
            self._stack.append(content * (16 // size))
        else:
            self._stack.append(content + (Byte("const", 0, 0),) * (16 - size))

    def _store(self, name: str, immediate: object) -> None:
        _, offset, memory = immediate  # type: ignore[misc]
        value = self._pop()
        index = self._index(memory)
        scalar = _SCALAR_STORE.match(name)
        if isinstance(value, tuple):
            self.has_vectors = True
            kind = self.dag.natural_type(value[0])
            for at, lane in enumerate(self.dag.lanes(value, kind)):
                width = WIDTHS[kind]
                self.accesses.append(Access(index, offset + at * width, width, lane, True, kind))
            return
        assert scalar
        value = self._plain(value)
        kind = llvm_type(scalar[1])
        if scalar[2]:
            kind = f"i{scalar[2]}"
            value = self.dag.make("trunc", kind, value)
        self.accesses.append(Access(index, offset, WIDTHS[kind], value, True, kind))


