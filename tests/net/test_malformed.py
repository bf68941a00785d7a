# SPDX-License-Identifier: Apache-2.0
"""Frames that no peer should send, to a VM that serves others meanwhile."""
from __future__ import annotations

import json
import random
import socket
from typing import Iterable

from bench import ETH_P_ALL
from bench import PORT
from bench import Bench
from frames import ETHERTYPE_ARP
from frames import FRAME_BYTES_MAX
from frames import Maker
from frames import handmade
from frames import mutate
from netvm import GUEST_ADDRESS
from netvm import HOST_ADDRESS

MUTATIONS = 20_000
# Fewer than the queue of a tap holds.
BURST = 200
PACKET_OUTGOING = 4


def open_wire(bench: Bench) -> socket.socket:
    wire = bench.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.bind(("tap0", ETH_P_ALL))
    return wire


def real_frames(bench: Bench) -> list[bytes]:
    """What Linux sends to the VM for a name, an echo, a datagram and a connection."""
    with open_wire(bench) as wire:
        bench.namespace.run("ip", "neigh", "flush", "dev", "tap0")
        assert bench.ask("echo", b"some data") == b"some data"
        with bench.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            datagram.sendto(bytes(3000), (GUEST_ADDRESS, PORT))
        bench.stats()
        wire.setblocking(False)
        sent = []
        while True:
            try:
                frame, address = wire.recvfrom(65536)
            except BlockingIOError:
                return sent
            if address[2] == PACKET_OUTGOING:
                sent.append(frame)


def inject(bench: Bench, wire: socket.socket, frames: Iterable[bytes]) -> int:
    """Send all of them, in bursts; after each the VM must still answer."""
    count = 0
    for frame in frames:
        # The kernel does not send what has no whole Ethernet header.
        if len(frame) < 15 or steals_our_address(frame):
            continue
        wire.send(frame[:FRAME_BYTES_MAX])
        count += 1
        if count % BURST == 0:
            assert bench.ask("echo", b"%d" % count) == b"%d" % count, bench.vm.last_words()
    return count


def steals_our_address(frame: bytes) -> bool:
    """Whether a VM that believes this (as it should) would send our packets elsewhere."""
    ours = socket.inet_aton(HOST_ADDRESS)
    return frame[12:14] == ETHERTYPE_ARP.to_bytes(2, "big") and frame[28:32] == ours


def test_a_vm_among_malformed_frames(bench: Bench) -> None:
    real = real_frames(bench)
    assert len(real) > 8
    chance = random.Random(1)
    with bench.connect("hold") as held, open_wire(bench) as wire:
        held.sendall(b"before")
        maker = Maker(real[0][6:12], real[-1][:6], HOST_ADDRESS, GUEST_ADDRESS)
        assert inject(bench, wire, handmade(maker, PORT)) > 500
        mutations = (mutate(chance.choice(real), chance) for _ in range(MUTATIONS))
        assert inject(bench, wire, mutations) > MUTATIONS // 2
        held.sendall(b" and after")
        assert bench.ask("release") == b"1\n"
        held.shutdown(socket.SHUT_WR)
        assert held.recv(100).split()[0] == b"16", bench.vm.last_words()
    assert bench.vm.is_running()
    counts = json.loads(bench.namespace.run("ip", "-json", "-statistics", "link", "show", "tap0"))
    assert counts[0]["stats64"]["tx"]["dropped"] == 0, "the VM did not get all of them"
