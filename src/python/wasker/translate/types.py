# SPDX-License-Identifier: Apache-2.0
"""Wasm types as LLVM types, zero values, and the hash that an indirect call compares."""
from __future__ import annotations

import hashlib
from typing import Sequence
from typing import Union

from wasker.errors import Diagnostic
from wasker.wasm.module import FieldType
from wasker.wasm.module import FuncType
from wasker.wasm.module import Module
from wasker.wasm.module import StructType
from wasker.wasm.module import ValueType

POINTER = "ptr"
VECTOR = "<2 x i64>"

_LLVM_TYPES = {"i32": "i32", "i64": "i64", "f32": "float", "f64": "double", "v128": VECTOR}
_ZEROS = {
    "i32": "i32 0",
    "i64": "i64 0",
    "float": "float 0.0",
    "double": "double 0.0",
    VECTOR: f"{VECTOR} zeroinitializer",
    POINTER: "ptr null",
}
_BITS = {"float": "i32", "double": "i64"}
_FLOAT_RESULT_REGISTERS = 2


def llvm_type(value_type: ValueType) -> str:
    """LLVM type of a value; every reference is a pointer."""
    return _LLVM_TYPES.get(value_type, POINTER)


def zero(value_type: ValueType) -> str:
    """Typed operand of the default value (specification 4.2.1)."""
    return _ZEROS[llvm_type(value_type)]


def bare(operand: str, llvm_type_text: str) -> str:
    """An operand without its type: `%5` for `i32 %5`."""
    return operand[len(llvm_type_text) + 1 :]


def type_length(operand: str) -> int:
    """Length of an operand's type; vector types hold blanks."""
    return operand.index(">") + 1 if operand[0] == "<" else operand.index(" ")


def quiet(suffix: str, operand: str, one: str = "1.0") -> str:
    """An instruction that makes a signalling NaN quiet and keeps any other value: times one.

    `operand` is typed, `suffix` its type in names of intrinsics. An ordinary multiplication LLVM
    would leave out, and of llvm.canonicalize it makes vectors that it cannot select.
    """
    type_text = operand.partition("> ")[0] + ">" if operand[0] == "<" else operand.split()[0]
    rest = 'metadata !"round.tonearest", metadata !"fpexcept.maytrap"'
    name = f"@llvm.experimental.constrained.fmul.{suffix}"
    return f"call {type_text} {name}({operand}, {type_text} {one}, {rest})"


def result_type(results: Sequence[ValueType]) -> str:
    """LLVM return type: void, the type, or a literal struct of several."""
    if not results:
        return "void"
    if len(results) == 1:
        return llvm_type(results[0])
    return "{ " + ", ".join(member_types(results)) + " }"


def member_types(results: Sequence[ValueType]) -> list[str]:
    """LLVM types of the members of the struct in which several results are returned.

    Two registers hold floats. LLVM returns a third float on the x87 stack, which makes signalling
    NaNs quiet (the specification, 4.3.3, has moves keep all bits): it is an integer of its bits.
    """
    members = list(map(llvm_type, results))
    in_vector_registers = 0
    for position, member in enumerate(members):
        if member in _BITS and in_vector_registers >= _FLOAT_RESULT_REGISTERS:
            members[position] = _BITS[member]
        in_vector_registers += member in _BITS or member == VECTOR
    return members


class TypeHashes:
    """32-bit hashes of a module's types; equal types have equal hashes in every module.

    A type is its place in its recursive group, and the group's definition with references inside
    of it as places and those outward as the digest of their type (specification 3.2.1).
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._digests: dict[int, str] = {}
        self._digested = 0
        self._type_of_hash: dict[int, int] = {}

    def check_all(self) -> None:
        """Raise E066 when two types of the module have the same hash."""
        for index in range(len(self._module.types)):
            self.hash_of(index)

    def hash_of(self, index: int) -> int:
        """The hash of a type index; raises E066 when another type has the same."""
        canonical = self._module.canonical_types[index]
        # Groups refer to earlier ones. In order, a long chain of types is no deep recursion.
        for earlier in range(self._digested, canonical + 1):
            self.digest(self._module.canonical_types[earlier])
        self._digested = max(self._digested, canonical + 1)
        value = int(self.digest(canonical)[:8], 16)
        other = self._type_of_hash.setdefault(value, canonical)
        if other != canonical:
            raise Diagnostic(
                "E066",
                f"the types {other} and {canonical} have the same hash {value:#x}",
                hint="Add an unused parameter to one of the two types.",
            )
        return value

    def digest(self, index: int) -> str:
        """128 bits of a canonical type index, as hexadecimal."""
        if index not in self._digests:
            first, size = self._module.type_groups[index]
            group = " ".join(self._definition(i, first, size) for i in range(first, first + size))
            for member in range(first, first + size):
                text = f"{member - first} of {group}"
                digest = hashlib.blake2b(text.encode(), digest_size=16)
                self._digests[member] = digest.hexdigest()
        return self._digests[index]

    def _definition(self, index: int, first: int, size: int) -> str:
        def heap(kind: Union[str, int]) -> str:
            if isinstance(kind, str):
                return kind
            return f"rec.{kind - first}" if first <= kind < first + size else self.digest(kind)

        def value(kind: ValueType) -> str:
            if isinstance(kind, str):
                return kind
            return f"(ref {'null ' if kind.nullable else ''}{heap(kind.heap)})"

        def storage(kind: FieldType) -> str:
            return ("mut " if kind.mutable else "") + value(kind.storage)

        declared = self._module.subtypes[index]
        above = "".join(f" sub {heap(supertype)}" for supertype in declared.supertypes)
        kind = ("final" if declared.final else "open") + above
        composite = self._module.types[index]
        if isinstance(composite, FuncType):
            params = " ".join(map(value, composite.params))
            return f"({kind} func {params} -> {' '.join(map(value, composite.results))})"
        if isinstance(composite, StructType):
            return f"({kind} struct {' '.join(map(storage, composite.fields))})"
        return f"({kind} array {storage(composite.element)})"
