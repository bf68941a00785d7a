# SPDX-License-Identifier: Apache-2.0
"""Validation of everything in a module but its bodies (specification, sections 3.2 and 3.5)."""
from __future__ import annotations

from typing import Iterable
from typing import Sequence

from wasker.errors import Diagnostic
from wasker.wasm.check_const import check_const
from wasker.wasm.checker import Environment
from wasker.wasm.checker import at_index
from wasker.wasm.checker import mismatch
from wasker.wasm.checker import type_text
from wasker.wasm.faults import fault
from wasker.wasm.faults import in_context
from wasker.wasm.features import GC
from wasker.wasm.features import MULTI_MEMORY
from wasker.wasm.features import not_enabled
from wasker.wasm.module import ConstExpr
from wasker.wasm.module import FuncType
from wasker.wasm.module import Limits
from wasker.wasm.module import Module
from wasker.wasm.opcodes import OPCODES_BY_NAME
from wasker.wasm.subtyping import composite_matches
from wasker.wasm.subtyping import is_defaultable
from wasker.wasm.subtyping import matches

_REF_FUNC = OPCODES_BY_NAME["ref.func"].code
# In pages: what 32 and 64 address bits reach.
_PAGES_MAX = {False: 1 << 16, True: 1 << 48}
_ELEMENTS_MAX = {False: (1 << 32) - 1, True: (1 << 64) - 1}


def _functions_in(expressions: Iterable[ConstExpr]) -> Iterable[int]:
    for expression in expressions:
        for opcode, immediate, _ in expression:
            if opcode == _REF_FUNC:
                yield immediate


def _declared_functions(module: Module) -> frozenset[int]:
    """The functions that the module names outside of bodies: C.refs in the specification."""
    declared = {export.index for export in module.exports if export.kind == "func"}
    declared.update(_functions_in(module.global_inits))
    declared.update(_functions_in(init for init in module.table_inits if init))
    for segment in module.elements:
        declared.update(_functions_in(segment.items))
    return frozenset(declared)


def _check_types(module: Module) -> None:
    # The order of all supertypes first: matching relies on chains that end.
    for index, declared in enumerate(module.subtypes):
        if len(declared.supertypes) > 1:
            raise fault("E042", f"type {index} has {len(declared.supertypes)} supertypes")
        for supertype in declared.supertypes:
            if supertype >= index:
                raise fault("E042", f"unknown type {supertype}: supertype of type {index}")
    for index, declared in enumerate(module.subtypes):
        for supertype in declared.supertypes:
            if module.subtypes[supertype].final:
                raise fault("E042", f"sub type {index} of type {supertype}, which is final")
            if not composite_matches(module, module.types[index], module.types[supertype]):
                message = f"sub type {index} does not match its supertype {supertype}"
                raise fault("E042", message)


def _function_type(module: Module, type_index: int, what: str) -> FuncType:
    found = at_index("type", module.types, type_index)
    if not isinstance(found, FuncType):
        raise fault("E031", f"type {type_index} of {what} is not a function type")
    return found


def _check_limits(limits: Limits, greatest: int, what: str) -> None:
    minimum, maximum = limits
    if minimum > greatest or (maximum or 0) > greatest:
        raise fault("E035", f"{what} size of {max(minimum, maximum or 0)}; at most {greatest}")
    if maximum is not None and minimum > maximum:
        raise fault("E035", f"{what}: size minimum {minimum} is greater than maximum {maximum}")


def _check_memories(module: Module) -> None:
    for index, memory in enumerate(module.memories):
        _check_limits(memory.limits, _PAGES_MAX[memory.is_64], f"memory {index}")
        if memory.shared and memory.limits.maximum is None:
            raise fault("E035", f"shared memory {index} must have a maximum")
    if len(module.memories) > 1 and MULTI_MEMORY not in module.features:
        raise not_enabled(MULTI_MEMORY, f"multiple memories ({len(module.memories)} here)")


def _check_tables(module: Module, environment: Environment) -> None:
    imported = len(module.tables) - len(module.table_inits)
    for index, table in enumerate(module.tables):
        _check_limits(table.limits, _ELEMENTS_MAX[table.is_64], f"table {index}")
        init = module.table_inits[index - imported] if index >= imported else None
        if init:
            # Tables come before globals: only imported ones exist yet.
            check_const(environment, init, table.element, len(module.imported("global")))
        elif index >= imported and not is_defaultable(table.element):
            shown = type_text(table.element)
            raise mismatch(f"table {index} of {shown} needs an initial value")


def _check_globals(module: Module, environment: Environment) -> None:
    imported = len(module.globals) - len(module.global_inits)
    for number, init in enumerate(module.global_inits):
        index = imported + number
        visible = index if GC in module.features else imported
        value_type = module.globals[index].value_type
        with_name = f"global {index}"
        try:
            check_const(environment, init, value_type, visible)
        except Diagnostic as error:
            raise in_context(error, with_name) from None


def _check_exports(module: Module) -> None:
    spaces: dict[str, Sequence] = {
        "func": module.functions,
        "table": module.tables,
        "memory": module.memories,
        "global": module.globals,
        "tag": module.tags,
    }
    names: set[str] = set()
    for export in module.exports:
        if export.name in names:
            raise fault("E037", f"duplicate export name {export.name!r}")
        names.add(export.name)
        what = "function" if export.kind == "func" else export.kind
        try:
            at_index(what, spaces[export.kind], export.index)
        except Diagnostic as error:
            raise in_context(error, f"export {export.name!r}") from None


def _check_start(module: Module) -> None:
    if module.start is None:
        return
    at_index("function", module.functions, module.start)
    if module.function_type(module.start) != FuncType((), ()):
        params, results = module.function_type(module.start)
        shown = f"({', '.join(map(type_text, params))}) -> ({', '.join(map(type_text, results))})"
        raise fault("E036", f"start function {module.start} has type {shown}")


def _check_elements(module: Module, environment: Environment, visible: int) -> None:
    for index, segment in enumerate(module.elements):
        if segment.offset is not None:
            table = at_index("table", module.tables, segment.table)
            if not matches(module, segment.element, table.element):
                shown = type_text(segment.element), type_text(table.element)
                raise mismatch(f"elem segment {index} of {shown[0]} in a table of {shown[1]}")
            address = "i64" if table.is_64 else "i32"
            check_const(environment, segment.offset, address, visible)
        for item in segment.items:
            check_const(environment, item, segment.element, visible)


def _check_data(module: Module, environment: Environment, visible: int) -> None:
    for segment in module.data:
        if segment.offset is not None:
            address = at_index("memory", environment.addresses, segment.memory)
            check_const(environment, segment.offset, address, visible)


def check_declarations(module: Module) -> Environment:
    """Validate all declarations and return what checking the bodies needs.

    Raises Diagnostic E020 and E030 to E049.
    """
    _check_types(module)
    for index, type_index in enumerate(module.functions):
        _function_type(module, type_index, module.function_name(index))
    environment = Environment(module, _declared_functions(module))
    for index, tag in enumerate(module.tags):
        if _function_type(module, tag.type_index, f"tag {index}").results:
            raise fault("E039", f"non-empty tag result type of tag {index}")
    _check_memories(module)
    _check_tables(module, environment)
    _check_globals(module, environment)
    _check_exports(module)
    _check_start(module)
    imported_globals = len(module.globals) - len(module.global_inits)
    visible = len(module.globals) if GC in module.features else imported_globals
    _check_elements(module, environment, visible)
    _check_data(module, environment, visible)
    return environment
