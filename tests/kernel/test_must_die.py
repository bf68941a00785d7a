# SPDX-License-Identifier: Apache-2.0
"""One protection, one attempt to break it: each must end the run before the program goes on."""
from __future__ import annotations

import re

import pytest
from mew.vm.report import Outcome
from mew_abi import protocol
from mew_abi import traps
from probe import Probe

# What only broken code does ends as a panic that names the access.
VIOLATIONS = {
    "write_text": "page fault: write",
    "text_alias": "page fault: write",
    "write_rodata": "page fault: write",
    "run_rodata": "page fault: execute",
    "run_data": "page fault: execute",
    "run_stack": "page fault: execute",
    "run_memory": "page fault: execute",
    "run_direct_map": "page fault: execute",
    "read_null": "page fault: read",
    "run_null": "page fault: execute",
    "read_low": "page fault: read",
}

# What a WebAssembly program may do is a trap.
TRAPS = {
    "write_memory_end": traps.MEMORY_OUT_OF_BOUNDS,
    "read_window_end": traps.MEMORY_OUT_OF_BOUNDS,
    "read_second_memory": traps.MEMORY_OUT_OF_BOUNDS,
    "read_null_funcref": traps.UNINITIALIZED_ELEMENT,
    "divide": traps.INTEGER_DIVIDE_BY_ZERO,
    "overflow": traps.CALL_STACK_EXHAUSTED,
}


@pytest.mark.parametrize("action", sorted(VIOLATIONS))
def test_violation_is_a_panic(probe: Probe, action: str) -> None:
    finished = probe.run(action)
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_PANIC), finished
    assert f"panic: {VIOLATIONS[action]} of address 0x" in finished.stderr
    assert "backtrace:" in finished.stderr
    assert b"FAILURE" not in finished.stdout


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


def test_protections_of_the_processor_are_on(probe: Probe) -> None:
    """CR0.WP, CR4.SMEP, SMAP and UMIP; the emulated processor has them all."""
    assert probe.run("control_registers").outcome.program_code == 0


def test_the_stack_moves_from_boot_to_boot(probe: Probe) -> None:
    """Two of 2^24 places: equal ones would be a constant, not chance."""
    first, second = (probe.run("stack_address") for _ in range(2))
    assert len(first.stdout) == 8
    assert first.stdout != second.stdout
