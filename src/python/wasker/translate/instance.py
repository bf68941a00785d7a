# SPDX-License-Identifier: Apache-2.0
"""The instance: memories, tables, globals, segments, exports, start (specification 4.5.4).

`mew.instantiate.<M>` creates the memories and tables, computes what is not a constant, copies the
active segments in order, each after its bounds check, and calls the start function. Code compiled
from Wasm is never inlined into it: that code takes a memory's base for unchanging, which is true
only once the memory has been created.
"""
from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Optional

from mew_abi import symbols
from mew_abi import traps

from wasker.options import CPU_LEVELS
from wasker.translate.bulk import check_range
from wasker.translate.bulk import memory_base
from wasker.translate.bulk import memory_bytes
from wasker.translate.bulk import widen
from wasker.translate.call import emit_call
from wasker.translate.constants import evaluate
from wasker.translate.constants import integer
from wasker.translate.constants import is_constant
from wasker.translate.entities import MEMORY_STRUCT
from wasker.translate.entities import TABLE_STRUCT
from wasker.translate.entities import Entity
from wasker.translate.entities import array_length_symbol
from wasker.translate.function import Function
from wasker.translate.imports import start_function
from wasker.translate.memory import PAGE_BITS
from wasker.translate.context import ModuleTranslator
from wasker.translate.names import byte_text
from wasker.translate.names import reference
from wasker.translate.part import kept_definitions
from wasker.translate.table import WRITERS
from wasker.translate.table import slot
from wasker.translate.table import table_size
from wasker.translate.types import bare
from wasker.translate.types import zero
from wasker.wasm.module import DataSegment
from wasker.wasm.module import ElementSegment
from wasker.wasm.module import FuncType

# Larger tables are allocated at run time instead of being part of the object.
ARRAY_MAX_ELEMENTS = 1 << 20
# LLVM's call graph has an edge from each function that reads a table to each function that the
# table's initial value names: millions for a large program. So code refers to a larger table by a
# declaration, which the definition, with LLVM's mark for "this exact symbol", satisfies.
_VISIBLE_TABLE_MAX_ELEMENTS = 64


# Zeros between two data segments that are cheaper to copy than to skip.
_DATA_GAP_MAX_BYTES = 64


@dataclass
class DataRun:
    """Initial content of a part of a memory, from one or more segments.

    `is_fresh` when no earlier segment reaches beyond `start`, so that what follows is zero.
    """

    memory: int
    start: int
    content: bytearray
    is_fresh: bool

    def extend(self, segment: DataSegment, start: int) -> bool:
        """Add a segment that begins at or shortly after this run's end; False if it does not."""
        gap = start - (self.start + len(self.content))
        gap_max = _DATA_GAP_MAX_BYTES if self.is_fresh else 0
        if segment.memory != self.memory or not 0 <= gap <= gap_max:
            return False
        self.content += bytes(gap) + segment.content
        return True


def _bytes_definition(symbol: str, content: bytes, linkage: str) -> str:
    array = f'[{len(content)} x i8] c"{byte_text(content)}"'
    return f"{symbol} = {linkage} unnamed_addr constant {array}"


def _address(value: int) -> str:
    """What an absolute symbol is an alias of."""
    return f"inttoptr (i64 {value} to ptr)"


def _mark_noinline(f: Function) -> None:
    """Keep the last call in `f` a call."""
    position = max(i for i, line in enumerate(f.lines) if line.startswith("call void"))
    f.lines[position] += " noinline"


