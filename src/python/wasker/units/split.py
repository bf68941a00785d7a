# SPDX-License-Identifier: Apache-2.0
"""Divides a module into units: which functions, how they are linked, what is copied where."""
from __future__ import annotations

from dataclasses import replace
from typing import Iterable
from typing import Sequence

from wasker.options import Options
from wasker.translate.instance import ARRAY_MAX_ELEMENTS
from wasker.translate.types import TypeHashes
from wasker.units import extract
from wasker.units.cut import CutRule
from wasker.units.cut import cut
from wasker.units.scan import Scan
from wasker.units.scan import scan_body
from wasker.units.symbols import ProgramSymbols
from wasker.units.symbols import unit_names
from wasker.wasm.module import FunctionBody
from wasker.wasm.module import Import
from wasker.wasm.module import Module
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.unit import COPY
from wasker.wasm.unit import FUNCTIONS
from wasker.wasm.unit import GLUE
from wasker.wasm.unit import INTERNAL
from wasker.wasm.unit import SHARED
from wasker.wasm.unit import TableUse
from wasker.wasm.unit import Unit

# Functions of at most so many bytes of code are copied into the units that call them, since LLVM
# would probably inline them; and so are their callees, to this depth.
_COPY_BYTES_MAX = 100
_COPY_DEPTH = 2

_REF_FUNC = OPCODES_BY_NAME["ref.func"].code
_TAIL_CALLS = ("return_call", "return_call_indirect", "return_call_ref")
_EXCEPTIONS = ("throw", "throw_ref", "try_table")
_TABLE_WRITERS = ("table.set", "table.grow", "table.fill", "table.copy", "table.init")
_ALLOCATORS = ("struct.", "array.", "throw")


class NotInstructions(Exception):
    """A body could not be scanned: validation will say what is wrong with it."""


class _Program:
    """A module and what a scan of its bodies found out."""

    def __init__(self, module: Module, options: Options) -> None:
        self.module = module
        self.options = options
        scans = [scan_body(module, body) for body in module.code]
        if None in scans:
            raise NotInstructions
        self.scans: list[Scan] = scans  # type: ignore[assignment]
        self.types = TypeHashes(module)
        self.types.check_all()
        self.symbols = ProgramSymbols(module, options, scans, self.types)
        self.has_plain_types = extract.has_plain_types(module, self.scans)
        self.imported = len(module.functions) - len(module.code)
        self.uses = frozenset().union(*(scan.uses for scan in self.scans))
        self.used_names = {name for name, _ in self.uses}
        self.referenced = self._referenced()
        self.roots = self._roots()

    def indices(self, positions: Iterable[int], *kinds: str) -> set[int]:
        """What the bodies at these positions refer to."""
        return {
            reference.index
            for position in positions
            for reference in self.scans[position].references
            if reference.kind in kinds
        }

    def _expressions(self) -> Iterable:
        yield from self.module.global_inits
        yield from (init for init in self.module.table_inits if init)
        for segment in self.module.elements:
            yield from segment.items

    def _referenced(self) -> frozenset[int]:
        """Functions whose address is taken anywhere."""
        found = self.indices(range(len(self.scans)), "funcref")
        for expression in self._expressions():
            found.update(index for opcode, index, _ in expression if opcode == _REF_FUNC)
        return frozenset(found)

    def _roots(self) -> frozenset[int]:
        """Functions that the instance refers to."""
        found = set(self.referenced)
        found.update(export.index for export in self.module.exports if export.kind == "func")
        if self.module.start is not None:
            found.add(self.module.start)
        return frozenset(found)

    def common(self) -> dict:
        """The fields of `Unit` that are the same in all units of the program."""
        module = self.module
        allocates = any(name.startswith(_ALLOCATORS) for name in self.used_names)
        return {
            "memory": self.options.memory,
            "tables": tuple(
                TableUse(
                    self._is_array(index),
                    any((name, index) in self.uses for name in _TABLE_WRITERS),
                )
                for index in range(len(module.tables))
            ),
            "imported_memories": len(module.imported("memory")),
            "tail_calls": not self.used_names.isdisjoint(_TAIL_CALLS),
            "exceptions": bool(module.tags) or not self.used_names.isdisjoint(_EXCEPTIONS),
            "heap": self.symbols.heap if allocates else "",
        }

    def _is_array(self, index: int) -> bool:
        """Whether the table can be an array: nobody else sees it, and nothing lets it grow."""
        if index < len(self.module.imported("table")) or self.symbols.exports("table", index):
            return False
        is_small = self.module.tables[index].limits.minimum <= ARRAY_MAX_ELEMENTS
        return is_small and ("table.grow", index) not in self.uses

    def digest(self, type_index: int) -> str:
        """A type's digest, for sorting."""
        return self.types.digest(self.module.canonical_types[type_index])


