# SPDX-License-Identifier: Apache-2.0
"""The two stacks of the validation algorithm (specification, appendix A.3).

Each control frame starts with a marker on the value stack: FLOOR, or POLYMORPHIC once the code of
the frame is unreachable. Popping a marker is how "nothing left in this block" shows, so the usual
pop needs no bounds check: it compares one object by identity and is done.
"""
from __future__ import annotations

from typing import Iterable
from typing import Sequence
from typing import TypeVar
from typing import Union

from wasker.errors import Diagnostic
from wasker.wasm.faults import fault
from wasker.wasm.features import Features
from wasker.wasm.module import FuncType
from wasker.wasm.module import Module
from wasker.wasm.module import RefType
from wasker.wasm.module import ValueType
from wasker.wasm.subtyping import BOTTOM_HEAP
from wasker.wasm.subtyping import is_defaultable
from wasker.wasm.subtyping import matches


T = TypeVar("T")


class Marker:
    """An entry of the value stack that is no type."""

    def __init__(self, meaning: str) -> None:
        self.meaning = meaning


FLOOR = Marker("nothing")
POLYMORPHIC = Marker("anything")
# A value popped from unreachable code: of every type.
BOTTOM = Marker("unknown")
# The same where it must have been a reference.
BOTTOM_REFERENCE = RefType(False, BOTTOM_HEAP)
StackType = Union[ValueType, Marker]


def type_text(value_type: object) -> str:
    """A type as the text format writes it."""
    if isinstance(value_type, Marker):
        return value_type.meaning
    if not isinstance(value_type, RefType):
        return str(value_type)
    if value_type.nullable and isinstance(value_type.heap, str):
        return f"{value_type.heap}ref"
    return f"(ref {'null ' if value_type.nullable else ''}{value_type.heap})"


class Environment:
    """What the checks of all bodies of one module share."""

    def __init__(self, module: Module, declared_functions: frozenset[int]) -> None:
        self.module = module
        self.features: Features = module.features
        self.function_types: list[FuncType] = [module.types[index] for index in module.functions]
        # Functions that `ref.func` may name in a body.
        self.declared_functions = declared_functions
        self.addresses = ["i64" if memory.is_64 else "i32" for memory in module.memories]
        self._matches: dict[tuple, bool] = {}

    def matches(self, lower: ValueType, upper: ValueType) -> bool:
        """Whether `lower` is a subtype of `upper`."""
        pair = (lower, upper)
        found = self._matches.get(pair)
        if found is None:
            found = self._matches[pair] = matches(self.module, lower, upper)
        return found


class Frame:
    """One open block; `name` is the instruction that opened it, or "function"."""

    __slots__ = ("name", "block_type", "height", "writes")

    def __init__(self, name: str, block_type: FuncType, height: int, writes: int) -> None:
        self.name = name
        self.block_type = block_type
        # Where the frame's marker is on the value stack.
        self.height = height
        # Length of `Checker.first_writes` when the frame began.
        self.writes = writes

    def label_types(self) -> tuple[ValueType, ...]:
        """What a branch to this block carries."""
        return self.block_type.params if self.name == "loop" else self.block_type.results


class Checker:
    """The state of checking one body. Faults are raised without a place; the caller knows it."""

    def __init__(self, environment: Environment, function_type: FuncType, runs: tuple) -> None:
        self.environment = environment
        self.module = environment.module
        self.results = function_type.results
        self.locals: list[ValueType] = list(function_type.params)
        # Locals without an initial value that no instruction so far has written.
        self.unwritten: set[int] = set()
        for count, value_type in runs:
            if not is_defaultable(value_type):
                self.unwritten.update(range(len(self.locals), len(self.locals) + count))
            self.locals.extend([value_type] * count)
        # What was taken out of `unwritten`, in order; the end of a block puts its part back.
        self.first_writes: list[int] = []
        self.stack: list[StackType] = []
        self.frames: list[Frame] = []
        self.push_frame("function", FuncType((), function_type.results))

    def pop(self, expected: ValueType) -> StackType:
        """Pop a value of a subtype of `expected` and return its own type."""
        found = self.stack.pop()
        if found is expected or found is BOTTOM:
            return found
        if isinstance(found, Marker):
            self.stack.append(found)
            if found is POLYMORPHIC:
                return BOTTOM
            raise mismatch(f"expected {type_text(expected)}, found nothing in this block")
        if not self.environment.matches(found, expected):
            raise mismatch(f"expected {type_text(expected)}, found {type_text(found)}")
        return found

    def pop_any(self) -> StackType:
        """Pop a value of any type."""
        found = self.stack.pop()
        if isinstance(found, Marker) and found is not BOTTOM:
            self.stack.append(found)
            if found is FLOOR:
                raise mismatch("expected a value, found nothing in this block")
            return BOTTOM
        return found

    def pop_reference(self) -> RefType:
        """Pop a value of any reference type."""
        found = self.pop_any()
        if found is BOTTOM:
            return BOTTOM_REFERENCE
        if not isinstance(found, RefType):
            raise mismatch(f"expected a reference, found {type_text(found)}")
        return found

    def pop_all(self, types: tuple[ValueType, ...]) -> None:
        """Pop one value for each type, the last first."""
        for value_type in reversed(types):
            self.pop(value_type)

    def push(self, value_type: StackType) -> None:
        """Push one value."""
        self.stack.append(value_type)

    def push_all(self, types: Iterable[StackType]) -> None:
        """Push values, the first first."""
        self.stack.extend(types)

    def apply(self, params: tuple[ValueType, ...], results: tuple[ValueType, ...]) -> None:
        """Pop the parameters, push the results."""
        self.pop_all(params)
        self.stack.extend(results)

    def push_frame(self, name: str, block_type: FuncType) -> None:
        """Open a block whose parameters were popped, and push them inside of it."""
        self.frames.append(Frame(name, block_type, len(self.stack), len(self.first_writes)))
        self.stack.append(FLOOR)
        self.stack.extend(block_type.params)

    def pop_frame(self) -> Frame:
        """Close the innermost block: its results, and nothing else, must be on the stack."""
        frame = self.frames[-1]
        self.pop_all(frame.block_type.results)
        if len(self.stack) != frame.height + 1:
            extra = ", ".join(map(type_text, self.stack[frame.height + 1 :]))
            raise mismatch(f"values remain on the stack at the end of the block: {extra}")
        self.stack.pop()
        self.frames.pop()
        if len(self.first_writes) > frame.writes:
            self.unwritten.update(self.first_writes[frame.writes :])
            del self.first_writes[frame.writes :]
        return frame

    def set_unreachable(self) -> None:
        """The rest of the innermost block cannot run: its stack has whatever is asked for."""
        height = self.frames[-1].height
        del self.stack[height:]
        self.stack.append(POLYMORPHIC)

    def label(self, depth: int) -> Frame:
        """The block that a branch of this depth goes to."""
        if depth >= len(self.frames):
            raise unknown("label", depth, len(self.frames))
        return self.frames[-1 - depth]


def mismatch(detail: str) -> Diagnostic:
    """E030."""
    return fault("E030", f"type mismatch: {detail}")


def unknown(what: str, index: int, count: int) -> Diagnostic:
    """E031."""
    return fault("E031", f"unknown {what} {index}; there are {count}")


def at_index(what: str, items: Sequence[T], index: int) -> T:
    """`items[index]`, or raise E031."""
    if index >= len(items):
        raise unknown(what, index, len(items))
    return items[index]
