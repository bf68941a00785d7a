# SPDX-License-Identifier: Apache-2.0
"""IPv6 between a VM and Linux: addresses of the link, of the options, and of a router's prefix."""
from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Iterator

import pytest
from bench import PORT
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
# RFC 4291, appendix A: made of the hardware address.
INTERFACE = "5054:ff:fe12:3456"
LINK_ADDRESS = f"fe80::{INTERFACE}"
HOST_ADDRESS_6, GUEST_ADDRESS_6 = "fd00::2", "fd00::15"
PREFIX = "2001:db8:5::"
ROUTER_ADVERTISEMENT, OPTION_PREFIX, ON_LINK_AND_AUTONOMOUS = 134, 3, 0xC0
ALL_NODES = "ff02::1"
# Larger than what is in flight, and than a frame with TSO.
BYTES = 3_000_000
TRIES = 30
TRY_TIMEOUT_S = 1.0


@pytest.fixture(scope="module")
def image(images: Images) -> Path:
    module = images.system.work / "server.wasm"
    return images.system.link(module, "server6", options=("--listen", f"tcp:[::]:{PORT}"))


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace()
    yield made
    made.close()


@pytest.fixture(params=["offloads", "plain"])
def tap(request: pytest.FixtureRequest, namespace: Namespace) -> int:
    return namespace.open_tap(
        "tap0", f"{HOST_ADDRESS}/24", f"{HOST_ADDRESS_6}/64", f"{PREFIX}2/64",
        offloads=request.param == "offloads",
    )


def start(image: Path, tap: int, *options: object) -> Vm:
    """Boot the server."""
    vm = Vm(run_argv(image, tap, *static_options(), "--mac", MAC, *options), tap)
    vm.wait_for("ready")
    return vm


def expect_download(connection: socket.socket) -> None:
    with connection:
        connection.settimeout(60)
        connection.sendall(f"source {BYTES}\n".encode())
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == pattern(BYTES)


def expect_upload(connection: socket.socket) -> None:
    data = pattern(BYTES)
    with connection:
        connection.settimeout(60)
        connection.sendall(b"sink\n" + data)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == summary(data)


def connect(namespace: Namespace, *address: object) -> socket.socket:
    """Connect as soon as the address is in use: the VM first asks whether another host has it."""
    for _ in range(TRIES):
        try:
            return namespace.connect(address, TRY_TIMEOUT_S)
        except OSError:
            continue
    raise AssertionError(f"nothing listens at {address}")


def advertise(namespace: Namespace) -> None:
    """Say what a router says: addresses with this prefix are on the link, make one."""
    message = struct.pack(
        ">BBHBBHII BBBBIII16s",
        ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 1800, 0, 0,
        OPTION_PREFIX, 4, 64, ON_LINK_AND_AUTONOMOUS, 7200, 3600, 0,
        socket.inet_pton(socket.AF_INET6, PREFIX),
    )
    with namespace.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sender:
        index = namespace.call(socket.if_nametoindex, "tap0")
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sender.sendto(message, (ALL_NODES, 0, 0, index))


def test_address_of_the_options(namespace: Namespace, image: Path, tap: int) -> None:
    with start(image, tap, "--ip", f"{GUEST_ADDRESS_6}/64"):
        expect_download(connect(namespace, GUEST_ADDRESS_6, PORT))
        expect_upload(connect(namespace, GUEST_ADDRESS_6, PORT))
        # The same listener.
        expect_download(connect(namespace, GUEST_ADDRESS, PORT))
        index = namespace.call(socket.if_nametoindex, "tap0")
        expect_download(connect(namespace, LINK_ADDRESS, PORT, 0, index))


def test_address_of_a_router(namespace: Namespace, image: Path, tap: int) -> None:
    with start(image, tap):
        advertise(namespace)
        expect_download(connect(namespace, f"{PREFIX}{INTERFACE}", PORT))
