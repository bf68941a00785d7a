# SPDX-License-Identifier: Apache-2.0
"""One protection, one attempt to break it: each must end the run before the program goes on."""
from __future__ import annotations

import re
from pathlib import Path

import boundary_module
import must_die
import pytest
from mew.vm.machine import Machine
from mew.vm.report import Outcome
from mew_abi import protocol
from mew_abi import traps
from pipeline import System
from probe import Probe

# What a WebAssembly program may do is a trap.
TRAPS = {
    "write_memory_end": traps.MEMORY_OUT_OF_BOUNDS,
    "read_window_end": traps.MEMORY_OUT_OF_BOUNDS,
    "read_second_memory": traps.MEMORY_OUT_OF_BOUNDS,
    "read_null_funcref": traps.UNINITIALIZED_ELEMENT,
    "divide": traps.INTEGER_DIVIDE_BY_ZERO,
    "overflow": traps.CALL_STACK_EXHAUSTED,
}


@pytest.mark.parametrize("attempt", must_die.ATTEMPTS, ids=lambda attempt: attempt.action)
def test_violation_is_a_panic(probe: Probe, attempt: must_die.Attempt) -> None:
    finished = probe.run(attempt.action)
    assert not must_die.attempt_survived(attempt, finished), finished


@pytest.mark.parametrize("action", sorted(TRAPS))
def test_fault_is_a_trap(probe: Probe, action: str) -> None:
    finished = probe.run(action)
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_TRAP), finished
    assert f"trap: {traps.TRAP_MESSAGES[TRAPS[action]]}" in finished.stderr
    assert "in wasm function 'act'" in finished.stderr
    assert b"FAILURE" not in finished.stdout


def test_a_panic_names_the_kernels_own_functions(probe: Probe) -> None:
    """A memory that no compiler makes breaks an assertion of the kernel's."""
    finished = probe.run("break_kernel")
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_PANIC), finished
    frames = re.findall(r"#\d+ 0x[0-9a-f]+ (.*) \+ 0x[0-9a-f]+\n", finished.stderr)
    assert "'mem.vm.allocateAt'" in frames, finished.stderr
    # The exported name, not that of the function in its file; then the program.
    assert "'mew.memory_grow'" in frames and "wasm function 'act'" in frames


def test_out_of_bounds_report_says_where(probe: Probe) -> None:
    finished = probe.run("write_memory_end")
    assert "address 0x10000 in a linear memory of 65536 bytes (1 pages)" in finished.stderr


@pytest.mark.parametrize("kind", [min(traps.TRAP_MESSAGES), max(traps.TRAP_MESSAGES)])
def test_a_trap_kind_has_its_text(probe: Probe, kind: int) -> None:
    finished = probe.run("trap", str(kind))
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_TRAP), finished
    assert f"trap: {traps.TRAP_MESSAGES[kind]}\n" in finished.stderr


@pytest.mark.parametrize("kind", [0, max(traps.TRAP_MESSAGES) + 1])
def test_an_unknown_kind_is_no_trap(probe: Probe, kind: int) -> None:
    finished = probe.run("trap", str(kind))
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_PANIC), finished
    assert "panic: invalid opcode" in finished.stderr


@pytest.mark.parametrize("cpu", sorted(must_die.PROTECTIONS))
def test_protections_of_the_processor_are_on(probe: Probe, cpu: str) -> None:
    """CR0.WP, EFER.NXE, CR4.SMEP, SMAP and UMIP: each if and only if the processor has it."""
    finished = probe.run("protections", machine=Machine(cpu=cpu))
    assert finished.outcome.program_code == 0
    assert finished.stdout.decode().split() == must_die.PROTECTIONS[cpu].split()


def test_a_processor_without_execute_disable_is_refused(probe: Probe) -> None:
    finished = probe.run("return", machine=Machine(cpu="max,-nx"))
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_PANIC), finished
    assert "cannot start: the CPU has no execute-disable bit (NX)" in finished.stderr


@pytest.fixture(scope="module", params=["kernel", "linux"])
def escapes(
    request: pytest.FixtureRequest, kernel: System, tmp_path_factory: pytest.TempPathFactory
) -> "tuple[str, Path]":
    name = request.param
    system = kernel if name == "kernel" else System.build(name, tmp_path_factory.mktemp(name))
    return name, must_die.build_escapes(system)


def test_the_list_of_accesses_is_whole() -> None:
    """Every width, read and written; counted by hand from the specification, section 2.4.7."""
    names = [escape.name for escape in boundary_module.ESCAPES if escape.is_access]
    assert sum(".load" in name for name in names) == 14 + 17
    assert sum(".store" in name for name in names) == 9 + 1 + 4


def test_a_program_stays_in_its_sandbox(escapes: "tuple[str, Path]") -> None:
    """Each access one byte too far, and each bad indirect call, is a trap with its name."""
    system, program = escapes
    survivors = {
        escape.name: finished
        for number, escape in enumerate(boundary_module.ESCAPES)
        if must_die.escape_survived(
            escape, finished := must_die.run_escape(program, system, number, escape.address)
        )
    }
    assert not survivors


def test_the_last_address_is_allowed(escapes: "tuple[str, Path]") -> None:
    """The same accesses one byte lower, all in one run: the traps above are no accident."""
    system, program = escapes
    finished = must_die.run_escape(program, system, len(boundary_module.ESCAPES), 0)
    assert finished.outcome.exit_code == 0, finished


def test_stack_and_heap_move_from_boot_to_boot(kernel_with_files: System) -> None:
    """2^24 places of the stack and 2^28 of the heap: equal ones would be no chance."""
    probe = Probe.build(kernel_with_files, "probe.c")
    logs = [probe.run("return", log_level="debug").stderr for _ in range(3)]
    for what in ("stack below", "heap from"):
        places = [re.findall(rf"mew: debug: {what} (0x[0-9a-f]+)\n", log) for log in logs]
        assert all(len(found) == 1 for found in places), logs
        assert len({found[0] for found in places}) == len(logs), places
