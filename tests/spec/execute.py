# SPDX-License-Identifier: Apache-2.0
"""From a script to its results: compile the instances, link and run the programs, read reports."""
from __future__ import annotations

import traceback
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from corpus import Script
from instances import Instance
from instances import programs
from plan import FAIL
from plan import PASS
from plan import REFUSED
from plan import REFUSED_CODE
from plan import RETURNED
from plan import Plan
from plan import Planner
from plan import Result
from plan import Step
from systems import Ending
from systems import System
from table import Table
from values import show_slots

from mew.errors import MewError
from mew_abi import traps

from wasker.api import compile_unit
from wasker.codegen.emit import emit_object
from wasker.errors import Diagnostic
from wasker.options import Options
from wasker.translate.module import translate_module
from wasker.units.cut import CutRule
from wasker.units.split import split_module
from wasker.units.store import encode
from wasker.wasm.check_declarations import check_declarations
from wasker.wasm.features import SUPPORTED
from wasker.wasm.features import Features
from wasker.wasm.module import Import
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary
from wasker.wasm.validate import validated_functions

HOST_SOURCE = Path(__file__).parent / "spectest.wat"
HOST_NAME = "spectest"
_UNIT_PER_FUNCTION = CutRule(minimum_bytes=1, maximum_bytes=1, functions_per_boundary=1)
# driver.zig's outcome for an import that is too small.
_UNLINKABLE = 63


@dataclass(frozen=True)
class Setup:
    """What all scripts of a run share. `complete`: `features` is all that the suite tests.

    With `split`, each function of a module is a codegen unit of its own.
    """

    system: System
    work: Path
    features: Features
    complete: bool
    cpu: str
    optimisation: int
    split: bool = False


@dataclass(frozen=True)
class ScriptReport:
    """Every judged command of a script, in order of commands, and where the time went."""

    script: Script
    results: list[Result]
    programs: int
    seconds: dict[str, float]


def host_instance() -> Instance:
    """The module `spectest`; nobody's memory 0 but its own is at the direct place."""
    binary = text_to_binary(HOST_SOURCE.read_bytes())
    return Instance(HOST_NAME, HOST_SOURCE.name, binary, read_module(binary), -1, memory="indirect")


def compile_instance(instance: Instance, setup: Setup) -> list[bytes]:
    """The instance's objects; its imports name the instances that provide them."""
    module = read_module(instance.binary, setup.features)
    module = replace(module, imports=tuple(_renamed(instance, e) for e in module.imports))
    options = Options(
        module_name=instance.name, cpu=setup.cpu, optimisation=setup.optimisation,
        memory=instance.memory, entry="none",
    )  # fmt: skip
    if setup.split:
        check_declarations(module)
        units = map(encode, split_module(module, options, _UNIT_PER_FUNCTION))
        return [compile_unit(unit, setup.cpu, setup.optimisation).object_bytes for unit in units]
    ir = translate_module(module, validated_functions(module), options)
    return [emit_object(ir, setup.cpu, setup.optimisation).object_bytes]


def _renamed(instance: Instance, entry: Import) -> Import:
    symbol = instance.import_symbol(entry)
    owner, _, name = symbol.partition(".")
    return entry._replace(module=owner, name=name)


def prepare(setup: Setup) -> None:
    """Compile what all programs share."""
    # The host module serves every suite; the scripts' own features do not bind it.
    (host,) = compile_instance(
        host_instance(), replace(setup, features=SUPPORTED, split=False)
    )
    (setup.work / f"{HOST_NAME}.o").write_bytes(host)


