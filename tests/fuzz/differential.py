# SPDX-License-Identifier: Apache-2.0
"""Random programs on two engines: `python tests/fuzz/differential.py --count N --seed S`.

Each program is compiled by this repository's compiler, linked with the Linux host, and run; and
run by wasmtime. Results, traps and the state after every call must be the same. A mismatch is
reduced (`--reduce`) and written to `--keep` as text. The same seeds give the same programs.
Needs `src/python` on PYTHONPATH.
"""
from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from typing import Optional
from typing import Sequence

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path[:0] = [
    str(HERE),
    str(TESTS / "spec"),
    str(TESTS / "support"),
    str(TESTS.parent / "src/python"),
]

import wasmtime  # noqa: E402
from execute import Setup  # noqa: E402
from execute import compile_instance  # noqa: E402
from execute import judge  # noqa: E402
from frame import EDGES  # noqa: E402
from instances import Instance  # noqa: E402
from pieces import PAGES  # noqa: E402
from plan import PASS  # noqa: E402
from plan import RETURNED  # noqa: E402
from plan import Step  # noqa: E402
from programs import ModuleWriter  # noqa: E402
from reduce import reduced  # noqa: E402
from systems import System  # noqa: E402
from table import Table  # noqa: E402

from mew_abi import traps  # noqa: E402
from wasker.codegen.emit import emit_object  # noqa: E402
from wasker.options import CPU_LEVELS  # noqa: E402
from wasker.wasm.features import SUPPORTED  # noqa: E402
from wasker.wasm.reader import read_module  # noqa: E402

CALLS_PER_FUNCTION = 5
_MASK = (1 << 64) - 1
# wasmtime does not tell the table's bound from the call's.
_KINDS = {
    wasmtime.TrapCode.UNREACHABLE: (traps.UNREACHABLE,),
    wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO: (traps.INTEGER_DIVIDE_BY_ZERO,),
    wasmtime.TrapCode.INTEGER_OVERFLOW: (traps.INTEGER_OVERFLOW,),
    wasmtime.TrapCode.BAD_CONVERSION_TO_INTEGER: (traps.INVALID_CONVERSION,),
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: (traps.MEMORY_OUT_OF_BOUNDS,),
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: (traps.TABLE_OUT_OF_BOUNDS, traps.UNDEFINED_ELEMENT),
    wasmtime.TrapCode.INDIRECT_CALL_TO_NULL: (traps.UNINITIALIZED_ELEMENT,),
    wasmtime.TrapCode.BAD_SIGNATURE: (traps.INDIRECT_CALL_TYPE_MISMATCH,),
}


class Call(NamedTuple):
    """One call of an export and what the reference engine says of it."""

    name: str
    arguments: tuple[int, ...]
    outcomes: tuple[int, ...] = ()
    result: Optional[int] = None


class Verdict(NamedTuple):
    """What became of one program."""

    seed: int
    calls: int
    traps: dict[str, int]
    problems: list[str]
    seconds: float
    text: str


def _calls(seed: int, functions: int) -> list[Call]:
    chance = random.Random(~seed)
    size = PAGES << 16

    def number() -> int:
        return chance.choice((chance.getrandbits(64), chance.getrandbits(8), 0, _MASK, 1 << 63))

    found = []
    for index in range(functions):
        for _ in range(CALLS_PER_FUNCTION):
            found.append(Call(f"run{index}", (number(), number())))
    chance.shuffle(found)
    for index in range(EDGES):
        places = [0, size - 1, 0xFFFFFFFF, *(size - chance.randrange(40) for _ in range(5))]
        found += [Call(f"edge{index}", (place, number())) for place in places]
    # The state is compared after each call.
    return [each for call in found for each in (call, Call("state", ()))]


def _answer(binary: bytes, calls: Sequence[Call], *, to_trap: bool) -> list[Call]:
    """The calls with wasmtime's outcomes; `to_trap`: up to the first `run*` that traps."""
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, binary), [])
    exports = instance.exports(store)
    answered = []
    for call in calls:
        if call.name not in exports:
            continue
        signed = [value - (1 << 64) if value >> 63 else value for value in call.arguments]
        try:
            result = exports[call.name](store, *signed) & _MASK
            answered.append(call._replace(outcomes=(RETURNED,), result=result))
        except wasmtime.Trap as trap:
            answered.append(call._replace(outcomes=_KINDS[trap.trap_code]))
            if to_trap and call.name.startswith("run"):
                break
    return answered


def reference(binary: bytes, calls: Sequence[Call], optimisation: int) -> list[Call]:
    """The calls that can be compared, with wasmtime's outcomes; missing exports are left out.

    A trap ends a program, so LLVM drops stores that only a trap would follow, and what memory
    holds after a trap cannot be compared in optimised code: calls that trap are left out but for
    one, which comes last.
    """
    if optimisation == 0:
        return _answer(binary, calls, to_trap=False)
    remaining = list(calls)
    last: list[Call] = []
    while True:
        answered = _answer(binary, remaining, to_trap=True)
        trapping = answered[-1] if answered else Call("", ())
        if trapping.result is not None or not trapping.name.startswith("run"):
            return answered + _answer(binary, [*remaining, *last], to_trap=True)[len(answered) :]
        last = [Call(trapping.name, trapping.arguments)]
        remaining.remove(last[0])


