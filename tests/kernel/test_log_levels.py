# SPDX-License-Identifier: Apache-2.0
"""Each level shows its own messages and those above it; output and reports are not messages."""
from __future__ import annotations

import re

import pytest
from mew.vm.machine import LOG_LEVELS
from mew.vm.machine import Machine
from probe import Probe

SHOWN = {"error": [], "warn": [], "info": ["info"], "debug": ["debug", "info"]}


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_a_level_shows_its_messages(probe: Probe, level: str) -> None:
    finished = probe.run("say", log_level=level)
    assert finished.outcome.program_code == 0 and finished.stdout == b"to stdout\n"
    levels = re.findall(r"^mew: (\w+): \S", finished.stderr, re.M)
    assert sorted(set(levels)) == SHOWN[level], finished.stderr
    others = [line for line in finished.stderr.splitlines() if not line.startswith("mew: ")]
    assert others == ["to stderr"]


@pytest.mark.parametrize("machine", ["microvm", "pc"])
def test_the_machine_is_told(probe: Probe, machine: str) -> None:
    said = probe.run("say", machine=Machine(machine=machine), log_level="info").stderr
    assert re.search(r"^mew: info: x86-64-v[123] processor$", said, re.M), said
    assert re.search(r"^mew: info: \d+ KiB of memory are free$", said, re.M), said
    assert "mew: info: standard output goes to a virtio console\n" in said


def test_a_trap_is_told_at_every_level(probe: Probe) -> None:
    assert "trap: unreachable\n" in probe.run("trap", "1", log_level="error").stderr
