# SPDX-License-Identifier: Apache-2.0
"""A debugger can hold the machine before its first instruction, and let it go."""
from __future__ import annotations

import socket
import threading

from mew.vm.machine import Machine
from probe import TIMEOUT_S
from probe import Finished
from probe import Probe
from probe import free_port


def connect(port: int, vm: threading.Thread) -> socket.socket:
    """The VM listens as soon as QEMU has started; until then connecting is refused."""
    while vm.is_alive():
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        except ConnectionRefusedError:
            vm.join(0.05)
    raise AssertionError("the VM ended before a debugger came")


def test_a_debugger_lets_the_vm_go(probe: Probe) -> None:
    port = free_port()
    finished: "list[Finished]" = []
    vm = threading.Thread(
        target=lambda: finished.append(probe.run("exit", "7", machine=Machine(gdb_port=port)))
    )
    vm.start()
    with connect(port, vm) as debugger:
        # GDB's remote protocol: why did it stop? Then detach, which lets it run.
        debugger.sendall(b"+$?#3f")
        answer = b""
        while b"#" not in answer:
            answer += debugger.recv(100)
        assert b"$T05" in answer
        assert not finished
        debugger.sendall(b"+$D#44")
        vm.join(TIMEOUT_S)
    assert finished[0].outcome.program_code == 7
