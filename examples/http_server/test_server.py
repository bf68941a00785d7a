# SPDX-License-Identifier: Apache-2.0
"""The server in a VM, asked by the clients of Python's standard library and by hand."""
from __future__ import annotations

import http.client
import re
import socket
from concurrent.futures import ThreadPoolExecutor

from mew.testing.unikernel import Unikernel

PORT = 8080
TIMEOUT_S = 60


def connect(unikernel: Unikernel) -> socket.socket:
    return socket.create_connection((unikernel.address, unikernel.port(PORT)), TIMEOUT_S)


def client(unikernel: Unikernel) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(unikernel.address, unikernel.port(PORT), timeout=TIMEOUT_S)


def test_one_connection_serves_many_requests(unikernel: Unikernel) -> None:
    connection = client(unikernel)
    for path, status, words in (
        ("/", 200, b"This page comes from a unikernel."),
        ("/style%2ecss?version=1", 200, b"sans-serif"),
        ("/none", 404, b"404 Not Found"),
    ):
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        assert (response.status, words in body) == (status, True), path
        assert int(response.headers["Content-Length"]) == len(body)
        assert response.headers["Connection"] == "keep-alive"
        connection.request("HEAD", path)
        head = connection.getresponse()
        assert head.read() == b"" and head.status == status
        assert head.headers["Content-Length"] == response.headers["Content-Length"]


def test_requests_sent_at_once_are_answered_in_order(unikernel: Unikernel) -> None:
    with connect(unikernel) as peer:
        peer.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n"
            b"GET /style.css HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        answers = b"".join(iter(lambda: peer.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"404", b"200"]
    assert answers.index(b"unikernel") < answers.index(b"404 Not Found") < answers.index(b"sans")


def test_what_is_no_request_is_refused(unikernel: Unikernel) -> None:
    for text, status in {
        b"GET\r\n\r\n": b"400",
        b"GET / HTTP/1.1\r\n\r\n": b"400",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n": b"400",
        b"GET ../style.css HTTP/1.1\r\nHost: a\r\n\r\n": b"400",
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx": b"405",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n": b"505",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n": b"501",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 9000: b"431",
    }.items():
        with connect(unikernel) as peer:
            peer.sendall(text)
            answer = peer.recv(12)
        assert answer == b"HTTP/1.1 " + status, text


def test_it_ends_when_it_has_answered(unikernel: Unikernel) -> None:
    """The last test: afterwards nobody listens any more."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with connect(unikernel) as idle, connect(unikernel) as peer, ThreadPoolExecutor(1) as pool:
        # With the first answer it is certain that the start of the second request has come too.
        peer.sendall(request + request[:10])
        assert b"keep-alive" in peer.recv(65536)
        exit_code = pool.submit(unikernel.stop)
        assert idle.recv(1) == b""
        peer.sendall(request[10:])
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
        assert b"HTTP/1.1 200 OK" in answer and b"Connection: close" in answer
        assert exit_code.result(TIMEOUT_S) == 0
