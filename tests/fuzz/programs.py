# SPDX-License-Identifier: Apache-2.0
"""Random valid modules, as text, for comparing two engines.

A module has functions over all value types that call each other directly and through tables, with
structured control flow, globals, a memory and segments. Everything in it is deterministic:

- After every instruction whose NaN the specification leaves open, NaNs are made canonical.
- `$fuel` bounds calls and loops; an export fills it, and without any, functions return at once.
- Addresses in functions are masked to be in bounds. Accesses at and beyond the end of the memory
  are functions of their own (`edge*`), each a single access: what a compiler may do to the order
  of an out-of-bounds access and other effects is not what is tested.

Exports take two i64 and return one (`run*`, `edge*`), or take nothing (`state`: a hash of memory,
globals and sizes).
"""
from __future__ import annotations

import random
from typing import Callable
from typing import NamedTuple

from pieces import canonical
from pieces import constant
from frame import module_frame
from pieces import DIVISIONS
from pieces import lanes
from pieces import LOADS
from pieces import NUMBERS
from pieces import OPERATIONS
from pieces import SEGMENT_SIZE
from pieces import Signature
from pieces import STORES
from pieces import TABLE_SIZE
from pieces import TYPES

from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.opcodes import Opcode

class Label(NamedTuple):
    """A branch target: its name, and the types that a branch carries."""

    name: str
    types: tuple[str, ...]


