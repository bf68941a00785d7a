# SPDX-License-Identifier: Apache-2.0
"""The command table of one program, as LLVM IR that is linked with driver/driver.zig.

Three symbols: `spec_words`, the commands; `spec_word_count`; and `spec_pointers`, what commands
name by index. A function is called through a *thunk* for its type, `void (function, slots)`, which
loads the arguments from the slots and stores the results there, in the object ABI's own terms.
The layout of a command is in driver.zig.
"""
from __future__ import annotations

from typing import Sequence

from instances import Instance
from plan import RETURNED
from plan import Step
from values import Pattern
from values import alternatives
from values import argument_slots

from mew_abi import symbols
from mew_abi import traps

from wasker.options import CPU_LEVELS
from wasker.translate.names import reference
from wasker.translate.types import llvm_type
from wasker.translate.types import member_types
from wasker.translate.types import result_type
from wasker.wasm.module import FuncType
from wasker.wasm.module import ValueType

_INSTANTIATE = 1
_INVOKE = 2
_GET = 3
_REQUIRE_SIZE = 4
_OPERATION_BITS = 8
# As in driver.zig.
_SLOTS_MAX = 4096
_SLOT_BYTES = 8
# LLVM types that fill a slot (or two) as they are; the others are widened with zeros.
_WHOLE = {"i64", "double", "ptr", "<2 x i64>"}
# Size of a global's variable.
_BYTES = {"i32": 4, "float": 4, "i64": 8, "double": 8, "ptr": 8, "<2 x i64>": 16}
# Descriptor's field with the current size (docs/reference/abi.md).
_SIZE_OFFSET = 8


def _slot_count(types: Sequence[ValueType]) -> int:
    return sum(2 if kind == "v128" else 1 for kind in types)


class Table:
    """Collects the commands of one program; `text` is the module."""

    def __init__(self) -> None:
        self._words: list[int] = []
        self._pointers: dict[str, int] = {}
        self._symbols: dict[str, None] = {}
        self._thunks: dict[FuncType, str] = {}

    def add(self, step: Step) -> None:
        """Append the commands for a step."""
        if step.action is None:
            self._require_sizes(step)
            symbol = symbols.instantiate_symbol(step.instance.name)
            self._begin(_INSTANTIATE, step, self._pointer(symbol))
            self._expect(step, 0)
        elif step.action["type"] == "invoke":
            self._invoke(step)
        else:
            self._get(step)

    def _begin(self, operation: int, step: Step, *words: int) -> None:
        self._words += [operation | step.command << _OPERATION_BITS, *words]

    def _pointer(self, symbol: str, offset: int = 0) -> int:
        operand = reference(symbol)
        self._symbols[operand] = None
        if offset:
            operand = f"getelementptr (i8, ptr {operand}, i64 {offset})"
        return self._pointers.setdefault(f"ptr {operand}", len(self._pointers))

    def _require_sizes(self, step: Step) -> None:
        """Imported memories and tables may have grown; their sizes are known only by now."""
        for entry in step.instance.module.imports:
            if entry.kind in ("memory", "table"):
                place = self._pointer(step.instance.import_symbol(entry), _SIZE_OFFSET)
                self._begin(_REQUIRE_SIZE, step, place, entry.type.limits.minimum)
                self._words += [0, 1 << RETURNED, 0]

    def _invoke(self, step: Step) -> None:
        assert step.action is not None
        name = step.action["field"]
        function_type = _exported_function_type(step.instance, name)
        arguments = [s for value in step.action["args"] for s in argument_slots(value)]
        assert len(arguments) == _slot_count(function_type.params), name
        count = _slot_count(function_type.results)
        assert max(count, len(arguments)) <= _SLOTS_MAX
        function = self._pointer(step.instance.symbol("func", name))
        thunk = self._thunk(function_type)
        self._begin(_INVOKE, step, function, thunk, len(arguments), *arguments)
        self._expect(step, count)

    def _get(self, step: Step) -> None:
        assert step.action is not None
        name = step.action["field"]
        module = step.instance.module
        (index,) = (e.index for e in module.exports if (e.kind, e.name) == ("global", name))
        value_type = module.globals[index].value_type
        place = self._pointer(step.instance.symbol("global", name))
        self._begin(_GET, step, place, _BYTES[llvm_type(value_type)])
        self._expect(step, _slot_count([value_type]))

    def _expect(self, step: Step, slot_count: int) -> None:
        rows: list[tuple[Pattern, ...]] = []
        if step.expected is not None:
            rows = alternatives(step.expected)
            assert all(len(row) == slot_count for row in rows), step
        outcomes = sum(1 << outcome for outcome in step.outcomes)
        self._words += [slot_count, outcomes, len(rows)]
        for row in rows:
            for pattern in row:
                self._words += [pattern.mask, pattern.value, int(pattern.differs)]

    def _thunk(self, function_type: FuncType) -> int:
        symbol = f"@thunk.{len(self._thunks)}"
        symbol = self._thunks.setdefault(function_type, symbol)
        return self._pointers.setdefault(f"ptr {symbol}", len(self._pointers))

    def text(self, cpu: str) -> str:
        """The module's text; the system checks the CPU level that it names."""
        words = ", ".join(f"i64 {word}" for word in self._words)
        pointers = ", ".join(self._pointers)
        lines = [f"{symbol} = external dso_local global i8" for symbol in self._symbols]
        lines += [thunk_text(symbol, kind) for kind, symbol in self._thunks.items()]
        level = f"i8, inttoptr (i64 {CPU_LEVELS[cpu]} to ptr)"
        lines += [
            f"{reference(symbols.CPU_LEVEL)} = alias {level}",
            f"@spec_words = constant [{len(self._words)} x i64] [{words}]",
            f"@spec_word_count = constant i64 {len(self._words)}",
            f"@spec_pointers = constant [{len(self._pointers)} x ptr] [{pointers}]",
            _UNCAUGHT,
            'attributes #0 = { nounwind noredzone "frame-pointer"="all" }',
        ]
        return "\n".join(lines) + "\n"


