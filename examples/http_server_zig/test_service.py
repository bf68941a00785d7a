# SPDX-License-Identifier: Apache-2.0
"""The service in a VM."""
from __future__ import annotations

import http.client
import json

import pytest
from mew.testing.unikernel import Unikernel

PORT = 8080
TIMEOUT_S = 60


@pytest.fixture
def client(unikernel: Unikernel) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(unikernel.address, unikernel.port(PORT), timeout=TIMEOUT_S)


def ask(
    client: http.client.HTTPConnection, path: str, body: "bytes | None" = None
) -> "tuple[int, object]":
    client.request("GET" if body is None else "POST", path, body)
    response = client.getresponse()
    return response.status, json.loads(response.read())


def test_paths(client: http.client.HTTPConnection) -> None:
    status, answer = ask(client, "/")
    assert (status, answer) == (200, {"paths": ["/echo", "/resolve?NAME", "/status"]})
    assert ask(client, "/none") == (404, {"error": "not found"})
    status, answer = ask(client, "/status")
    assert status == 200 and answer["served"] >= 2 and answer["connections"] >= 1


def test_echo(client: http.client.HTTPConnection) -> None:
    for body in (b"", b'"quoted"\n', "\N{SNOWMAN}".encode(), b"x" * 16000):
        status, answer = ask(client, "/echo", body)
        assert status == 200 and answer["body"] == body.decode()
        assert answer["from"].count(".") == 3
    assert ask(client, "/echo", b"\xff") == (400, {"error": "the body is not UTF-8"})
    assert ask(client, "/echo", bytes(9000))[0] == 413


def test_addresses_of_a_name(client: http.client.HTTPConnection) -> None:
    assert ask(client, "/resolve?192.0.2.1") == (200, {"addresses": ["192.0.2.1"]})
    assert ask(client, "/resolve?localhost") == (200, {"addresses": ["127.0.0.1"]})
