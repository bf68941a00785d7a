# SPDX-License-Identifier: Apache-2.0
"""Linux's TCP and ours over a wire that loses, repeats, reorders and delays frames."""
from __future__ import annotations

import socket
import threading

import pytest
from bench import Bench
from bench import pattern
from bench import read_all
from bench import summary
from relay import Impairment

BULK_BYTES = 2 << 20

IMPAIRMENTS = [
    Impairment(loss=0.01),
    Impairment(loss=0.05, seed=2),
    Impairment(reorder=0.1),
    Impairment(duplicate=0.2),
    Impairment(delay_ms=20),
    Impairment(loss=0.02, duplicate=0.02, reorder=0.05, delay_ms=5),
]


def named(impairment: Impairment) -> str:
    default = Impairment()
    return "-".join(
        f"{name}={value}"
        for name, value in vars(impairment).items()
        if value != getattr(default, name)
    )


pytestmark = pytest.mark.parametrize("impaired", IMPAIRMENTS, indirect=True, ids=named)


def test_all_arrives_in_order(impaired: Bench) -> None:
    data = pattern(BULK_BYTES)
    assert impaired.ask("sink", data) == summary(data)
    assert impaired.ask(f"source {BULK_BYTES}") == data
    received: list[bytes] = []
    part = data[: BULK_BYTES // 4]
    with impaired.connect("echo") as connection:
        reader = threading.Thread(target=lambda: received.append(read_all(connection)))
        reader.start()
        connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        reader.join()
    assert received == [part]
    for number in range(20):
        text = b"connection %d" % number
        assert impaired.ask("echo", text) == text
    for counts in impaired.end_relay().values():
        assert counts["frames"] > 100, "the wire was not in use"
        assert not counts["refused"], counts