class _Run:
    """One script on its way through the stages."""

    def __init__(self, setup: Setup, script: Script) -> None:
        self._setup = setup
        self._script = script
        self._folder = setup.work / script.name.replace("/", ".")
        self._folder.mkdir(exist_ok=True)
        self._broken: dict[Instance, tuple[str, str]] = {}
        self._results: list[Result] = []
        self._seconds: dict[str, float] = {}

    def report(self) -> ScriptReport:
        """Run every stage."""
        start = perf_counter()
        planner = Planner(
            self._script, host_instance(), self._setup.features, complete=self._setup.complete
        )
        plan = planner.run()
        self._lap("plan", start)
        self._results += plan.results
        groups = programs(plan.instances, plan.host)
        for number, group in enumerate(groups):
            members = set(group)
            steps = [step for step in plan.steps if step.instance in members]
            self._program(f"p{number}", plan, group, steps)
        results = sorted(self._results, key=lambda result: result.command)
        return ScriptReport(self._script, results, len(groups), self._seconds)

    def _lap(self, stage: str, start: float) -> float:
        now = perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - start
        return now

    def _program(self, name: str, plan: Plan, group: list[Instance], steps: list[Step]) -> None:
        start = perf_counter()
        objects = [path for each in group for path in self._objects(each, plan.host)]
        start = self._lap("compile", start)
        ready = []
        for step in steps:
            if step.instance in self._broken:
                self._results.append(Result(step.command, *self._broken[step.instance]))
            else:
                ready.append(step)
        if not ready:
            return
        try:
            table = Table()
            # Part of the program's first command.
            table.add(Step(ready[0].command, plan.host, None, (RETURNED,)))
            for step in ready:
                table.add(step)
            table_object = self._folder / f"{name}.table.o"
            table_object.write_bytes(self._emit_table(table))
            start = self._lap("table", start)
            image = self._folder / f"{name}.elf"
            host_object = self._setup.work / f"{HOST_NAME}.o"
            self._setup.system.link([table_object, *objects, host_object], image)
        except MewError as error:
            detail = f"cannot link: {error.render()}"
            self._results += [Result(step.command, FAIL, detail) for step in ready]
            return
        start = self._lap("link", start)
        ending = self._setup.system.run(image)
        self._lap("run", start)
        self._results += judge(ready, ending)

    def _emit_table(self, table: Table) -> bytes:
        # Not worth optimising: every thunk runs as often as the script says.
        cpu = self._setup.cpu
        return emit_object(table.text(cpu), cpu, 0).object_bytes

    def _objects(self, instance: Instance, host: Instance) -> list[Path]:
        providers = instance.providers.values()
        problem = next((self._broken[each] for each in providers if each in self._broken), None)
        if problem is None:
            try:
                contents = compile_instance(instance, self._setup)
            except Diagnostic as error:
                status = REFUSED if error.code == REFUSED_CODE else FAIL
                problem = (status, error.render(instance.file))
            except Exception:  # pylint: disable=broad-except
                # A defect of the compiler is a result of this run, not its end.
                problem = (FAIL, f"{instance.file}: {traceback.format_exc(limit=-3)}")
        if problem is not None:
            self._broken[instance] = problem
            return []
        paths = []
        for number, content in enumerate(contents):
            paths.append(self._folder / f"{instance.name}.{number}.o")
            paths[-1].write_bytes(content)
        return paths


def run_script(setup: Setup, script: Script) -> ScriptReport:
    """Judge every command of a script."""
    return _Run(setup, script).report()


def judge(steps: list[Step], ending: Ending) -> list[Result]:
    """Results of the steps of a program that ran; a command passes when all of its steps do."""
    failures: dict[int, str] = {}
    finished = False
    for line in ending.output.splitlines():
        kind, *words = line.split(" ")
        if kind == "F":
            failures[int(words[0])] = _describe(int(words[1]), [int(w, 16) for w in words[2:]])
        finished = finished or kind == "E"
    if not finished or ending.problem:
        reason = ending.problem.strip() or "no end report"
        detail = f"the program ended early: {reason}"
        return [Result(s.command, FAIL, failures.get(s.command, detail)) for s in steps]
    commands = dict.fromkeys(step.command for step in steps)
    return [
        Result(command, FAIL, f"got {failures[command]}")
        if command in failures
        else Result(command, PASS)
        for command in commands
    ]


def _describe(outcome: int, slots: list[int]) -> str:
    if outcome == RETURNED:
        return show_slots(slots)
    if outcome == _UNLINKABLE:
        return "an import that is too small"
    return f"the trap {traps.TRAP_MESSAGES.get(outcome, outcome)!r}"
