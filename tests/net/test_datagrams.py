# SPDX-License-Identifier: Apache-2.0
"""UDP and ICMP echo, with Linux as the peer."""
from __future__ import annotations

import re
import shutil
import socket
import subprocess
from typing import Iterator

import pytest
from bench import TIMEOUT_S
from bench import Bench
from bench import Images
from bench import pattern
from bench import read_all
from bench import summary
from netvm import GUEST_ADDRESS

PORT = 7
UDP_BYTES_MAX = 65507

needs_ping = pytest.mark.skipif(shutil.which("ping") is None, reason="needs ping on PATH")


@pytest.fixture(scope="module", params=["offloads", "plain"])
def echo(request: pytest.FixtureRequest, images: Images) -> Iterator[Bench]:
    words = ("--", "udp", PORT)
    with Bench.start(images.client, *words, offloads=request.param == "offloads") as started:
        started.vm.wait_for("bound")
        yield started


def open_socket(bench: Bench) -> socket.socket:
    opened = bench.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(TIMEOUT_S)
    opened.connect((GUEST_ADDRESS, PORT))
    return opened


@pytest.mark.parametrize("size", [0, 1, 1472, 1473, 9000, 40_000, UDP_BYTES_MAX])
def test_datagrams_of_all_sizes(echo: Bench, size: int) -> None:
    """What does not fit into a packet goes in fragments, both ways."""
    with open_socket(echo) as peer:
        for _ in range(5):
            peer.send(pattern(size))
            assert peer.recv(UDP_BYTES_MAX + 1) == pattern(size)


def test_a_thousand_datagrams(echo: Bench) -> None:
    with open_socket(echo) as peer:
        for first in range(0, 1000, 20):
            sent = [b"%d" % number for number in range(first, first + 20)]
            for text in sent:
                peer.send(text)
            assert [peer.recv(100) for _ in sent] == sent


def test_a_port_without_a_socket(echo: Bench) -> None:
    """ICMP port unreachable, which Linux gives to the sender."""
    with open_socket(echo) as peer:
        peer.connect((GUEST_ADDRESS, PORT + 1))
        peer.send(b"anybody?")
        with pytest.raises(ConnectionRefusedError):
            peer.recv(1)


def ping(bench: Bench, *options: object) -> "subprocess.Popen[bytes]":
    argv = ["ping", "-n", "-q", *options, GUEST_ADDRESS]
    return bench.namespace.popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def expect_no_loss(process: "subprocess.Popen[bytes]") -> None:
    output = process.communicate(timeout=TIMEOUT_S)[0].decode()
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", output)
    assert counts is not None and int(counts[1]) > 0 and counts[1] == counts[2], output


@needs_ping
@pytest.mark.parametrize("size", [0, 56, 1472, 8000])
def test_ping(echo: Bench, size: int) -> None:
    expect_no_loss(ping(echo, "-i", "0.002", "-c", "50", "-s", size))


@needs_ping
def test_ping_after_a_flood_of_fragments(echo: Bench) -> None:
    """Packets of 45 fragments, more at once than are put together: some are lost, none later."""
    flood = ping(echo, "-i", "0.002", "-c", "50", "-s", "65000", "-W", "1")
    flood.communicate(timeout=TIMEOUT_S)
    expect_no_loss(ping(echo, "-i", "0.05", "-c", "5", "-s", "65000"))


@needs_ping
def test_ping_under_load(images: Images) -> None:
    data = pattern(64 << 20)
    with Bench.start(images.server) as bench:
        process = ping(bench, "-i", "0.005", "-c", "100")
        assert bench.ask("sink", data) == summary(data)
        with bench.connect(f"source {len(data)}") as connection:
            assert read_all(connection) == data
        expect_no_loss(process)


def test_the_end(images: Images) -> None:
    with Bench.start(images.client, "--", "udp", PORT) as bench:
        bench.vm.wait_for("bound")
        with open_socket(bench) as peer:
            for size in (10, 20):
                peer.send(bytes(size))
                assert peer.recv(100) == bytes(size)
            peer.send(b"end")
        assert bench.vm.wait() == 0
        assert bench.vm.output().splitlines()[-1] == "2 30"
