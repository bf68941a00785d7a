# SPDX-License-Identifier: Apache-2.0
"""A program for a newer CPU is refused before it starts, in words."""
from __future__ import annotations

import pytest
from mew.vm.machine import Machine
from mew.vm.report import Outcome
from mew_abi import protocol
from pipeline import System
from probe import Probe


@pytest.fixture(scope="module")
def level_3(kernel: System) -> Probe:
    return Probe.build(kernel, "probe.c", "-DCPU_LEVEL=\"3\"", stem="probe-v3")


def test_old_cpu_is_refused(level_3: Probe) -> None:
    finished = level_3.run("exit", "7", machine=Machine(cpu="qemu64"))
    assert finished.outcome == Outcome(protocol.RUNNER_EXIT_PANIC)
    assert "compiled for x86-64-v3, this CPU is x86-64-v1" in finished.stderr


def test_new_cpu_is_not(level_3: Probe) -> None:
    assert level_3.run("exit", "7").outcome.program_code == 7


def test_level_2_cpu_is_not_level_3(level_3: Probe) -> None:
    machine = Machine(cpu="Nehalem")
    finished = level_3.run("exit", "7", machine=machine)
    assert "this CPU is x86-64-v2" in finished.stderr
