# SPDX-License-Identifier: Apache-2.0
"""A decoded module as immutable values; the words are those of the specification's section 2.

Value types are the strings "i32" "i64" "f32" "f64" "v128" or a `RefType`. Index spaces hold
imported entities first, as in the specification. Function bodies stay bytes (`FunctionBody`)
until `code.decode_body` turns one into a list of instructions `(opcode, immediate, offset)`.
"""
from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import NamedTuple
from typing import Optional
from typing import Union


class RefType(NamedTuple):
    """A reference type: `heap` is an abstract heap type's name or a type index."""

    nullable: bool
    heap: Union[str, int]


FUNCREF = RefType(True, "func")
EXTERNREF = RefType(True, "extern")
ValueType = Union[str, RefType]


class FuncType(NamedTuple):
    """Parameter and result types."""

    params: tuple[ValueType, ...]
    results: tuple[ValueType, ...]


class FieldType(NamedTuple):
    """A struct field or array element; `storage` is a value type or packed "i8" "i16"."""

    storage: ValueType
    mutable: bool


class StructType(NamedTuple):
    """Fields in order."""

    fields: tuple[FieldType, ...]


class ArrayType(NamedTuple):
    """The type of every element."""

    element: FieldType


class SubType(NamedTuple):
    """How a type was declared: may it have subtypes, which are its supertypes (canonical)."""

    final: bool
    supertypes: tuple[int, ...]


class Limits(NamedTuple):
    """Size bounds in pages or elements; `maximum` None means none declared."""

    minimum: int
    maximum: Optional[int]


class TableType(NamedTuple):
    """Element type and limits; `is_64` is memory64's table form."""

    element: RefType
    limits: Limits
    is_64: bool = False


class MemoryType(NamedTuple):
    """Limits in 64 KiB pages."""

    limits: Limits
    is_64: bool = False
    shared: bool = False


class GlobalType(NamedTuple):
    """Type and mutability."""

    value_type: ValueType
    mutable: bool


class TagType(NamedTuple):
    """Exception tag: index of a function type without results."""

    type_index: int


# (opcode, immediate, byte offset in the file). `opcode` is the value of `opcodes.py`: the byte,
# or prefix << 16 | sub-opcode. `immediate` is None, an int, bytes or a tuple, as the opcode's
# row says.
Instruction = tuple
ConstExpr = tuple[Instruction, ...]


class Import(NamedTuple):
    """`kind` is "func" "table" "memory" "global" "tag"; `type` a type index for func."""

    module: str
    name: str
    kind: str
    type: Union[int, TableType, MemoryType, GlobalType, TagType]


class Export(NamedTuple):
    """`index` is in the index space of `kind`."""

    name: str
    kind: str
    index: int


class ElementSegment(NamedTuple):
    """`mode` is "active" "passive" "declarative"; `offset` is None unless active."""

    mode: str
    table: int
    offset: Optional[ConstExpr]
    element: RefType
    items: tuple[ConstExpr, ...]


class DataSegment(NamedTuple):
    """`mode` is "active" or "passive"; `offset` is None unless active."""

    mode: str
    memory: int
    offset: Optional[ConstExpr]
    content: bytes


class FunctionBody(NamedTuple):
    """`locals` are the declared ones as (count, type) runs; code is file bytes [start, end)."""

    locals: tuple[tuple[int, ValueType], ...]
    start: int
    end: int


@dataclass(frozen=True)
class NameSection:
    """The `name` custom section: best effort, never a reason to refuse a module."""

    module: str = ""
    functions: dict[int, str] = field(default_factory=dict)
    globals: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """One module. Lists named `*_types`/`functions` span imported and defined entities."""

    binary: bytes
    # FuncType, StructType or ArrayType each. Type indices inside of types, and heap types
    # everywhere, are canonical: equal types have equal indices (the lowest one).
    types: tuple = ()
    subtypes: tuple[SubType, ...] = ()
    canonical_types: tuple[int, ...] = ()
    # (lowest canonical index, size) of each type's recursive group.
    type_groups: tuple[tuple[int, int], ...] = ()
    imports: tuple[Import, ...] = ()
    functions: tuple[int, ...] = ()
    tables: tuple[TableType, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    globals: tuple[GlobalType, ...] = ()
    tags: tuple[TagType, ...] = ()
    global_inits: tuple[ConstExpr, ...] = ()
    table_inits: tuple[Optional[ConstExpr], ...] = ()
    exports: tuple[Export, ...] = ()
    start: Optional[int] = None
    elements: tuple[ElementSegment, ...] = ()
    data_count: Optional[int] = None
    code: tuple[FunctionBody, ...] = ()
    data: tuple[DataSegment, ...] = ()
    names: NameSection = NameSection()
    custom_sections: tuple[tuple[str, int, int], ...] = ()
    # Proposals beyond WebAssembly 2.0 that the module may use; see features.py.
    features: frozenset[str] = frozenset()

    def imported(self, kind: str) -> tuple[Import, ...]:
        """Imports of one kind, in index order."""
        return tuple(entry for entry in self.imports if entry.kind == kind)

    def function_type(self, function_index: int) -> FuncType:
        """Type of a function, imported or defined."""
        return self.types[self.functions[function_index]]

    def function_name(self, function_index: int) -> str:
        """Name-section name, else `func[N]`; what every message and trap calls the function."""
        return self.names.functions.get(function_index) or f"func[{function_index}]"