def _copies(program: _Program, unit_of: Sequence[int], number: int, own: range) -> list[int]:
    """Positions of small functions of other units that the functions `own` call."""
    found: dict[int, None] = {}
    level: Iterable[int] = own
    for _ in range(_COPY_DEPTH):
        following = {}
        for index in sorted(program.indices(level, "func")):
            position = index - program.imported
            if position < 0 or unit_of[position] == number or position in found:
                continue
            body = program.module.code[position]
            if body.end - body.start <= _COPY_BYTES_MAX:
                following[position] = None
        found.update(following)
        level = list(following)
    return sorted(found, key=lambda p: program.symbols.by_kind["func"][program.imported + p])


class _Functions:
    """Makes the units of functions; linkages need to know all of them first."""

    def __init__(self, program: _Program, ranges: Sequence[range]) -> None:
        self._program = program
        self._ranges = ranges
        unit_of = [0] * len(program.scans)
        for number, own in enumerate(ranges):
            for position in own:
                unit_of[position] = number
        self._copies = [_copies(program, unit_of, n, own) for n, own in enumerate(ranges)]
        self._shared = set(program.roots)
        for number, own in enumerate(ranges):
            called = program.indices([*own, *self._copies[number]], "func", "funcref")
            for index in called:
                if index >= program.imported and unit_of[index - program.imported] != number:
                    self._shared.add(index)

    def unit(self, number: int) -> Unit:
        """The unit of `ranges[number]`."""
        program = self._program
        module = program.module
        imported = program.imported
        own = [imported + position for position in self._ranges[number]]
        copies = [imported + position for position in self._copies[number]]
        bodies = [index - imported for index in own + copies]
        functions = program.symbols.by_kind["func"]
        outside = program.indices(bodies, "func", "funcref").difference(own, copies)
        system = sorted((i for i in outside if i < imported), key=lambda i: functions[i])
        others = sorted((i for i in outside if i >= imported), key=lambda i: functions[i])
        order = system + others + own + copies
        numbers = {old: new for new, old in enumerate(order)}
        referenced = program.indices(bodies, "funcref")
        parts = _Parts(program, bodies, order)
        code, binary = parts.code(bodies, numbers)
        imports = [Import("", "", "func", parts.types.number(module.functions[i]))
                   for i in system + others]  # fmt: skip
        part = Module(
            **parts.types.fields, **parts.fields, binary=binary, code=code,
            imports=(*imports, *parts.imports),
            functions=tuple(parts.types.number(module.functions[index]) for index in order),
            elements=parts.elements
            + extract.declared_references(sorted(numbers[i] for i in referenced)),
            names=unit_names([functions[index] for index in order]), features=module.features,
        )  # fmt: skip
        return Unit(
            module=part, part=FUNCTIONS, **program.common(),
            system_imports=len(system),
            symbols={"func": tuple(functions[index] for index in order), **parts.symbols},
            linkages=tuple(SHARED if index in self._shared else INTERNAL for index in own)
            + (COPY,) * len(copies),
            aliases=tuple((numbers[index], symbol) for index in own
                          for symbol in program.symbols.exports("func", index)),
            referenced=tuple(numbers[index] for index in own if index in program.referenced),
            thunks=tuple(program.symbols.thunks[index] for index in system),
        )  # fmt: skip


