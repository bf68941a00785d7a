# SPDX-License-Identifier: Apache-2.0
"""A few boots in a row, and that a run which differs would be told. `boots.py` makes thousands."""
from __future__ import annotations

from pathlib import Path

import boots
import pytest
from mew.vm.machine import MACHINES
from mew.vm.machine import Machine
from pipeline import System

COUNT = 10


@pytest.fixture(scope="module")
def image(kernel: System) -> Path:
    return kernel.link(boots.PROGRAM, "echo")


def test_boots_in_a_row(image: Path) -> None:
    found = [boots.boot(image, Machine(), number) for number in range(COUNT)]
    assert [each.difference for each in found] == [""] * COUNT


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_smallest_machines(image: Path, machine: str) -> None:
    assert not boots.boot(image, Machine(machine=machine, memory_mib=16), 255).difference


def test_a_difference_is_told(kernel: System) -> None:
    hello = kernel.link(boots.REPOSITORY / "examples/hello/hello.wat", "hello")
    assert "not (7, b'boot-7" in boots.boot(hello, Machine(), 7).difference


def test_percentiles() -> None:
    found = [boots.percentile(range(1, 101), each) for each in boots.PERCENTILES]
    assert found == [50, 90, 99, 100]
    assert boots.percentile([5.0], 50) == boots.percentile([5.0], 100) == 5.0
