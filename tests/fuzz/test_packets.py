# SPDX-License-Identifier: Apache-2.0
"""Some hundred thousand random frames, and that a fault is seen."""
from __future__ import annotations

import re
from pathlib import Path

import packets
import pytest

FRAMES = 200_000
# Of the whole run: frames that are all dropped at the door would test nothing.
REACHED_MIN = {
    "accepted": 50,
    "stream_bytes": 1_000_000,
    "datagrams": 1_000,
    "resolved": 5,
    "leases": 1,
    "advertised": 5,
    "segments": 3_000,
    "resent": 100,
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packets.build(tmp_path_factory.mktemp("packets"), "debug")


def test_no_frame_is_a_fault(program: Path) -> None:
    outcome = packets.run(program, 1, FRAMES)
    assert outcome.exit_code == 0, outcome.tail
    counts = re.findall(r"\.(\w+) = (\d+)", outcome.tail.splitlines()[-1])
    reached = {name: int(count) for name, count in counts}
    short = {name: reached[name] for name, least in REACHED_MIN.items() if reached[name] < least}
    assert not short, f"the frames did not get far: {short}"


def test_lost_memory_is_seen(program: Path) -> None:
    outcome = packets.run(program, 1, 1, "leak")
    assert outcome.exit_code != 0
    assert "session 1," in outcome.tail
