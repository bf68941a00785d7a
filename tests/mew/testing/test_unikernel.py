# SPDX-License-Identifier: Apache-2.0
"""The machine as an object: ports once the program listens, output, and its end."""
from __future__ import annotations

import socket
from typing import Callable
from typing import List

import pytest
from mew.testing.unikernel import Unikernel
from mew.testing.unikernel import UnikernelError
from standin_server import LISTEN

Boot = Callable[[str], List[str]]


def test_a_program_that_serves(serving: List[str]) -> None:
    with Unikernel(serving, ["one"]) as machine:
        port = machine.port(8080)
        assert machine.url(8080, "/a") == f"http://127.0.0.1:{port}/a"
        with socket.create_connection((machine.address, port)) as connection:
            assert connection.recv(100) == b"hello"
        assert "served\n" in machine.wait_for_output("served")
        assert machine.exit_code is None
        assert machine.stop() == 0
        assert machine.exit_code == 0
        assert "leads to port 8080" in machine.error_output


def test_a_port_is_given_out_when_the_program_listens(boot: Boot) -> None:
    """It does so only after a connection of the test's has come."""
    with Unikernel(boot("server.accept()\nprint('first', flush=True)\n" + LISTEN)) as machine:
        assert machine._ports is not None
        _, port = machine._ports["tcp", 8080]
        assert machine.output == ""
        socket.create_connection(("127.0.0.1", port)).close()
        assert machine.port(8080) == port
        assert machine.wait_for_output("first").startswith("first")


def test_ports_that_are_not_forwarded(serving: List[str]) -> None:
    with Unikernel(serving) as machine:
        with pytest.raises(UnikernelError, match="tcp:81 .*: tcp:8080") as refused:
            machine.port(81)
        assert "forward_ports" in str(refused.value)
        with pytest.raises(UnikernelError, match="udp:8080"):
            machine.port(8080, "udp")


def test_a_program_that_ends_before_it_listens(boot: Boot) -> None:
    body = "print('out', flush=True); say(b'cannot\\n'); end(b'exit', 7, 33)"
    with Unikernel(boot(body)) as machine:
        with pytest.raises(UnikernelError, match="ended with 7 before it listened") as ended:
            machine.url(8080)
        assert "cannot\n" in str(ended.value) and "out\n" in str(ended.value)
        assert machine.wait_for_error_output("cannot").endswith("cannot\n")
        with pytest.raises(UnikernelError, match="before it wrote 'more'"):
            machine.wait_for_output("more")
        assert machine.wait() == 7


def test_a_machine_that_does_not_start(boot: Boot) -> None:
    command = boot("")
    command[command.index("--publish") + 1] = "192.0.2.1:8080:8080"
    with pytest.raises(UnikernelError, match=r"ended with 1 .*ports(.|\n)*192\.0\.2\.1:8080"):
        Unikernel(command)


@pytest.mark.parametrize(
    ("body", "looked_at", "fault"),
    [
        (LISTEN, False, ""),
        ("code = 3\n" + LISTEN, False, ""),
        ("end(b'exit', 0, 33)", False, ""),
        ("end(b'exit', 3, 33)", False, "ended by itself, with exit code 3"),
        ("end(b'exit', 3, 33)", True, ""),
        ("def stop(count): end(b'trap', 1, 35)\n" + LISTEN, False, "broke: exit code 134"),
    ],
)
def test_ends_that_no_test_has_looked_at(
    boot: Boot, body: str, looked_at: bool, fault: str
) -> None:
    with Unikernel(boot(body)) as machine:
        if "end(b'exit'" in body and "stop" not in body:
            machine._follower.join()
        if looked_at:
            assert machine.exit_code == 3
        assert fault in machine.end_fault()
        assert bool(machine.end_fault()) <= bool(fault)
