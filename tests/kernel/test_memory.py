# SPDX-License-Identifier: Apache-2.0
"""Growable tables and further memories, on machines of different sizes."""
from __future__ import annotations

import pytest
from mew.vm.machine import Machine
from probe import Probe


@pytest.mark.parametrize("machine", ["microvm", "pc", "q35"])
@pytest.mark.parametrize("memory_mib", [16, 3000, 5000])
def test_tables_and_memories(probe: Probe, machine: str, memory_mib: int) -> None:
    """Sizes below, across and above the hole that machines leave below 4 GiB."""
    shape = Machine(machine=machine, memory_mib=memory_mib)
    assert probe.run("tables_and_memories", machine=shape).outcome.program_code == 0
