# SPDX-License-Identifier: Apache-2.0
"""Validation of one body: the loop over its instructions (specification, appendix A.3)."""
from __future__ import annotations

from functools import lru_cache
from typing import Callable
from typing import Iterator
from typing import Sequence

from wasker.errors import Diagnostic
from wasker.wasm import check_control
from wasker.wasm import check_reference
from wasker.wasm import check_storage
from wasker.wasm.checker import Checker
from wasker.wasm.checker import Environment
from wasker.wasm.checker import unknown
from wasker.wasm.faults import fault
from wasker.wasm.module import FuncType
from wasker.wasm.module import Instruction
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.opcodes import Opcode
from wasker.wasm.opcodes import opcode_text

_HANDLERS: dict[str, Callable] = {
    **check_control.HANDLERS,
    **check_storage.HANDLERS,
    **check_reference.HANDLERS,
}

# What the loop does with an instruction itself; most frequent first. The two values that go with
# each: see _plan_of.
_LOCAL_GET, _UNARY, _PUSH, _BINARY, _STORE, _LOCAL_SET, _LOCAL_TEE, _LOAD, _HANDLER = range(9)
_LOCAL_STEPS = {"local.get": _LOCAL_GET, "local.set": _LOCAL_SET, "local.tee": _LOCAL_TEE}
_I32 = "i32"
_OFFSET_MAX = 0xFFFF_FFFF
Plan = dict[int, tuple]


def _apply_row(row: Opcode) -> Callable[[Checker, object], None]:
    """The check of an instruction whose types do not depend on anything."""
    params, results = row.params or (), row.results or ()
    return lambda checker, _: checker.apply(params, results)


def _handler_of(row: Opcode) -> Callable:
    """The complete check of an instruction; the loop's own steps are shortcuts of these."""
    if row.name in _HANDLERS:
        return _HANDLERS[row.name]
    if row.immediate in ("memarg", "memarg_lane"):
        return check_storage.check_access(row)
    if row.bound:
        return check_storage.check_lane(row)
    return _apply_row(row)


def _step_of(row: Opcode) -> tuple:
    """(step, two values for it, handler to fall back on) for one instruction."""
    handler = _handler_of(row)
    if row.name in _LOCAL_STEPS:
        return _LOCAL_STEPS[row.name], None, None, handler
    params, results = row.params, row.results
    if row.immediate == "memarg" and row.family != "atomic" and params and results is not None:
        # An index on top of the stack and a result, or an index and a value below it.
        if results:
            return _LOAD, row.bound, results[0], handler
        return _STORE, row.bound, params[1], handler
    if row.name in _HANDLERS or row.bound or params is None or not results:
        return _HANDLER, None, None, handler
    if len(results) == 1 and not params:
        return _PUSH, None, results[0], handler
    if len(results) == 1 and len(params) == 1:
        return _UNARY, params[0], results[0], handler
    if len(results) == 1 and len(params) == 2 and params[0] == params[1]:
        return _BINARY, params[0], results[0], handler
    return _HANDLER, None, None, handler


@lru_cache(maxsize=None)
def _plan(simple_locals: bool, simple_memory: bool) -> Plan:
    """For each opcode its step.

    The shortcuts for locals hold where every local has an initial value, those for memory where
    memory 0 exists and has 32-bit addresses.
    """
    plan = {}
    for row in OPCODES:
        step = _step_of(row)
        if (step[0] in _LOCAL_STEPS.values() and not simple_locals) or (
            step[0] in (_LOAD, _STORE) and not simple_memory
        ):
            step = _HANDLER, None, None, step[3]
        plan[row.code] = step
    return plan


def check_instructions(
    environment: Environment,
    function_type: FuncType,
    runs: tuple,
    instructions: Sequence[Instruction],
) -> None:
    """Validate a body or constant expression of the given type.

    `runs` are its locals beside the parameters. Raises the diagnostics of validation, each with
    the byte offset of the instruction at fault.
    """
    checker = Checker(environment, function_type, runs)
    remaining = iter(instructions)
    _check_until_closed(checker, remaining)
    extra = next(remaining, None)
    if extra is not None:
        shown = opcode_text(extra[0])
        raise fault("E019", f"END opcode expected: {shown} follows the final `end`", extra[2])
    if checker.frames:
        at = instructions[-1][2]
        raise fault("E019", f"END opcode expected: a {checker.frames[-1].name} is still open", at)


def _check_until_closed(checker: Checker, remaining: Iterator[Instruction]) -> None:
    """Check instructions up to the `end` of the outermost block, or to the last one.

    A step whose shortcut does not apply goes to the handler, which finds the fault or accepts
    what is rarer: subtypes, unreachable code, further memories.
    """
    plan = _plan(not checker.unwritten, checker.environment.addresses[:1] == ["i32"])
    locals_, stack = checker.locals, checker.stack
    push, pop = stack.append, stack.pop
    opcode = at = 0
    try:
        for opcode, immediate, at in remaining:
            step, first, second, handler = plan[opcode]
            if step == _LOCAL_GET:
                push(locals_[immediate])
            elif step == _PUSH:
                push(second)
            elif step == _BINARY and stack[-1] is first and stack[-2] is first:
                pop()
                stack[-1] = second
            elif step == _LOAD and stack[-1] is _I32:
                alignment, offset, memory = immediate
                if alignment <= first and not memory and offset <= _OFFSET_MAX:
                    stack[-1] = second
                else:
                    handler(checker, immediate)
            elif step == _LOCAL_SET and stack[-1] is locals_[immediate]:
                pop()
            elif step == _LOCAL_TEE and stack[-1] is locals_[immediate]:
                continue
            elif step == _UNARY and stack[-1] is first:
                stack[-1] = second
            elif step == _STORE and stack[-1] is second and stack[-2] is _I32:
                alignment, offset, memory = immediate
                if alignment <= first and not memory and offset <= _OFFSET_MAX:
                    del stack[-2:]
                else:
                    handler(checker, immediate)
            else:
                handler(checker, immediate)
                if not checker.frames:
                    return
    except Diagnostic as error:
        message = f"{opcode_text(opcode)}: {error.message}"
        raise fault(error.code, message, at, hint=error.hint) from None
    except IndexError:
        # Only the shortcuts for locals index without looking.
        if step not in _LOCAL_STEPS.values():
            raise
        error = unknown("local", immediate, len(locals_))
        raise fault(error.code, error.message, at) from None
