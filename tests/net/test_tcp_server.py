# SPDX-License-Identifier: Apache-2.0
"""Linux's TCP as the client of a program in a VM."""
from __future__ import annotations

import errno
import select
import socket
import struct
import threading

import pytest
from bench import PORT
from bench import TIMEOUT_S
from bench import Bench
from bench import Images
from bench import pattern
from bench import read_all
from bench import summary
from namespace import Namespace
from netvm import GUEST_ADDRESS
from netvm import HOST_ADDRESS
from netvm import Vm
from netvm import run_argv
from netvm import static_options

MAC = "52:54:00:12:34:56"
BULK_BYTES = 16 << 20
# More than both sides' buffers hold, so that a window closes.
WINDOW_BYTES = 12 << 20


def test_clients_that_are_there_first(images: Images) -> None:
    """Their requests wait in the tap, and are answered: nobody is refused while a VM starts."""
    namespace = Namespace()
    tap = namespace.open_tap("tap0", f"{HOST_ADDRESS}/24")
    namespace.run("ip", "neigh", "add", GUEST_ADDRESS, "lladdr", MAC, "dev", "tap0")
    clients = [namespace.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(50)]
    for client in clients:
        client.setblocking(False)
        assert client.connect_ex((GUEST_ADDRESS, PORT)) == errno.EINPROGRESS
    with Vm(run_argv(images.server, tap, *static_options(), "--mac", MAC), tap):
        for client in clients:
            assert select.select([], [client], [], TIMEOUT_S)[1]
            client.settimeout(TIMEOUT_S)
            client.sendall(b"echo\nhello")
            assert client.recv(100) == b"hello"
            client.close()
    namespace.close()


def test_bulk_to_the_vm(bench: Bench) -> None:
    data = pattern(BULK_BYTES)
    assert bench.ask("sink", data) == summary(data)


def test_bulk_from_the_vm(bench: Bench) -> None:
    assert bench.ask(f"source {BULK_BYTES}") == pattern(BULK_BYTES)


def test_both_directions_at_once(bench: Bench) -> None:
    data = pattern(4 << 20)
    received: list[bytes] = []
    with bench.connect("echo") as connection:
        reader = threading.Thread(target=lambda: received.append(read_all(connection)))
        reader.start()
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        reader.join()
    assert received == [data]


def test_many_small_writes(bench: Bench) -> None:
    assert bench.ask("small 20000") == pattern(20_000)
    data = pattern(5_000)
    with bench.connect("sink") as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            connection.send(bytes([byte]))
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == summary(data)


def test_the_server_ends_its_sending_first(bench: Bench) -> None:
    data = pattern(300_000)
    with bench.connect("half") as connection:
        assert read_all(connection) == b"over\n"
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    # Its last bytes may still be on their way when the next connection asks.
    for _ in range(1000):
        if bench.ask("last") == summary(data):
            return
    raise AssertionError(bench.ask("last"))


def test_closing_with_unread_data_resets(bench: Bench) -> None:
    with bench.connect() as connection:
        connection.sendall(b"unread\nnobody reads this")
        with pytest.raises(ConnectionResetError):
            read_all(connection)
            # The reset may come after the end; then the next write finds it.
            while True:
                connection.send(b"x")


@pytest.mark.parametrize("command", [f"source {BULK_BYTES}", "echo", "hold"])
def test_a_client_that_resets(bench: Bench, command: str) -> None:
    before = bench.stats()[1]
    for _ in range(20):
        connection = bench.connect(command)
        connection.sendall(b"data")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    assert bench.ask("echo", b"still here") == b"still here"
    if command == "hold":
        # Nothing was polled for them; now each is read, and fails.
        bench.ask("release")
    for _ in range(1000):
        if bench.stats()[1] == before:
            return
    raise AssertionError(f"{bench.stats()[1]} connections open, {before} before")


def test_a_port_where_nobody_listens(bench: Bench) -> None:
    with pytest.raises(ConnectionRefusedError):
        bench.namespace.connect((GUEST_ADDRESS, PORT + 1), 10.0)


def test_a_client_that_reads_late(bench: Bench) -> None:
    """Our window probes: the client's window closes, and opens after a while."""
    with bench.connect(f"source {WINDOW_BYTES}") as connection:
        sent = -1
        while (now := bench.stats()[3]) != sent:
            sent = now
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == pattern(WINDOW_BYTES)


def window_limited_us(connection: socket.socket) -> int:
    """How long the peer's window has held a connection up (TCP_INFO, tcpi_rwnd_limited)."""
    information = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 184)
    return int(struct.unpack_from("=Q", information, 176)[0])


def test_a_server_that_reads_late(bench: Bench) -> None:
    """Our window closes, and what Linux sends then is not lost."""
    data = pattern(WINDOW_BYTES)
    with bench.connect("hold") as connection:
        sender = threading.Thread(
            target=lambda: (connection.sendall(data), connection.shutdown(socket.SHUT_WR))
        )
        sender.start()
        # Long enough for Linux to ask whether the window is open.
        while window_limited_us(connection) < 500_000:
            assert sender.is_alive()
        assert bench.ask("release") == b"1\n"
        sender.join()
        assert read_all(connection) == summary(data)


def test_connections_in_a_row(bench: Bench) -> None:
    for number in range(1000):
        text = b"connection %d" % number
        assert bench.ask("echo", text) == text


def test_connections_at_once(bench: Bench) -> None:
    connections = [bench.connect("echo") for _ in range(1000)]
    for turn in range(2):
        for number, connection in enumerate(connections):
            connection.sendall(b"%d:%d" % (turn, number))
        for number, connection in enumerate(connections):
            expected = b"%d:%d" % (turn, number)
            assert connection.recv(len(expected), socket.MSG_WAITALL) == expected
    for connection in connections:
        connection.close()
    while bench.stats()[1] > 1:
        pass