# A function that comes back with an exception in flight threw: to its caller here, that is a trap.
_UNCAUGHT = f"""\
{reference(symbols.EXCEPTION)} = weak dso_local global ptr null
define internal void @uncaught() #0 {{
 %exception = load ptr, ptr {reference(symbols.EXCEPTION)}
 %thrown = icmp ne ptr %exception, null
 br i1 %thrown, label %trap, label %done
trap:
 store ptr null, ptr {reference(symbols.EXCEPTION)}
 call void @llvm.ubsantrap(i8 {traps.UNCAUGHT_EXCEPTION})
 unreachable
done:
 ret void
}}"""


def _exported_function_type(instance: Instance, name: str) -> FuncType:
    for export in instance.module.exports:
        if export.kind == "func" and export.name == name:
            return instance.module.function_type(export.index)
    raise KeyError(f"{instance.file} exports no function {name!r}")


def thunk_text(symbol: str, function_type: FuncType) -> str:
    """The thunk's definition."""
    lines = []
    arguments = []
    slot = 0
    for number, kind in enumerate(function_type.params):
        text = llvm_type(kind)
        lines.append(f"%p{number} = getelementptr i8, ptr %slots, i64 {slot * _SLOT_BYTES}")
        lines.append(f"%a{number} = load {text}, ptr %p{number}, align 8")
        arguments.append(f"{text} %a{number}")
        slot += _slot_count([kind])
    results = function_type.results
    call = f"call {result_type(results)} %function({', '.join(arguments)})"
    lines.append(f"%r = {call}" if results else call)
    lines.append("call void @uncaught()")
    slot = 0
    for number, kind in enumerate(results):
        value = "%r"
        if len(results) > 1:
            value = f"%r{number}"
            lines.append(f"{value} = extractvalue {result_type(results)} %r, {number}")
        # Of several results, a float may be returned as an integer of its bits.
        text = member_types(results)[number] if len(results) > 1 else llvm_type(kind)
        lines.append(f"%q{number} = getelementptr i8, ptr %slots, i64 {slot * _SLOT_BYTES}")
        if text not in _WHOLE:
            lines.append(f"store i64 0, ptr %q{number}, align 8")
        lines.append(f"store {text} {value}, ptr %q{number}, align 8")
        slot += _slot_count([kind])
    body = "\n ".join([*lines, "ret void"])
    return f"define internal void {symbol}(ptr %function, ptr %slots) #0 {{\n {body}\n}}"