class Instance:
    """Writes the instance's glue around a translator; the order of the calls matters.

    Made before the bodies are translated (it finds the constant globals); `glue` is called after
    them, `data` after the helpers have been written.
    """

    def __init__(self, translator: ModuleTranslator) -> None:
        self._translator = translator
        self._module = translator.source
        self._body = Function(translator)
        self._definitions: list[str] = []
        self._defined_elements: set[int] = set()
        self._initial_data = 0
        # Definitions that LLVM must neither drop nor rename.
        self._kept: list[str] = []
        self._create_memories()
        for index in range(len(translator.globals)):
            self._global(index)

    # Globals and memories.

    def _create(self, entity: Entity, creator: str) -> None:
        f = self._body
        status = f.define(f"call i32 {self._translator.runtime(creator)}(ptr {entity.symbol})")
        f.trap_if(f.define(f"icmp ne i32 {status}, 0"), traps.ALLOCATION_FAILURE)

    def _create_memories(self) -> None:
        for memory in self._translator.memories:
            if not memory.imported:
                self._definitions.append(memory.definition)
                self._definitions += self._aliases(memory, MEMORY_STRUCT)
                self._create(memory, "memory_create")

    def _global(self, index: int) -> None:
        entry = self._translator.globals[index]
        if entry.imported:
            return
        position = index - len(self._module.imported("global"))
        value = evaluate(self._body, self._module.global_inits[position])
        initial = value
        if not is_constant(value):
            self._body.lines.append(f"store {value}, ptr {entry.symbol}")
            initial = zero(entry.wasm_type.value_type)
        elif not entry.wasm_type.mutable:
            entry.constant = value
        kind = "constant" if entry.constant else "global"
        self._definitions.append(f"{entry.symbol} = {entry.linkage} {kind} {initial}")
        self._definitions += self._aliases(entry, entry.type)

    @staticmethod
    def _aliases(entity: Entity, type_text: str) -> list[str]:
        return [f"{alias} = dso_local alias {type_text}, ptr {entity.symbol}"
                for alias in entity.aliases]  # fmt: skip

    # Tables and element segments.

    def _is_array(self, index: int) -> bool:
        """Whether table `index` can be an array of the object."""
        table = self._translator.tables[index]
        if not self._translator.unit.is_whole:
            return table.is_array
        if table.imported or table.exported or table.minimum > ARRAY_MAX_ELEMENTS:
            return False
        return ("table.grow", (index,)) not in self._translator.helpers.values()

    def _is_written(self, index: int) -> bool:
        uses = self._translator.unit.tables
        if uses and uses[index].is_written:
            return True
        for name, indices in self._translator.helpers.values():
            position = 0 if name == "table.copy" else -1
            if name in WRITERS and indices[position] == index:
                return True
        return False

    def _elements(self, segment: ElementSegment) -> list[str]:
        return [evaluate(self._body, item) for item in segment.items]

    def _tables(self) -> None:
        """Define tables; an array starts with the contents of its constant segments."""
        for index, table in enumerate(self._translator.tables):
            table.is_array = self._is_array(index)
            if not table.imported and not table.is_array:
                self._definitions.append(table.definition)
                self._definitions += self._aliases(table, TABLE_STRUCT)
                self._create(table, "table_create")
        read = [index for kind, index in self._translator.segments if kind == "elem"]
        helpers = self._translator.helpers.values()
        read += [indices[0] for name, indices in helpers if name == "table.init"]
        for index in read:
            self._define_elements(index)
        folded = [self._define_array(index) for index in range(len(self._translator.tables))]
        for index, segment in enumerate(self._module.elements):
            if segment.mode == "active" and index not in folded[segment.table]:
                self._copy_elements(index, segment)

    def _initial_value(self, index: int) -> str:
        position = index - len(self._module.imported("table"))
        inits = self._module.table_inits
        init = inits[position] if position < len(inits) else None
        return evaluate(self._body, init) if init else "ptr null"

    def _define_array(self, index: int) -> set[int]:
        """Define table `index` if it is an array; returns the segments that it starts with."""
        table = self._translator.tables[index]
        if table.imported:
            return set()
        initial = self._initial_value(index)
        if not table.is_array or not is_constant(initial):
            if initial != "ptr null":
                self._fill(index, initial)
            initial = "ptr null"
        if not table.is_array:
            return set()
        content = [initial] * table.minimum
        folded: set[int] = set()
        is_written = self._is_written(index)
        for number, segment in enumerate(self._module.elements):
            if segment.mode != "active" or segment.table != index:
                continue
            if is_written or not self._fold_segment(content, segment):
                # Later segments may overwrite this one and must come after it.
                is_written = True
            else:
                folded.add(number)
        kind = "global" if is_written else "constant"
        used = any(operand != "ptr null" for operand in content)
        text = f"[{', '.join(content)}]" if used else "zeroinitializer"
        array = f"{kind} [{table.minimum} x ptr]"
        name = table.symbol
        unit = self._translator.unit
        if not unit.is_whole:
            length = reference(array_length_symbol(unit, index))
            value = _address(table.minimum)
            self._definitions.append(f"{length} = {table.linkage} alias i8, {value}")
        elif used and table.minimum > _VISIBLE_TABLE_MAX_ELEMENTS:
            self._definitions.append(f"{table.symbol} = external dso_local {array}")
            name = reference(f"\x01table[{index}]")
            self._kept.append(f"ptr {name}")
        self._definitions.append(f"{name} = {table.linkage} {array} {text}")
        return folded

    def _fold_segment(self, content: list[str], segment: ElementSegment) -> bool:
        """Put a constant segment that fits into an array's initial content."""
        assert segment.offset is not None
        offset = evaluate(self._body, segment.offset)
        if not is_constant(offset) or integer(offset) + len(segment.items) > len(content):
            return False
        operands = self._elements(segment)
        if not all(map(is_constant, operands)):
            return False
        start = integer(offset)
        content[start : start + len(operands)] = operands
        return True

    def _fill(self, index: int, value: str) -> None:
        helper = self._translator.helper("table.fill", index)
        table = self._translator.tables[index]
        count = f"{table.index_type} {table.minimum}"
        arguments = f"{table.index_type} 0, {value}, {count}"
        self._body.lines.append(f"call void {helper}({arguments})")

    def _copy_elements(self, index: int, segment: ElementSegment) -> None:
        f = self._body
        assert segment.offset is not None
        table = self._translator.tables[segment.table]
        offset = evaluate(f, segment.offset)
        start = widen(f, table.index_type, bare(offset, table.index_type))
        count = len(segment.items)
        size = table_size(f, segment.table)
        check_range(f, start, str(count), size, traps.TABLE_OUT_OF_BOUNDS)
        if count:
            source = self._define_elements(index)
            target = slot(f, segment.table, start)
            copy = f"ptr {target}, ptr {source}, i64 {8 * count}, i1 0"
            f.lines.append(f"call void @llvm.memcpy.p0.p0.i64({copy})")

    def _define_elements(self, index: int) -> str:
        """The items of a segment as an array; those that are not constant are stored here."""
        symbol = self._translator.segment("elem", index)
        if index in self._defined_elements:
            return symbol
        self._defined_elements.add(index)
        operands = self._elements(self._module.elements[index])
        shown = [op if is_constant(op) else "ptr null" for op in operands]
        kind = "constant" if shown == operands else "global"
        array = f"[{len(operands)} x ptr] [{', '.join(shown)}]"
        linkage = self._translator.own_linkage
        self._definitions.append(f"{symbol} = {linkage} {kind} {array}")
        for position, operand in enumerate(operands):
            if not is_constant(operand):
                place = f"getelementptr (i8, ptr {symbol}, i64 {8 * position})"
                self._body.lines.append(f"store {operand}, ptr {place}")
        return symbol

    # Data segments.

    def _offset(self, segment: DataSegment) -> Optional[int]:
        """Where a segment goes if that is known to be inside the memory, else None."""
        assert segment.offset is not None
        memory = self._translator.memories[segment.memory]
        offset = evaluate(self._body, segment.offset)
        if memory.imported or not is_constant(offset):
            return None
        start = integer(offset)
        end = start + len(segment.content)
        return start if end <= memory.type.limits.minimum << PAGE_BITS else None

    def _data_segments(self) -> None:
        """Copy active segments, in order; neighbours are joined into one copy.

        Linkers cut zeros out of data, which leaves tens of thousands of segments. The pages are
        zero at first, so small gaps between rising segments are copied as zeros.
        """
        run: Optional[DataRun] = None
        end_by_memory: dict[int, int] = {}
        for segment in self._module.data:
            if segment.mode != "active":
                continue
            start = self._offset(segment)
            if run and (start is None or not run.extend(segment, start)):
                self._copy_run(run)
                run = None
            if start is None:
                self._copy_checked(segment)
                end_by_memory[segment.memory] = sys.maxsize
                continue
            end = end_by_memory.get(segment.memory, 0)
            end_by_memory[segment.memory] = max(end, start + len(segment.content))
            if run is None:
                is_fresh = start >= end
                run = DataRun(segment.memory, start, bytearray(segment.content), is_fresh)
        if run:
            self._copy_run(run)

    def _copy_run(self, run: DataRun) -> None:
        self._copy_bytes(run.memory, str(run.start), bytes(run.content))

    def _copy_checked(self, segment: DataSegment) -> None:
        f = self._body
        assert segment.offset is not None
        memory = self._translator.memories[segment.memory]
        offset = evaluate(f, segment.offset)
        start = widen(f, memory.index_type, bare(offset, memory.index_type))
        size = memory_bytes(f, segment.memory)
        check_range(f, start, str(len(segment.content)), size, traps.MEMORY_OUT_OF_BOUNDS)
        self._copy_bytes(segment.memory, start, segment.content)

    def _copy_bytes(self, memory: int, start: str, content: bytes) -> None:
        f = self._body
        if not content.strip(b"\0"):
            target = f.define(f"getelementptr i8, ptr {memory_base(f, memory)}, i64 {start}")
            zeros = f"ptr {target}, i8 0, i64 {len(content)}, i1 0"
            f.lines.append(f"call void @llvm.memset.p0.i64({zeros})")
            return
        symbol = reference(f"data.initial[{self._initial_data}]")
        self._initial_data += 1
        self._definitions.append(_bytes_definition(symbol, content, "internal"))
        target = f.define(f"getelementptr i8, ptr {memory_base(f, memory)}, i64 {start}")
        copy = f"ptr {target}, ptr {symbol}, i64 {len(content)}, i1 0"
        f.lines.append(f"call void @llvm.memcpy.p0.p0.i64({copy})")

    def data(self) -> list[str]:
        """Definitions of the segments that `memory.init` copies from, and of segment sizes."""
        found = []
        for kind, index in self._translator.segments:
            if kind == "data":
                symbol = self._translator.segment(kind, index)
                content = self._module.data[index].content
                found.append(_bytes_definition(symbol, content, self._translator.own_linkage))
        for kind, index in self._translator.segment_sizes:
            segment = (self._module.data if kind == "data" else self._module.elements)[index]
            items = segment.content if kind == "data" else segment.items
            # No code runs before active and declarative segments are dropped.
            size = len(items) if segment.mode == "passive" else 0
            symbol = self._translator.segment_size(kind, index)
            found.append(f"{symbol} = {self._translator.own_linkage} global i64 {size}")
        return found

    # Exports and entry.

    def _export_tags(self) -> None:
        for index, tag in enumerate(self._translator.tags):
            is_shared = not (self._translator.unit.is_whole or tag.imported)
            if tag.exported or is_shared:
                self._translator.use_tag(index)
                self._definitions += self._aliases(tag, "i8")

    def _export_functions(self) -> None:
        translator = self._translator
        for index in range(len(translator.function_types)):
            names = translator.entities.export_symbols("func", index)
            if index < translator.system_imports:
                self._definitions += [translator.forward(index, n, "dso_local") for n in names]
                continue
            if index < len(translator.imported_functions):
                continue  # The unit that has the function has its exported names too.
            result, params = translator.signature(index)
            symbol = translator.function_symbols[index]
            for name in names:
                self._definitions.append(
                    f"{name} = dso_local alias {result} ({params}), ptr {symbol}"
                )
            if names:
                # Else LLVM would rename the function to its alias: traces would lose its name.
                self._kept.append(f"ptr {symbol}")
        self._definitions += kept_definitions(self._kept)

    def glue(self) -> list[str]:
        """Definitions of the instance; call it when all bodies have been translated."""
        start = start_function(self._module, self._translator.options)
        self._tables()
        self._data_segments()
        f = self._body
        if self._module.start is not None:
            emit_call(f, self._translator.callee(self._module.start), FuncType((), ()))
            _mark_noinline(f)
        f.lines.append("ret void")
        name = reference(symbols.instantiate_symbol(self._translator.options.module_name))
        self._export_functions()
        self._export_tags()
        functions = [f"define dso_local void {name}() #2 {{\n{f.finish()}\n}}"]
        if start is not None:
            entry = Function(self._translator)
            entry.lines.append(f"call void {name}()")
            emit_call(entry, self._translator.callee(start), FuncType((), ()))
            _mark_noinline(entry)
            entry.lines.append("ret void")
            level = CPU_LEVELS[self._translator.options.cpu]
            self._definitions.append(
                f"{reference(symbols.CPU_LEVEL)} = alias i8, {_address(level)}"
            )
            functions.append(
                f"define dso_local void {reference(symbols.ENTRY)}() #2 {{\n{entry.finish()}\n}}"
            )
        return self._definitions + functions