def _step(number: int, instance: Instance, call: Call) -> Step:
    arguments = [{"type": "i64", "value": str(value)} for value in call.arguments]
    action = {"type": "invoke", "field": call.name, "args": arguments}
    expected = None if call.result is None else [{"type": "i64", "value": str(call.result)}]
    return Step(number, instance, action, call.outcomes, expected)


def problems(binary: bytes, calls: Sequence[Call], setup: Setup, name: str) -> list[str]:
    """Compile, link and run; a line for each call that did not do what the reference did."""
    module = read_module(binary, SUPPORTED)
    instance = Instance("fuzz", name, binary, module, -1)
    table_path = setup.work / f"{name}.table.o"
    paths = []
    for number, content in enumerate(compile_instance(instance, setup)):
        paths.append(setup.work / f"{name}.{number}.o")
        paths[-1].write_bytes(content)
    steps = [_step(number, instance, call) for number, call in enumerate(calls)]
    table = Table()
    table.add(Step(len(steps), instance, None, (RETURNED,)))
    for step in steps:
        table.add(step)
    table_path.write_bytes(emit_object(table.text(setup.cpu), setup.cpu, 0).object_bytes)
    image = setup.work / f"{name}.elf"
    setup.system.link([table_path, *paths], image)
    ending = setup.system.run(image)
    for each in (*paths, table_path, image):
        each.unlink()
    found = []
    for result in judge(steps, ending):
        if result.status != PASS:
            call = calls[result.command]
            wanted = hex(call.result) if call.result is not None else call.outcomes
            found.append(f"{call.name}{call.arguments}: {result.detail}, wanted {wanted}")
    return found


def check(setup: Setup, seed: int) -> Verdict:
    """One program. Any exception of the compiler or linker is a problem like a wrong result."""
    start = perf_counter()
    writer = ModuleWriter(seed)
    text = writer.text()
    binary = bytes(wasmtime.wat2wasm(text))
    calls = reference(binary, _calls(seed, writer.count), setup.optimisation)
    kinds = Counter(
        traps.TRAP_MESSAGES[call.outcomes[0]] for call in calls if call.result is None
    )
    try:
        found = problems(binary, calls, setup, f"seed{seed}")
    except Exception as error:  # pylint: disable=broad-except
        found = [f"{type(error).__name__}: {error}"]
    return Verdict(seed, len(calls), dict(kinds), found, perf_counter() - start, text)


def _still_fails(setup: Setup, seed: int, text: str) -> bool:
    """Whether a smaller program is valid and its engines still disagree."""
    try:
        binary = bytes(wasmtime.wat2wasm(text))
        # Most variants are invalid, and compiling them is slower than this.
        wasmtime.Module.validate(wasmtime.Engine(), binary)
        calls = reference(binary, _calls(seed, ModuleWriter(seed).count), setup.optimisation)
    except (wasmtime.WasmtimeError, KeyError):
        return False
    try:
        return bool(problems(binary, calls, setup, f"reduce{seed}"))
    except Exception:  # pylint: disable=broad-except
        return True


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare random programs with wasmtime.")
    parser.add_argument("--count", type=int, default=20, help="number of programs")
    parser.add_argument("--seed", type=int, default=0, help="of the first program")
    parser.add_argument("--cpu", choices=tuple(CPU_LEVELS), default="x86-64-v2")
    parser.add_argument("--optimisation", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--reduce", type=int, default=0, metavar="ATTEMPTS",
                        help="make each failing program smaller, with so many attempts")
    parser.add_argument("--keep", type=Path, help="folder for the texts of failing programs")
    return parser.parse_args(arguments)


def _report(verdict: Verdict, options: argparse.Namespace, setup: Setup) -> None:
    print(f"seed {verdict.seed}: {len(verdict.problems)} of {verdict.calls} calls differ")
    for line in verdict.problems[:5]:
        print(f"  {line}")
    text = verdict.text
    if options.reduce:
        text = reduced(text, partial(_still_fails, setup, verdict.seed), options.reduce)
        print(text)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        (options.keep / f"seed{verdict.seed}.wat").write_text(text)


def run(options: argparse.Namespace, work: Path) -> int:
    """Check all programs, print differences and totals; returns the number of bad programs."""
    setup = Setup(
        System.build("host", work), work, SUPPORTED, False, options.cpu, options.optimisation
    )
    seeds = range(options.seed, options.seed + options.count)
    calls, bad, kinds = 0, 0, Counter[str]()
    start = perf_counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(partial(check, setup), seeds):
            calls += verdict.calls
            kinds.update(verdict.traps)
            if verdict.problems:
                bad += 1
                _report(verdict, options, setup)
    trapped = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    print(
        f"{options.count} programs, {calls} calls ({sum(kinds.values())} traps: {trapped}), "
        f"{bad} programs differ; {perf_counter() - start:.0f} s"
    )
    return bad


def main(arguments: Sequence[str]) -> int:
    """Run; 1 when any program differs."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as work:
        return 1 if run(options, Path(work)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
