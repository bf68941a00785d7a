# SPDX-License-Identifier: Apache-2.0
"""What all emitters share about a module: its symbols, functions, helpers and types."""
from __future__ import annotations

from typing import Optional
from typing import Sequence

from mew_abi import symbols

from wasker.errors import Diagnostic
from wasker.options import CPU_LEVELS
from wasker.options import Options
from wasker.translate import aggregate
from wasker.translate import bulk
from wasker.translate import cast
from wasker.translate import exception
from wasker.translate import heap
from wasker.translate import table
from wasker.translate.control import open_function
from wasker.translate.deadloads import keep_dead_loads
from wasker.translate.debug import DebugInfo
from wasker.translate.emitters import emit_all
from wasker.translate.entities import LINEAR_MEMORY
from wasker.translate.entities import MEMORY_STRUCT
from wasker.translate.entities import TABLE_STRUCT
from wasker.translate.entities import Entities
from wasker.translate.entities import Entity
from wasker.translate.entities import array_length_symbol
from wasker.translate.function import Function
from wasker.translate.function import assigned_in_loops
from wasker.translate.imports import import_symbol
from wasker.translate.names import UniqueNames
from wasker.translate.names import quoted
from wasker.translate.names import reference
from wasker.translate.prelude import PRELUDE
from wasker.translate.rolled import LoopHints
from wasker.translate.rolled import loop_preludes
from wasker.translate.tailcall import NAMED_REGISTER_PARAMS
from wasker.translate.tailcall import REGISTER_PARAMS
from wasker.translate.tailcall import fits_registers
from wasker.translate.tailcall import receive_parameters
from wasker.translate.tailcall import register_arguments
from wasker.translate.tailcall import results_fit
from wasker.translate.types import TypeHashes
from wasker.translate.types import llvm_type
from wasker.translate.types import result_type
from wasker.wasm.debuglines import LineTable
from wasker.wasm.module import FuncType
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import Instruction
from wasker.wasm.subtyping import heap_matches
from wasker.wasm.unit import COPY
from wasker.wasm.unit import INTERNAL
from wasker.wasm.unit import SHARED
from wasker.wasm.unit import Unit

_HELPERS = {
    **bulk.HELPERS,
    **table.HELPERS,
    **heap.HELPERS,
    **cast.HELPERS,
    **aggregate.HELPERS,
}
_LINKAGES = {
    INTERNAL: "internal",
    SHARED: "hidden",
    COPY: "available_externally hidden",
}
# SSE4.1 has rounding instructions.
_LEVEL_WITH_ROUNDING = 2
# Its vector registers are wider than Wasm's vectors.
_LEVEL_WITH_WIDE_VECTORS = 3

# Functions of the system that objects call: result, parameters.
_RUNTIME = {
    "memory_create": (symbols.MEMORY_CREATE, "i32", "ptr"),
    "memory_grow": (symbols.MEMORY_GROW, "i64", "ptr, i64"),
    "table_create": (symbols.TABLE_CREATE, "i32", "ptr"),
    "table_grow": (symbols.TABLE_GROW, "i64", "ptr, i64, ptr"),
}
# 16 bytes keep the code aligned; the hash is in the last 4.
_PREFIX = "prefix <{{ i32, i32, i32, i32 }}> <{{ i32 0, i32 0, i32 0, i32 {hash} }}>"

# Attributes: #0 of every function, #1 of helpers, #2 of what runs once. No tail calls unless asked
# for, so that endless recursion ends at the stack's guard; null is never mapped but reading
# through it must not be undefined.
_ATTRIBUTES = (
    'nounwind noredzone null_pointer_is_valid "frame-pointer"="all" "probe-stack"="inline-asm" '
    '"disable-tail-calls"="true"'
)
# Loops are rolled up for LLVM's vectoriser, which runs from here on.
_OPTIMISATION_THAT_ROLLS = 2
_FIRST_LOOP_HINT = 4
# !0 marks loads of what never changes, !1 and !2 branches hardly ever or nearly always taken.
_METADATA = """\
!0 = !{}
!1 = !{!"branch_weights", i32 1, i32 1048575}
!2 = !{!"branch_weights", i32 1048575, i32 1}
!3 = !{i64 0, i64 2147483648}"""


