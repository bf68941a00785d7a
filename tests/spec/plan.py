# SPDX-License-Identifier: Apache-2.0
"""A script's commands as steps on instances, without running anything.

Commands that need no running program (`assert_invalid`, `assert_malformed`, `assert_unlinkable`)
are judged here; the others become steps.
"""
from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Optional

from corpus import Script
from instances import Instance

from mew_abi import traps

from wasker.errors import Diagnostic
from wasker.wasm.features import Features
from wasker.wasm.linking import check_imports
from wasker.wasm.module import Module
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validate_module

PASS = "pass"
FAIL = "fail"
# The module is in the text format; the compiler reads binaries only.
NOT_BINARY = "not binary"
# The module needs a proposal that the compiler refuses by name.
REFUSED = "refused"
REFUSED_CODE = "E020"

# Outcome 0 is a return, the others are trap kinds.
RETURNED = 0
EXCEPTION_TEXT = traps.TRAP_MESSAGES[traps.UNCAUGHT_EXCEPTION]


@dataclass(frozen=True)
class Result:
    """What became of one command; `detail` says why it did not pass."""

    command: int
    status: str
    detail: str = ""


@dataclass(frozen=True)
class Step:
    """Something that a running program does for a command.

    `action` is the command's own, None to instantiate. `outcomes` are those allowed. `expected`
    are the results of a return, None for any.
    """

    command: int
    instance: Instance
    action: Optional[dict]
    outcomes: tuple[int, ...]
    expected: Optional[list[dict]] = None


@dataclass
class Plan:
    """Everything that a script needs: instances in order, steps in order, results known so far."""

    script: Script
    host: Instance
    instances: list[Instance] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


