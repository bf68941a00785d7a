# SPDX-License-Identifier: Apache-2.0
"""Growable tables and further memories, on machines of different sizes."""
from __future__ import annotations

import pytest
from mew.vm.machine import Machine
from probe import Probe


@pytest.mark.parametrize(
    ("machine", "memory_mib"),
    [("microvm", 16), ("microvm", 3000), ("microvm", 5000), ("pc", 5000), ("q35", 16)],
)
def test_tables_and_memories(probe: Probe, machine: str, memory_mib: int) -> None:
    """Sizes below, across and above the hole that machines leave below 4 GiB."""
    shape = Machine(machine=machine, memory_mib=memory_mib)
    assert probe.run("tables_and_memories", machine=shape).outcome.program_code == 0
