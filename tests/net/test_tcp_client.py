# SPDX-License-Identifier: Apache-2.0
"""A program in a VM as the client of Linux's TCP."""
from __future__ import annotations

import socket
import threading
from typing import Callable

import pytest
from bench import TIMEOUT_S
from bench import Bench
from bench import Images
from bench import pattern
from bench import read_all
from bench import summary
from netvm import HOST_ADDRESS
from relay import Impairment

PORT = 9000
BULK_BYTES = 8 << 20
CONNECTIONS = 200
# wasi_snapshot_preview1
ERRNO_CONNREFUSED = 14
ERRNO_HOSTUNREACH = 23

Handler = Callable[[socket.socket], None]


def tell(connection: socket.socket) -> None:
    """Say what came, when all has come."""
    data = read_all(connection)
    connection.sendall(summary(data))


def give(connection: socket.socket) -> None:
    connection.sendall(pattern(BULK_BYTES))


def repeat(connection: socket.socket) -> None:
    connection.sendall(connection.recv(100))
    # The client closes first.
    assert connection.recv(1) == b""


def run(
    images: Images, handler: Handler | None, *words: object, count: int = 1,
    impairment: Impairment | None = None,
) -> str:
    """Run the client against a listener of the namespace; the last line of what it says."""
    with Bench.start(
        images.client, "--", *words, waits=False, offloads=impairment is None,
        impairment=impairment,
    ) as bench:
        if handler is not None:
            with bench.namespace.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
                listener.settimeout(TIMEOUT_S)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((HOST_ADDRESS, PORT))
                listener.listen()
                server = threading.Thread(target=serve, args=(listener, handler, count))
                server.start()
                server.join()
        assert bench.vm.wait() == 0, bench.vm.last_words()
        return bench.vm.output().splitlines()[-1]


def serve(listener: socket.socket, handler: Handler, count: int) -> None:
    for _ in range(count):
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(TIMEOUT_S)
            handler(connection)


IMPAIRMENTS = [None, Impairment(loss=0.02, duplicate=0.02, reorder=0.05, delay_ms=2)]


@pytest.mark.parametrize("impairment", IMPAIRMENTS, ids=["clean", "impaired"])
def test_upload(images: Images, impairment: Impairment | None) -> None:
    size = BULK_BYTES if impairment is None else BULK_BYTES // 8
    answer = run(images, tell, "upload", HOST_ADDRESS, PORT, size, impairment=impairment)
    assert answer == f"answer {summary(pattern(size)).decode().strip()}"


def test_download(images: Images) -> None:
    answer = run(images, give, "download", HOST_ADDRESS, PORT)
    assert answer == summary(pattern(BULK_BYTES)).decode().strip()


@pytest.mark.parametrize("impairment", IMPAIRMENTS, ids=["clean", "impaired"])
def test_connections_in_a_row(images: Images, impairment: Impairment | None) -> None:
    count = CONNECTIONS if impairment is None else CONNECTIONS // 10
    words = ("repeat", HOST_ADDRESS, PORT, count)
    assert run(images, repeat, *words, count=count, impairment=impairment) == f"{count}"


def test_nobody_listens(images: Images) -> None:
    assert run(images, None, "connect", HOST_ADDRESS, PORT) == f"errno {ERRNO_CONNREFUSED}"


def test_nobody_has_the_address(images: Images) -> None:
    assert run(images, None, "connect", "10.0.2.77", PORT) == f"errno {ERRNO_HOSTUNREACH}"