class _Refused(Exception):
    """A command that cannot become a step, and the result that it has instead."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def trap_kinds(text: str) -> tuple[int, ...]:
    """Kinds that a script's trap text allows: the suite compares beginnings, either way.

    None for a text of a proposal whose traps do not exist here: then nothing can pass.
    """
    return tuple(
        kind
        for kind, message in traps.TRAP_MESSAGES.items()
        if message.startswith(text) or text.startswith(message)
    )


class Planner:
    """Walks the commands once, keeping the script's names for instances.

    `complete` says that `features` are all that the suite tests: then a proposal outside of them
    is a reason to refuse a module like any other.
    """

    def __init__(
        self, script: Script, host: Instance, features: Features, *, complete: bool
    ) -> None:
        self.plan = Plan(script, host)
        self._features = features
        self._complete = complete
        self._named: dict[Optional[str], Optional[Instance]] = {}
        self._registered: dict[str, Instance] = {"spectest": host}
        # Names of instances that could not be made, with the reason; and those registered.
        self._broken: dict[Optional[str], _Refused] = {}
        self._missing: dict[str, _Refused] = {}
        self._definitions: dict[Optional[str], str] = {}

    def run(self) -> Plan:
        """Plan every command."""
        for number, command in enumerate(self.plan.script.commands):
            handler = getattr(self, "_" + command["type"])
            try:
                handler(number, command)
            except _Refused as refused:
                self._result(number, refused.status, refused.detail)
        return self.plan

    def _result(self, number: int, status: str, detail: str = "") -> None:
        self.plan.results.append(Result(number, status, detail))

    def _read(self, file: str) -> Module:
        try:
            module = read_module(self.plan.script.files[file], self._features)
            validate_module(module)
        except Diagnostic as error:
            status = REFUSED if error.code == REFUSED_CODE and not self._complete else FAIL
            raise _Refused(status, error.render(file)) from None
        return module

    # Modules.

    def _instantiate(self, number: int, command: dict, file: str, name: Optional[str]) -> Instance:
        """A new instance of a module whose imports are satisfied; it becomes the current one."""
        try:
            module = self._read(file)
            instance = self._link(number, file, module)
        except _Refused as refused:
            for each in (name, None):
                self._named[each] = None
                self._broken[each] = refused
            raise
        self.plan.instances.append(instance)
        for each in (name, None):
            self._named[each] = instance
        return instance

    def _link(
        self, number: int, file: str, module: Module, *, sizes_known: bool = False
    ) -> Instance:
        """Without `sizes_known` the program compares sizes before it instantiates."""
        for entry in module.imports:
            if entry.module in self._missing:
                raise self._missing[entry.module]
        try:
            providers = {name: instance.module for name, instance in self._registered.items()}
            check_imports(module, providers, sizes_known=sizes_known)
        except Diagnostic as error:
            raise _Refused(FAIL, error.render(file)) from None
        used = {entry.module: self._registered[entry.module] for entry in module.imports}
        label = f"m{len(self.plan.instances)}"
        binary = self.plan.script.files[file]
        return Instance(label, file, binary, module, number, used)

    def _module(self, number: int, command: dict) -> None:
        instance = self._instantiate(number, command, command["filename"], command.get("name"))
        self.plan.steps.append(Step(number, instance, None, (RETURNED,)))

    def _assert_uninstantiable(self, number: int, command: dict) -> None:
        module = self._read(command["filename"])
        instance = self._link(number, command["filename"], module)
        self.plan.instances.append(instance)
        kinds = trap_kinds(command["text"])
        self.plan.steps.append(Step(number, instance, None, kinds))

    def _module_definition(self, number: int, command: dict) -> None:
        for name in (command.get("name"), None):
            self._definitions[name] = command["filename"]
        self._read(command["filename"])
        self._result(number, PASS)

    def _module_instance(self, number: int, command: dict) -> None:
        file = self._definitions[command.get("module")]
        instance = self._instantiate(number, command, file, command.get("instance"))
        self.plan.steps.append(Step(number, instance, None, (RETURNED,)))

    def _register(self, number: int, command: dict) -> None:
        name = command["as"]
        self._registered.pop(name, None)
        self._missing.pop(name, None)
        try:
            self._registered[name] = self._find(command.get("name"))
        except _Refused as refused:
            self._missing[name] = refused

    def _find(self, name: Optional[str]) -> Instance:
        instance = self._named.get(name)
        if instance is None:
            broken = self._broken.get(name)
            raise broken or _Refused(FAIL, f"there is no module {name!r}")
        return instance

    # Actions.

    def _act(
        self, number: int, command: dict, outcomes: tuple[int, ...], expected: Optional[list[dict]]
    ) -> None:
        instance = self._find(command["action"].get("module"))
        self.plan.steps.append(Step(number, instance, command["action"], outcomes, expected))

    def _action(self, number: int, command: dict) -> None:
        self._act(number, command, (RETURNED,), None)

    def _assert_return(self, number: int, command: dict) -> None:
        self._act(number, command, (RETURNED,), command["expected"])

    def _assert_trap(self, number: int, command: dict) -> None:
        self._act(number, command, trap_kinds(command["text"]), None)

    _assert_exhaustion = _assert_trap

    def _assert_exception(self, number: int, command: dict) -> None:
        self._act(number, command, trap_kinds(EXCEPTION_TEXT), None)

    # Modules that must be refused.

    def _assert_invalid(self, number: int, command: dict) -> None:
        if command["module_type"] == "text":
            raise _Refused(NOT_BINARY, "")
        try:
            self._read(command["filename"])
        except _Refused as refused:
            self._result(number, REFUSED if refused.status == REFUSED else PASS, refused.detail)
        else:
            self._result(number, FAIL, f"accepted, though: {command['text']}")

    _assert_malformed = _assert_invalid

    def _assert_unlinkable(self, number: int, command: dict) -> None:
        module = self._read(command["filename"])
        try:
            self._link(number, command["filename"], module, sizes_known=True)
        except _Refused as refused:
            self._result(number, REFUSED if refused.status == REFUSED else PASS, refused.detail)
        else:
            self._result(number, FAIL, f"linked, though: {command['text']}")