class _Parts:
    """What some bodies use besides functions, numbered for a unit."""

    def __init__(self, program: _Program, bodies: Sequence[int], functions: Sequence[int]) -> None:
        self._program = program
        module = program.module
        used_types = program.indices(bodies, "type", "block")
        used_types.update(module.functions[index] for index in functions)
        used_types.update(tag.type_index for tag in module.tags)
        self.types = extract.choose_types(
            module, used_types, program.digest, program.has_plain_types
        )
        by_kind = program.symbols.by_kind
        chosen = {
            kind: sorted(program.indices(bodies, kind), key=lambda i, k=kind: by_kind[k][i])
            for kind in ("global", "data", "elem")
        }
        constants = [i for i in chosen["global"] if extract.is_constant_global(module, i)]
        variables = [i for i in chosen["global"] if not extract.is_constant_global(module, i)]
        chosen["global"] = variables + constants
        self.numbers = {k: {old: new for new, old in enumerate(v)} for k, v in chosen.items()}
        first_defined = len(module.globals) - len(module.global_inits)
        self.imports, self.fields = extract.outside_entities(module, self.types)
        self.imports += tuple(Import("", "", "global", module.globals[i]) for i in variables)
        self.fields.update(
            globals=tuple(module.globals[index] for index in chosen["global"]),
            global_inits=tuple(
                extract.without_offsets(module.global_inits[index - first_defined], int)
                for index in constants
            ),
            data=extract.used_segments(module, "data", chosen["data"]),
            data_count=len(chosen["data"]),
        )
        self.elements = extract.used_segments(module, "elem", chosen["elem"])
        self.symbols = {kind: tuple(by_kind[kind]) for kind in ("table", "memory", "tag")}
        self.symbols.update(
            {kind: tuple(by_kind[kind][i] for i in found) for kind, found in chosen.items()}
        )

    def code(
        self, bodies: Sequence[int], functions: dict[int, int]
    ) -> tuple[tuple[FunctionBody, ...], bytes]:
        """The bodies with the unit's indices, one behind the other."""
        maps = {
            "func": functions.__getitem__,
            "funcref": functions.__getitem__,
            "type": self.types.number,
            "block": self.types.number,
            **{kind: numbers.__getitem__ for kind, numbers in self.numbers.items()},
        }
        program = self._program
        found = []
        binary = bytearray()
        for position in bodies:
            body = program.module.code[position]
            start = len(binary)
            binary += extract.rewrite_body(
                program.module.binary, body, program.scans[position], maps
            )
            found.append(FunctionBody(body.locals, start, len(binary)))
        return tuple(found), bytes(binary)


def _glue(program: _Program) -> Unit:
    """Everything but the functions, which are imports here."""
    module = program.module
    symbols = program.symbols
    functions = symbols.by_kind["func"]
    roots = sorted((i for i in program.roots if i >= program.imported), key=lambda i: functions[i])
    order = [*range(program.imported), *roots]
    numbers = {old: new for new, old in enumerate(order)}
    used_types = {module.functions[index] for index in order}
    used_types.update(tag.type_index for tag in module.tags)
    types = extract.choose_types(module, used_types, program.digest, program.has_plain_types)

    def constant(expression):
        return extract.without_offsets(expression, numbers.__getitem__)

    def offset(expression):
        return None if expression is None else constant(expression)

    tags = tuple(tag._replace(type_index=types.number(tag.type_index)) for tag in module.tags)
    imports = [
        entry._replace(type=types.number(entry.type)) if entry.kind == "func" else entry
        for entry in module.imports
    ]
    imports += [Import("", functions[i], "func", types.number(module.functions[i])) for i in roots]
    part = Module(
        binary=b"", **types.fields, imports=tuple(imports), tables=module.tables,
        memories=module.memories, globals=module.globals, features=module.features,
        functions=tuple(types.number(module.functions[index]) for index in order),
        tags=tags,
        global_inits=tuple(map(constant, module.global_inits)),
        table_inits=tuple(map(offset, module.table_inits)),
        exports=tuple(
            export._replace(index=numbers[export.index]) if export.kind == "func" else export
            for export in module.exports
        ),
        start=None if module.start is None else numbers[module.start],
        elements=tuple(
            segment._replace(
                offset=offset(segment.offset), items=tuple(map(constant, segment.items))
            )
            for segment in module.elements
        ),
        data=tuple(segment._replace(offset=offset(segment.offset)) for segment in module.data),
    )  # fmt: skip
    everything = range(len(program.scans))
    return Unit(
        module=part, part=GLUE, module_name=program.options.module_name,
        entry=program.options.entry, **program.common(),
        system_imports=program.imported,
        symbols={**{kind: tuple(found) for kind, found in symbols.by_kind.items()},
                 "func": tuple(functions[index] for index in order)},
        referenced=tuple(sorted(numbers[index] for index in program.referenced)),
        thunks=tuple(symbols.thunks),
        data_used=tuple(sorted(program.indices(everything, "data"))),
        elements_used=tuple(sorted(program.indices(everything, "elem"))),
    )  # fmt: skip


def split_module(module: Module, options: Options, rule: CutRule = CutRule()) -> list[Unit]:
    """The units in link order: functions in module order, then the glue.

    Declarations must have been validated; bodies are not. Raises NotInstructions, and E066.
    """
    program = _Program(module, options)
    symbols = program.symbols.by_kind["func"][program.imported :]
    ranges = cut(symbols, [body.end - body.start for body in module.code], rule)
    functions = _Functions(program, ranges)
    units = [functions.unit(number) for number in range(len(ranges))]
    return [*units, _glue(program)]


def with_names(unit: Unit) -> Unit:
    """A decoded unit with the names that diagnostics use."""
    named = replace(unit.module, names=unit_names(unit.symbols.get("func", ())))
    return replace(unit, module=named)