class _FunctionWriter:
    """Writes one function's body; `locals` are (name, type)."""

    def __init__(self, module: "ModuleWriter", signature: Signature, index: int) -> None:
        self.module = module
        self.chance = module.chance
        self.signature = signature
        self.index = index
        self.locals = [(f"$p{i}", kind) for i, kind in enumerate(signature.params)]
        self.declared = [(f"$l{i}", self.chance.choice(TYPES)) for i in range(8)]
        # Those that a program may set; counters of loops are only read.
        self.variables = self.locals + self.declared
        self.locals = list(self.variables)
        self.labels: list[Label] = []
        self.names = 0
        self.counters = 0
        self.in_loop = 0
        self.budget = module.statements_max

    def body(self) -> str:
        """The function as text."""
        statements = self.statements(3)
        results = " ".join(self.value(kind, 3) for kind in self.signature.results)
        early = " ".join(constant(self.chance, kind) for kind in self.signature.results)
        names = [f"(local {name} {kind})" for name, kind in self.declared]
        names += [f"(local $c{i} i32)" for i in range(self.counters)]
        names += ["(local $nf32 f32) (local $nf64 f64) (local $nv128 v128)"]
        params = " ".join(f"(param {n} {k})" for n, k in self.locals[: len(self.signature.params)])
        typed = " ".join(f"(result {kind})" for kind in self.signature.results)
        return (
            f"(func $f{self.index} {params} {typed} {' '.join(names)}\n"
            f"  (if (i32.eqz (global.get $fuel)) (then (return {early})))\n"
            f"  (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))\n"
            f"  {statements}\n  {results})"
        )

    # Expressions.

    def value(self, kind: str, depth: int) -> str:
        """An expression that leaves one value of the type."""
        if kind == "funcref":
            return self._reference(depth)
        pick = self.chance.randrange(24)
        if depth <= 0 or pick < 3:
            return self._leaf(kind)
        if pick < 5:
            return self._load(kind, depth - 1)
        if pick < 14:
            return self._operation(kind, depth - 1)
        forms: tuple[Callable[[str, int], str], ...] = (
            self._select, self._block, self._if, self._tee, self._call, self._indirect,
        )  # fmt: skip
        if pick < 22:
            return self.chance.choice(forms)(kind, depth - 1)
        if kind == "i32":
            return self._size_or_null(depth - 1)
        return self._operation(kind, depth - 1)

    def _leaf(self, kind: str) -> str:
        names = [name for name, other in self.locals if other == kind]
        pick = self.chance.randrange(5)
        if names and pick < 3:
            return f"(local.get {self.chance.choice(names)})"
        if pick == 3:
            return f"(global.get ${'c' if self.chance.randrange(8) == 0 else 'g'}_{kind})"
        return constant(self.chance, kind)

    def _reference(self, depth: int) -> str:
        names = [name for name, kind in self.locals if kind == "funcref"]
        pick = self.chance.randrange(6)
        if pick == 0:
            return "(ref.null func)"
        if pick == 1 and names:
            return f"(local.get {self.chance.choice(names)})"
        if pick == 2 and depth > 0:
            first, second = self._reference(0), self._reference(0)
            return f"(select (result funcref) {first} {second} {self.value('i32', depth - 1)})"
        if pick == 3 and depth > 0:
            return f"(table.get $t {self._table_index(depth - 1)})"
        return f"(ref.func $f{self.chance.randrange(self.module.count)})"

    def _table_index(self, depth: int) -> str:
        """Mostly inside of the table."""
        if self.chance.randrange(30) == 0:
            return self.value("i32", depth)
        return f"(i32.and {self.value('i32', depth)} (i32.const {TABLE_SIZE - 1}))"

    def _operation(self, kind: str, depth: int) -> str:
        row = self.chance.choice(OPERATIONS[kind])
        if row.immediate.startswith("memarg"):
            return self._access(row, depth)
        if "const" in row.name:
            return constant(self.chance, kind)
        operands = [self.value(param, depth) for param in row.params]
        _, _, operation = row.name.partition(".")
        name = row.name
        if operation in DIVISIONS and self.chance.randrange(20):
            operands[1] = f"({kind}.or {operands[1]} ({kind}.const 1))"
        if operation.startswith("trunc_f") and self.chance.randrange(20):
            name = name.replace("trunc_f", "trunc_sat_f")
        if operation == "sqrt":
            # Where a NaN is born in a square root, LLVM may take its sign from sqrtss although the
            # program chose a constant one: DAGCombiner folds x < 0 ? NaN : sqrt(x) to sqrt(x).
            operands[0] = f"({row.name.partition('.')[0]}.abs {operands[0]})"
        immediate = lanes(self.chance, row)
        text = f"({name} {immediate} {' '.join(operands)})"
        return canonical(text, row)

    def _load(self, kind: str, depth: int) -> str:
        rows = LOADS[kind] if kind != "v128" else []
        if not rows:
            return self._operation(kind, depth)
        return self._access(self.chance.choice(rows), depth)

    def _access(self, row: Opcode, depth: int) -> str:
        """A memory access within the first page."""
        near = self.chance.randrange(4)
        mask, offset_max = (0xFF, 16) if near else (0x7FFF, 0x7FF0)
        address = f"(i32.and {self.value('i32', depth)} (i32.const {mask}))"
        operands = [self.value(param, depth) for param in row.params[1:]]
        offset = self.chance.randrange(offset_max)
        exponent = self.chance.randrange(row.bound + 1)
        return (
            f"({row.name} offset={offset} align={1 << exponent} {lanes(self.chance, row)} "
            f"{address} {' '.join(operands)})"
        )

    def _select(self, kind: str, depth: int) -> str:
        first, second = self.value(kind, depth), self.value(kind, depth)
        return f"(select {first} {second} {self.value('i32', depth)})"

    def _label(self, types: tuple[str, ...]) -> Label:
        self.names += 1
        return Label(f"$b{self.names}", types)

    def _block(self, kind: str, depth: int) -> str:
        label = self._label((kind,))
        self.labels.append(label)
        inner = self.statements(depth)
        if self.chance.randrange(2):
            condition = self.value("i32", depth)
            inner += f" (drop (br_if {label.name} {self.value(kind, depth)} {condition}))"
        text = f"(block {label.name} (result {kind}) {inner} {self.value(kind, depth)})"
        self.labels.pop()
        return text

    def _if(self, kind: str, depth: int) -> str:
        condition = self.value("i32", depth)
        label = self._label((kind,))
        self.labels.append(label)
        arms = []
        for _ in range(2):
            arms.append(f"{self.statements(depth)} {self.value(kind, depth)}")
        self.labels.pop()
        return (
            f"(if {label.name} (result {kind}) {condition} (then {arms[0]}) (else {arms[1]}))"
        )

    def _variables(self, kind: str) -> list[str]:
        return [name for name, other in self.variables if other == kind]

    def _tee(self, kind: str, depth: int) -> str:
        names = self._variables(kind)
        if not names:
            return self._operation(kind, depth)
        return f"(local.tee {self.chance.choice(names)} {self.value(kind, depth)})"

    def _arguments(self, signature: Signature, depth: int) -> str:
        return " ".join(self.value(kind, depth) for kind in signature.params)

    def _call(self, kind: str, depth: int) -> str:
        fitting = [
            index for index, signature in enumerate(self.module.signatures)
            if signature.results == (kind,)
        ]  # fmt: skip
        if not fitting or self.in_loop > 1:
            return self._operation(kind, depth)
        index = self.chance.choice(fitting)
        return f"(call $f{index} {self._arguments(self.module.signatures[index], depth - 1)})"

    def _indirect(self, kind: str, depth: int) -> str:
        index = self.chance.randrange(TABLE_SIZE)
        signature = self.module.signatures[self.module.elements[index]]
        if signature.results != (kind,) or self.in_loop > 1:
            return self._call(kind, depth)
        # $t never changes, so this call is right; any other place or table may trap.
        table, place = "$t", f"(i32.const {index})"
        if self.chance.randrange(20) == 0:
            table, place = self.chance.choice(("$t", "$u")), self._table_index(depth - 1)
        arguments = self._arguments(signature, depth - 1)
        return f"(call_indirect {table} {signature.text()} {arguments} {place})"

    def _size_or_null(self, depth: int) -> str:
        return self.chance.choice((
            "(memory.size)",
            "(table.size $t)",
            "(memory.grow (i32.const 0))",
            f"(memory.grow (i32.const {self.chance.choice((1, 3, 65536, -1))}))",
            f"(table.grow $u {self._reference(0)} (i32.const {self.chance.randrange(2)}))",
            f"(ref.is_null {self._reference(depth)})",
        ))  # fmt: skip

    # Statements.

    def statements(self, depth: int) -> str:
        """A few statements, none when the function is large enough."""
        found = []
        for _ in range(self.chance.randrange(5)):
            if self.budget > 0 and depth > 0:
                self.budget -= 1
                found.append(self._statement(depth - 1))
        return "\n  ".join(found)

    def _statement(self, depth: int) -> str:
        forms: tuple[tuple[int, Callable[[int], str]], ...] = (
            (6, self._set), (3, self._set_global), (5, self._store), (2, self._when),
            (2, self._counted_loop), (1, self._fuel_loop), (1, self._nested), (2, self._leave),
            (1, self._bulk), (1, self._tables), (1, self._many), (1, self._with_params),
        )  # fmt: skip
        weights = [weight for weight, _ in forms]
        (form,) = self.chance.choices([form for _, form in forms], weights)
        return form(depth)

    def _set(self, depth: int) -> str:
        name, kind = self.chance.choice(self.variables)
        return f"(local.set {name} {self.value(kind, depth)})"

    def _set_global(self, depth: int) -> str:
        kind = self.chance.choice(NUMBERS)
        return f"(global.set $g_{kind} {self.value(kind, depth)})"

    def _store(self, depth: int) -> str:
        return self._access(self.chance.choice(STORES), depth)

    def _when(self, depth: int) -> str:
        condition = self.value("i32", depth)
        otherwise = f"(else {self.statements(depth)})" if self.chance.randrange(2) else ""
        return f"(if {condition} (then {self.statements(depth)}) {otherwise})"

    def _counted_loop(self, depth: int) -> str:
        """At most 12 rounds; the counter is nobody else's, and may index the memory."""
        counter = f"$c{self.counters}"
        self.counters += 1
        label = self._label(())
        rounds = self.chance.randrange(1, 13)
        self.in_loop += 1
        self.locals.append((counter, "i32"))
        inner = self.statements(depth) + self._streaming(counter)
        self.locals.remove((counter, "i32"))
        self.in_loop -= 1
        # A branch out of the body must not skip the step: the label is not offered to it.
        return (
            f"(local.set {counter} (i32.const 0)) (loop {label.name} {inner} (br_if {label.name} "
            f"(i32.lt_u (local.tee {counter} (i32.add (local.get {counter}) (i32.const 1))) "
            f"(i32.const {rounds}))))"
        )

    def _streaming(self, counter: str) -> str:
        """Array code, such as a vectoriser likes: a[i] = a[i + k] op b[i]."""
        if self.chance.randrange(2):
            return ""
        kind, shift = self.chance.choice((("i32", 2), ("i64", 3), ("f32", 2), ("f64", 3)))
        place = f"(i32.shl (i32.and (local.get {counter}) (i32.const 255)) (i32.const {shift}))"
        offsets = [self.chance.randrange(0, 96, 4) for _ in range(3)]
        loads = [f"({kind}.load offset={offset} {place})" for offset in offsets[:2]]
        operation = self.chance.choice(("add", "sub", "mul"))
        row = OPCODES_BY_NAME[f"{kind}.{operation}"]
        result = canonical(f"({row.name} {' '.join(loads)})", row)
        return f"({kind}.store offset={offsets[2]} {place} {result})"

    def _fuel_loop(self, depth: int) -> str:
        label = self._label(())
        self.labels.append(label)
        # Any branch to the label costs fuel too, since the check is at the top.
        inner = self.statements(depth)
        condition = self.value("i32", depth)
        self.labels.pop()
        out = self._label(())
        return (
            f"(block {out.name} (loop {label.name} (br_if {out.name} (i32.eqz (global.get $fuel))) "
            f"(global.set $fuel (i32.sub (global.get $fuel) (i32.const 1))) {inner} "
            f"(br_if {label.name} {condition})))"
        )

    def _nested(self, depth: int) -> str:
        label = self._label(())
        self.labels.append(label)
        inner = self.statements(depth)
        self.labels.pop()
        return f"(block {label.name} {inner})"

    def _with_params(self, depth: int) -> str:
        """A block with parameters and several results, kept in locals."""
        types = tuple(self.chance.choices([kind for _, kind in self.variables], k=2))
        label = self._label(types)
        into = [self.chance.choice(self._variables(kind)) for kind in types]
        given = " ".join(self.value(kind, depth) for kind in types)
        params, results = (f"({w} {' '.join(types)})" for w in ("param", "result"))
        self.labels.append(label)
        inner = self.statements(depth)
        self.labels.pop()
        sets = " ".join(f"(local.set {name})" for name in reversed(into))
        again = " ".join(f"(local.get {name})" for name in into)
        return f"{given} (block {label.name} {params} {results} {sets} {inner} {again}) {sets}"

    def _many(self, depth: int) -> str:
        """A call whose results are dropped or kept."""
        if self.in_loop > 1:
            return self._set(depth)
        index = self.chance.randrange(self.module.count)
        signature = self.module.signatures[index]
        text = f"(call $f{index} {self._arguments(signature, depth - 1)})"
        for kind in reversed(signature.results):
            names = self._variables(kind)
            text += f" (local.set {self.chance.choice(names)})" if names else " drop"
        return text

    def _leave(self, depth: int) -> str:
        """A branch: conditional, by table, or for good."""
        pick = self.chance.randrange(12)
        condition = self.value("i32", depth)
        if pick == 0:
            return f"(if {condition} (then (unreachable)))" if self.chance.randrange(4) == 0 else ""
        if pick <= 2:
            results = " ".join(self.value(kind, 1) for kind in self.signature.results)
            return f"(if {condition} (then (return {results})))"
        if not self.labels:
            return self._set(depth)
        label = self.chance.choice(self.labels)
        carried = " ".join(self.value(kind, 1) for kind in label.types)
        if pick <= 8:
            return f"(br_if {label.name} {carried} {condition}) {'drop ' * len(label.types)}"
        same = [other.name for other in self.labels if other.types == label.types]
        targets = " ".join(self.chance.choices(same, k=self.chance.randrange(1, 6)))
        if pick <= 10:
            return f"(if {self.value('i32', 1)} (then (br_table {targets} {carried} {condition})))"
        return f"(br {label.name} {carried})"

    def _bulk(self, depth: int) -> str:
        place = f"(i32.and {self.value('i32', depth)} (i32.const 0xff))"
        other = f"(i32.and {self.value('i32', 1)} (i32.const 0xff))"
        size = f"(i32.and {self.value('i32', 1)} (i32.const 0x3f))"
        start = f"(i32.const {self.chance.randrange(8)})"
        few = f"(i32.const {self.chance.randrange(SEGMENT_SIZE)})"
        return self.chance.choice((
            f"(memory.fill {place} {self.value('i32', 1)} {size})",
            f"(memory.copy {place} {other} {size})",
            f"(memory.copy {place} {other} {few})",
            f"(memory.init $d {place} {start} {few})",
        ))  # fmt: skip

    def _tables(self, depth: int) -> str:
        index = self._table_index(depth)
        few = self.chance.randrange(4)
        return self.chance.choice((
            f"(table.set $u {index} {self._reference(depth)})",
            f"(table.fill $u {index} {self._reference(0)} (i32.const {few}))",
            f"(table.copy $u $t {index} (i32.const {few}) (i32.const {few}))",
            f"(table.init $u $e {index} (i32.const 0) (i32.const {few}))",
            f"(table.set $u {index} (table.get $t (i32.const {few})))",
        ))  # fmt: skip


class ModuleWriter:
    """Chooses the signatures, then writes every function; `text` is the module."""

    def __init__(self, seed: int, count: int = 16, statements_max: int = 20) -> None:
        self.chance = random.Random(seed)
        self.count = count
        self.statements_max = statements_max
        self.signatures = [self._signature() for _ in range(count)]
        self.elements = [self.chance.randrange(count) for _ in range(TABLE_SIZE)]

    def _signature(self) -> Signature:
        chance = self.chance
        params = tuple(chance.choice(TYPES) for _ in range(chance.randrange(5)))
        results_count = chance.choice((1, 1, 1, 1, 0, 2, 3))
        return Signature(params, tuple(chance.choice(NUMBERS) for _ in range(results_count)))

    def text(self) -> str:
        """The module."""
        functions = [
            _FunctionWriter(self, signature, index).body()
            for index, signature in enumerate(self.signatures)
        ]
        return module_frame(self.chance, self.signatures, self.elements, functions)
