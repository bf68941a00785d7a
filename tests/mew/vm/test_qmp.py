# SPDX-License-Identifier: Apache-2.0
"""QEMU's monitor: commands, answers in pieces, refusals, and a QEMU that is gone."""
from __future__ import annotations

import json
import socket
import threading
from typing import Iterator

import pytest
from mew.vm.qmp import Monitor
from mew.vm.qmp import MonitorError
from mew.vm.qmp import monitor_argv

GREETING = b'{"QMP": {"version": {}, "capabilities": ["oob"]}}\r\n'


@pytest.fixture
def pair() -> Iterator["tuple[Monitor, socket.socket]"]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Monitor(ours), theirs


def commands(theirs: socket.socket) -> "list[dict]":
    return [json.loads(line) for line in theirs.recv(4096).splitlines()]


def answer_later(theirs: socket.socket, *pieces: bytes) -> threading.Thread:
    """Send `pieces` once the command has come."""

    def answer() -> None:
        theirs.recv(4096)
        for piece in pieces:
            theirs.sendall(piece)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_arguments_of_qemu() -> None:
    assert monitor_argv(5) == (
        "-chardev", "socket,id=monitor,fd=5", "-mon", "chardev=monitor,mode=control",
    )  # fmt: skip


def test_commands_are_sent_after_the_greeting_has_been_ended(
    pair: "tuple[Monitor, socket.socket]",
) -> None:
    monitor, theirs = pair
    assert monitor.send("inject-nmi") == 1
    assert monitor.send("device_del", id="net0") == 2
    assert commands(theirs) == [
        {"execute": "qmp_capabilities", "id": 0},
        {"execute": "inject-nmi", "id": 1},
        {"execute": "device_del", "id": 2, "arguments": {"id": "net0"}},
    ]


def test_messages_may_come_in_pieces(pair: "tuple[Monitor, socket.socket]") -> None:
    monitor, theirs = pair
    theirs.sendall(GREETING + b'{"return": {}, "id"')
    first = monitor.receive()
    assert first is not None and list(first[0]) == ["QMP"] and len(first) == 1
    theirs.sendall(b": 0}\r\n")
    assert monitor.receive() == [{"return": {}, "id": 0}]
    theirs.close()
    assert monitor.receive() is None


def test_a_value_is_waited_for(pair: "tuple[Monitor, socket.socket]") -> None:
    monitor, theirs = pair
    thread = answer_later(
        theirs, GREETING, b'{"return": {}, "id": 0}\r\n{"event": "STOP"}\r\n{"return": ',
        b'{"running": true}, "id": 1}\r\n',
    )
    assert monitor.execute("query-status") == {"running": True}
    thread.join()


def test_a_refusal_has_qemus_words(pair: "tuple[Monitor, socket.socket]") -> None:
    monitor, theirs = pair
    error = b'{"error": {"class": "GenericError", "desc": "no such machine"}, "id": 1}\r\n'
    thread = answer_later(theirs, GREETING, error)
    with pytest.raises(MonitorError, match="'cont'.*no such machine"):
        monitor.execute("cont")
    thread.join()


def test_no_answer_in_time(pair: "tuple[Monitor, socket.socket]") -> None:
    with pytest.raises(MonitorError, match="'stop' within 0.05 s"):
        pair[0].execute("stop", timeout_s=0.05)


def test_qemu_is_gone(pair: "tuple[Monitor, socket.socket]") -> None:
    monitor, theirs = pair
    theirs.close()
    with pytest.raises(MonitorError, match="gone.*'stop'"):
        monitor.execute("stop")
