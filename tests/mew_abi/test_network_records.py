# SPDX-License-Identifier: Apache-2.0
"""Listeners and addresses: what is one, what is none, and the records that a kernel reads."""
from __future__ import annotations

import pytest
from mew_abi.network import LISTENERS_MAX
from mew_abi.network import Addressing
from mew_abi.network import Listener
from mew_abi.network import parse_listener
from mew_abi.network import parse_listeners
from mew_abi.network import records


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        ("tcp:8080", Listener("tcp", 8080)),
        ("udp:53", Listener("udp", 53)),
        ("tcp:127.0.0.1:65535", Listener("tcp", 65535, "127.0.0.1")),
        ("tcp:[::1]:1", Listener("tcp", 1, "::1")),
    ],
)
def test_listeners(text: str, listener: Listener) -> None:
    assert parse_listener(text) == listener
    assert listener.text() == text
    assert records([listener, listener]) == b"listen=%s\0" % text.encode() * 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8080", ["'8080' is no listener", "'tcp:8080'"]),
        ("tcp", ["'tcp' is no listener"]),
        ("sctp:1", ["'sctp:1'"]),
        ("tcp:", ["port ''", "1 to 65535"]),
        ("tcp:0", ["port '0'"]),
        ("tcp:65536", ["port '65536'"]),
        ("tcp:+1", ["port '+1'"]),
        ("udp:http", ["port 'http'", "'udp:8080'"]),
        ("tcp:localhost:80", ["address 'localhost'", "'tcp:127.0.0.1:80'"]),
        ("tcp::1:80", ["'tcp:[:1]:80'"]),
        ("tcp:[::g]:80", ["address '::g'"]),
        ("tcp:1.2.3.4\n:80", ["address"]),
    ],
)
def test_what_is_no_listener(text: str, words: "list[str]") -> None:
    with pytest.raises(ValueError) as refused:
        parse_listener(text)
    for word in words:
        assert word in str(refused.value)


def test_a_port_is_listened_to_once() -> None:
    different = ["tcp:1", "udp:1", "tcp:2", "tcp:127.0.0.1:3", "tcp:[::1]:3"]
    assert [listener.text() for listener in parse_listeners(different)] == different
    for twice in (["tcp:1", "tcp:1"], ["tcp:1", "tcp:127.0.0.1:1"], ["udp:[::1]:1"] * 2):
        with pytest.raises(ValueError, match="same port"):
            parse_listeners(twice)


def test_the_most_listeners() -> None:
    texts = [f"tcp:{port}" for port in range(1, LISTENERS_MAX + 2)]
    assert len(parse_listeners(texts[:-1])) == LISTENERS_MAX
    with pytest.raises(ValueError, match=f"{LISTENERS_MAX + 1} listeners"):
        parse_listeners(texts)


def test_records_of_addresses() -> None:
    addressing = Addressing(
        ("10.0.2.15/24", "fd00::2/64"), ("10.0.2.2", "fd00::1"), ("10.0.2.3",), "web-1.local"
    )
    assert addressing.fault() == ""
    assert addressing.records() == (
        b"ip=10.0.2.15/24\0ip=fd00::2/64\0gateway=10.0.2.2\0gateway=fd00::1\0dns=10.0.2.3\0"
        b"hostname=web-1.local\0"
    )
    assert (Addressing().fault(), Addressing().records()) == ("", b"")


@pytest.mark.parametrize(
    ("addressing", "word"),
    [
        (Addressing(("10.0.2.15",)), "prefix"),
        (Addressing(("10.0.2.15/33",)), "'10.0.2.15/33'"),
        (Addressing(("10.0.2.1/24",), ("router",)), "'router' is no gateway"),
        (Addressing((), ("10.0.2.2",)), "without an address"),
        (Addressing(("10.0.2.1/24",), ("10.0.2.2", "10.0.2.3")), "one of IPv4"),
        (Addressing((), (), ("dns",)), "'dns' is no name server"),
        (Addressing(hostname="a b"), "'a b'"),
        (Addressing(hostname="a" * 64), "a" * 64),
        (Addressing(hostname="a..b"), "'a..b'"),
    ],
)
def test_bad_addresses(addressing: Addressing, word: str) -> None:
    assert word in addressing.fault()