class ModuleTranslator:
    """What emitters need to know about the module, and what they found out that it needs."""

    def __init__(
        self,
        unit: Unit,
        options: Options,
        lines: Optional[LineTable],
        *,
        tail_calls: bool,
        exceptions: bool,
    ) -> None:
        module = unit.module
        self.unit = unit
        self.source = module
        self.options = options
        self.debug = None if lines is None else DebugInfo(lines, options.module_name)
        self.tail_calls = tail_calls
        self.exceptions = exceptions or bool(module.tags)
        self.has_rounding = CPU_LEVELS[options.cpu] >= _LEVEL_WITH_ROUNDING
        self.function_types = [module.types[index] for index in module.functions]
        self.imported_functions = module.imported("func")
        # Imports of the program; those behind them are functions of other units.
        self.system_imports = len(self.imported_functions)
        if not unit.is_whole:
            self.system_imports = unit.system_imports
        self.loop_hints = LoopHints(_FIRST_LOOP_HINT)
        self.entities = Entities(unit, options)
        self.globals = self.entities.globals()
        self.memories = self.entities.memories()
        self.rolls_loops = (
            options.optimisation >= _OPTIMISATION_THAT_ROLLS
            and bool(self.memories)
            and not self.memories[0].is_64
        )
        self.tables = self.entities.tables()
        self.tags = self.entities.tags()
        self.function_symbols = self._function_symbols()
        self.helpers: dict[str, tuple] = {}
        if unit.heap and unit.has_instance:
            self.helpers[unit.heap] = (heap.ALLOCATOR, ())
        self.declarations: dict[str, str] = {}
        self.referenced: dict[int, None] = dict.fromkeys(unit.referenced)
        self.segments: dict[tuple[str, int], None] = {}
        self.segment_sizes: dict[tuple[str, int], None] = {}
        for kind, used in (("data", unit.data_used), ("elem", unit.elements_used)):
            for index in used:
                self.segment(kind, index)
                self.segment_size(kind, index)
        self._type_hashes = TypeHashes(module)

    def _function_symbols(self) -> list[str]:
        if not self.unit.is_whole:
            return [reference(symbol) for symbol in self.unit.symbols["func"]]
        names = UniqueNames()
        found = []
        for entry in self.imported_functions:
            found.append(import_symbol(self.options, self.source, entry))
        for index in range(len(found), len(self.function_types)):
            name = names.take(self.source.function_name(index), index)
            found.append(symbols.FUNCTION_PREFIX + name)
        return [reference(symbol) for symbol in found]

    def signature(self, index: int) -> tuple[str, str]:
        """LLVM result and parameter types of a function."""
        function_type = self.function_types[index]
        if self.has_register_prototype(function_type):
            return result_type(function_type.results), REGISTER_PARAMS
        return result_type(function_type.results), ", ".join(map(llvm_type, function_type.params))

    def callee(self, index: int) -> str:
        """The function as a bare operand of a direct call."""
        symbol = self.function_symbols[index]
        if index < len(self.imported_functions):
            self._declare_function(index, symbol)
        return symbol

    def _declare_function(self, index: int, symbol: str) -> None:
        if symbol not in self.declarations:
            result, params = self.signature(index)
            self.declarations[symbol] = f"declare dso_local {result} {symbol}({params}) #0"

    def function_reference(self, index: int) -> str:
        """The function as a `ptr` operand with its type hash in front."""
        self.referenced[index] = None
        if index < self.system_imports:
            if not self.unit.has_instance:
                self._declare_function(index, self._thunk_symbol(index))
            return f"ptr {self._thunk_symbol(index)}"
        return f"ptr {self.callee(index)}"

    def _thunk_symbol(self, index: int) -> str:
        if not self.unit.is_whole:
            return reference(self.unit.thunks[index])
        entry = self.imported_functions[index]
        return reference(f"{symbols.FUNCTION_PREFIX}{entry.module}.{entry.name}[{index}]")

    def hash_of(self, type_index: int) -> int:
        """The type's hash; raises E066 when another type of the module has the same."""
        return self._type_hashes.hash_of(type_index)

    def type_digest(self, type_index: int) -> str:
        """128 bits that are the same for equal types of all modules, as hexadecimal."""
        self.hash_of(type_index)
        return self._type_hashes.digest(self.source.canonical_types[type_index])

    def accepted_hashes(self, type_index: int) -> list[int]:
        """Hashes of the type and of its subtypes in this module."""
        module = self.source
        canonical = module.canonical_types[type_index]
        found = [canonical]
        if not module.subtypes[canonical].final:
            found += [
                index
                for index in range(canonical + 1, len(module.types))
                if module.canonical_types[index] == index
                and heap_matches(module, index, canonical)
            ]
        return [self.hash_of(index) for index in found]

    # Calls.

    def has_register_prototype(self, function_type: FuncType) -> bool:
        """Whether functions of the type are written with the prototype of `tailcall.py`."""
        return self.tail_calls and fits_registers(function_type)

    def can_tail_call(self, caller: FuncType, callee: FuncType) -> bool:
        """Whether LLVM can replace the caller's frame by the callee's."""
        same_results = result_type(caller.results) == result_type(callee.results)
        if self.has_register_prototype(caller) and self.has_register_prototype(callee):
            return same_results
        same_params = list(map(llvm_type, caller.params)) == list(map(llvm_type, callee.params))
        return same_results and same_params and results_fit(callee)

    def arguments(self, f: Function, function_type: FuncType, operands: Sequence[str]) -> str:
        """Operands as the argument list of a call to a function of the type."""
        if self.has_register_prototype(function_type):
            return register_arguments(f, operands)
        return ", ".join(operands)

    def use(self, entity: Entity, offset: int = 0) -> str:
        """Address of (a field of) a memory's, table's or global's symbol."""
        if entity.imported:
            self.declarations.setdefault(entity.symbol, entity.declaration)
        if offset:
            return f"getelementptr (i8, ptr {entity.symbol}, i64 {offset})"
        return entity.symbol

    def array_length(self, table: int) -> str:
        """Number of elements of a table that is an array, as a bare constant i64.

        Units refer to it by an absolute symbol: it changes with every function in the table.
        """
        if self.unit.has_instance:
            return str(self.tables[table].minimum)
        symbol = reference(array_length_symbol(self.unit, table))
        declaration = f"{symbol} = external dso_local global i8, !absolute_symbol !3"
        self.declarations.setdefault(symbol, declaration)
        return f"ptrtoint (ptr {symbol} to i64)"

    def use_global(self, index: int) -> str:
        """Address of a global's variable."""
        return self.use(self.globals[index])

    def exception_variable(self) -> str:
        """The exception in flight; each object that uses it defines it, the linker keeps one."""
        definition = f"{exception.IN_FLIGHT} = weak dso_local global ptr null"
        self.declarations.setdefault(exception.IN_FLIGHT, definition)
        return exception.IN_FLIGHT

    def tag_type(self, index: int) -> FuncType:
        """Type of a tag's values."""
        return self.source.types[self.source.tags[index].type_index]

    def use_tag(self, index: int) -> str:
        """A tag's identity: the address of its symbol, as a bare operand."""
        entity = self.tags[index]
        text = "external dso_local constant i8"
        if not entity.imported:
            text = f"{entity.linkage} constant i8 0"
        self.declarations.setdefault(entity.symbol, f"{entity.symbol} = {text}")
        return entity.symbol

    def runtime(self, name: str) -> str:
        """A function that the system gives, as a bare operand."""
        symbol, result, params = _RUNTIME[name]
        declaration = f"declare dso_local {result} {reference(symbol)}({params}) #0"
        self.declarations.setdefault(reference(symbol), declaration)
        return reference(symbol)

    def helper(self, name: str, *indices: int) -> str:
        """A helper as a bare operand, for `indices` of entities; written at the end."""
        if name == heap.ALLOCATOR and self.unit.heap:
            return self._shared_allocator()
        key = name + "".join(f"[{index}]" for index in indices)
        if key not in self.helpers:
            self.helpers[key] = (name, indices)
        return reference(key)

    def _shared_allocator(self) -> str:
        """The function that allocates for all units; the glue has it."""
        symbol = reference(self.unit.heap)
        if not self.unit.has_instance:
            self.declarations.setdefault(symbol, f"declare dso_local ptr {symbol}(i64) #0")
        return symbol

    def segment(self, kind: str, index: int) -> str:
        """First byte or element of a data or elem segment, as a bare operand."""
        self.segments[kind, index] = None
        if self.unit.is_whole:
            return reference(f"{kind}[{index}]")
        return self._shared_data(self.unit.symbols[kind][index], "constant i8")

    def _shared_data(self, name: str, type_text: str) -> str:
        """A variable of the glue, as a bare operand."""
        symbol = reference(name)
        if not self.unit.has_instance:
            declaration = f"{symbol} = external dso_local {type_text}"
            self.declarations.setdefault(symbol, declaration)
        return symbol

    def segment_size(self, kind: str, index: int) -> str:
        """The variable that holds what is left of a segment: its size, or 0 once dropped."""
        self.segment_sizes[kind, index] = None
        if self.unit.is_whole:
            return reference(f"{kind}.size[{index}]")
        return self._shared_data(f"{self.unit.symbols[kind][index]}.size", "global i64")

    def translate_function(self, index: int, instructions: Sequence[Instruction]) -> str:
        """The body of a defined function as text."""
        function_type = self.function_types[index]
        body = self.source.code[index - len(self.imported_functions)]
        f = Function(self, function_type)
        f.start(body.locals)
        if self.has_register_prototype(function_type):
            f.lines.append(receive_parameters(function_type))
        f.loop_locals = assigned_in_loops(instructions)
        if f.loop_locals and self.rolls_loops:
            f.preludes = self._preludes(function_type, body, instructions)
        open_function(f, function_type)
        marks: list[tuple[int, int]] = []
        if self.debug:
            instructions = self.debug.marked(f, instructions, marks)
        try:
            emit_all(f, instructions)
        except Diagnostic as error:
            where = f"function '{self.source.function_name(index)}' at {error.where}"
            raise Diagnostic(error.code, error.message, where=where, hint=error.hint) from None
        keep_dead_loads(f)
        if self.debug:
            self.debug.attach(f, index, self.source.function_name(index), marks)
        return f.finish()

    def _preludes(
        self, function_type: FuncType, body: FunctionBody, instructions: Sequence[Instruction]
    ) -> dict:
        types = list(function_type.params)
        for repeat, value_type in body.locals:
            types += [value_type] * repeat
        wide = CPU_LEVELS[self.options.cpu] >= _LEVEL_WITH_WIDE_VECTORS
        return loop_preludes(types, instructions, wide)

    def definition(self, index: int, body: str) -> str:
        """A defined function with its header; call it when all references are known."""
        result, params = self.signature(index)
        if self.has_register_prototype(self.function_types[index]):
            params = NAMED_REGISTER_PARAMS
        linkage = "internal"
        if not self.unit.is_whole:
            linkage = _LINKAGES[self.unit.linkages[index - len(self.imported_functions)]]
        header = f"define {linkage} {result} {self.function_symbols[index]}({params}) #0"
        attachment = self.debug.attachment(index) if self.debug else ""
        return f"{header}{self.prefix(index)}{attachment} {{\n{body}\n}}"

    def prefix(self, index: int) -> str:
        """The type hash in front of a function that is referenced."""
        if index not in self.referenced or self._is_copy(index):
            return ""
        return " " + _PREFIX.format(hash=self.hash_of(self.source.functions[index]))

    def _is_copy(self, index: int) -> bool:
        position = index - len(self.imported_functions)
        return not self.unit.is_whole and position >= 0 and self.unit.linkages[position] == COPY

    def thunks(self) -> list[str]:
        """A function of this program for each imported function that is referenced."""
        found: dict[str, str] = {}
        if not self.unit.has_instance:
            return []
        for index in sorted(self.referenced):
            if index >= self.system_imports:
                break
            symbol = self._thunk_symbol(index)
            found.setdefault(symbol, self.forward(index, symbol, self.own_linkage))
        return list(found.values())

    @property
    def own_linkage(self) -> str:
        """LLVM linkage words of what only this program sees."""
        return "internal" if self.unit.is_whole else "hidden"

    def forward(self, index: int, symbol: str, linkage: str) -> str:
        """A function `symbol` that calls function `index` with its own arguments."""
        result, params = self.signature(index)
        types = params.split(", ") if params else []
        arguments = ", ".join(f"{type_text} %{i}" for i, type_text in enumerate(types))
        call = f"call {result} {self.callee(index)}({arguments})"
        returns = "ret void" if result == "void" else f"ret {result} %result"
        call = call if result == "void" else f"%result = {call}"
        prefix = self.prefix(index) if linkage != "dso_local" else ""
        return (
            f"define {linkage} {result} {symbol}({params}) #0{prefix} "
            f"{{\nentry:\n{call}\n{returns}\n}}"
        )

    def helper_texts(self) -> list[str]:
        """Definitions of the helpers used; writing one may ask for another."""
        texts = {}
        while len(texts) < len(self.helpers):
            for key, (name, indices) in list(self.helpers.items()):
                if key not in texts:
                    known = PRELUDE.get(name)
                    texts[key] = known or _HELPERS[name](self, key, *indices)
        return list(texts.values())

    def frame(self) -> list[str]:
        """What surrounds every module's definitions."""
        return [
            f"source_filename = {quoted(self.options.module_name)}",
            f"{MEMORY_STRUCT} = type {{ ptr, i64, i64, i64 }}",
            f"{TABLE_STRUCT} = type {{ ptr, i64, i64 }}",
            "%mew.memory = type opaque",
            f"{LINEAR_MEMORY} = external dso_local global %mew.memory, !absolute_symbol !3",
        ]

    def trailer(self) -> list[str]:
        """Attributes and metadata that the text refers to."""
        attributes = _ATTRIBUTES
        return [
            f"attributes #0 = {{ {attributes} }}",
            f"attributes #1 = {{ alwaysinline {attributes} }}",
            f"attributes #2 = {{ noinline optnone {attributes} }}",
            _METADATA,
            *self.loop_hints.lines(),
            *(self.debug.trailer() if self.debug else ()),
        ]
