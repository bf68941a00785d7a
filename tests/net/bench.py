# SPDX-License-Identifier: Apache-2.0
"""One VM, one namespace with Linux as its peer, and the wire between them."""
from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Sequence

from mew_abi import wasi
from namespace import Namespace
from netvm import GUEST_ADDRESS
from netvm import HOST_ADDRESS
from netvm import STOP_TIMEOUT_S
from netvm import Vm
from netvm import run_argv
from netvm import static_options
from pipeline import ROOT
from pipeline import ZIG
from pipeline import System
from relay import Impairment

PROGRAMS = Path(__file__).parent / "programs"
HTTP_SERVER = ROOT / "examples/http_server"
PORT = 8080
TIMEOUT_S = 20.0
# socket(7), packet(7): not all in Python's socket module.
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
RELAY_BUFFER_BYTES = 8 << 20

# A file of the HTTP server's image.
LARGE_BYTES = 4_000_001
PATTERN_PERIOD = 65521


def _pattern() -> bytes:
    state, result = 1, bytearray()
    for _ in range(PATTERN_PERIOD):
        state = (state * 1664525 + 1013904223) & 0xFFFF_FFFF
        result.append(state >> 24)
    return bytes(result)


PATTERN = _pattern()


def pattern(count: int) -> bytes:
    """The first `count` bytes of what programs/server.c sends."""
    return (PATTERN * (count // PATTERN_PERIOD + 1))[:count]


def summary(data: bytes) -> bytes:
    """What the server answers when it has read `data`."""
    return b"%d %08x\n" % (len(data), zlib.crc32(data))


@dataclass(frozen=True)
class Images:
    """Linked images by program."""

    system: System
    server: Path
    client: Path
    http: Path

    @staticmethod
    def build(work: Path) -> "Images":
        """Compile the kernel and the programs."""
        system = System.build("kernel", work, "--features", ",".join(wasi.FEATURES))
        listen = ("--listen", f"tcp:{PORT}")
        site = work / "site"
        shutil.copytree(HTTP_SERVER / "site", site)
        (site / "large").write_bytes(pattern(LARGE_BYTES))
        server = _compile(work, "server", PROGRAMS / "server.c")
        client = _compile(work, "client", PROGRAMS / "client.c")
        http = _compile(work, "http", *sorted(HTTP_SERVER.glob("*.c")))
        return Images(
            system=system,
            server=system.link(server, "server", options=listen),
            client=system.link(client, "client"),
            http=system.link(http, "http", options=(*listen, "--files", site)),
        )


def _compile(work: Path, name: str, *sources: Path) -> Path:
    module = work / f"{name}.wasm"
    cache = str(work / "zig-cache")
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-wasi", "-O2", "-s", "-Wall", "-Wextra", "-Werror",
            *sources, "-o", module,
        ],
        check=True,
        env={**os.environ, "ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache},
    )
    return module


@dataclass
class Bench:
    """A running VM and the namespace that its tap is in."""

    namespace: Namespace
    vm: Vm
    relay: "subprocess.Popen[bytes] | None" = None

    @staticmethod
    def start(
        image: Path, *words: object, offloads: bool = True,
        impairment: Impairment | None = None, is_static: bool = True, waits: bool = True,
        host_addresses: Sequence[str] = (f"{HOST_ADDRESS}/24",),
    ) -> "Bench":
        """Boot `image` on a tap, with options and arguments; wait until it says `ready`."""
        namespace = Namespace()
        relay = None
        if impairment is None:
            tap = namespace.open_tap("tap0", *host_addresses, offloads=offloads)
        else:
            tap = namespace.open_tap("tap0", offloads=False)
            relay = _start_relay(namespace, "tap0", host_addresses, impairment)
        addressing = static_options() if is_static else []
        bench = Bench(namespace, Vm(run_argv(image, tap, *addressing, *words), tap), relay)
        try:
            if waits:
                bench.vm.wait_for("ready")
        except BaseException:
            bench.close()
            raise
        return bench

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """End VM, relay and namespace."""
        if self.relay is not None:
            self.end_relay()
        self.vm.kill()
        self.namespace.close()

    def end_relay(self) -> dict[str, Any]:
        """Cut the wire; return its counts by direction."""
        assert self.relay is not None
        self.relay.terminate()
        counts: dict[str, Any] = json.loads(self.relay.communicate(timeout=STOP_TIMEOUT_S)[0])
        self.relay = None
        return counts

    def connect(self, command: str = "", timeout_s: float = TIMEOUT_S) -> socket.socket:
        """Connect to the server and say what the connection is for."""
        connection = self.namespace.connect((GUEST_ADDRESS, PORT), timeout_s)
        if command:
            connection.sendall(f"{command}\n".encode())
        return connection

    def ask(self, command: str, data: bytes = b"") -> bytes:
        """Send a command and `data`, end sending, and return all that comes back."""
        with self.connect(command) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def stats(self) -> list[int]:
        """Connections accepted, open; bytes read, sent. The one that asks counts."""
        return [int(word) for word in self.ask("stats").split()]


def read_all(connection: socket.socket) -> bytes:
    """Read to the end of the stream."""
    parts = []
    while data := connection.recv(1 << 20):
        parts.append(data)
    return b"".join(parts)


def _start_relay(
    namespace: Namespace, vm_interface: str, addresses: Sequence[str], impairment: Impairment
) -> "subprocess.Popen[bytes]":
    """Stand between the VM's interface and another one that has the addresses."""
    tap = namespace.open_tap("peer0", *addresses, offloads=False)
    packets = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    with packets:
        packets.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RELAY_BUFFER_BYTES)
        packets.bind((vm_interface, ETH_P_ALL))
        try:
            relay = subprocess.Popen(
                [
                    sys.executable, Path(__file__).parent / "relay.py", *impairment.argv(),
                    str(packets.fileno()), str(tap),
                ],
                stdout=subprocess.PIPE, pass_fds=(packets.fileno(), tap),
            )
        finally:
            os.close(tap)
    assert relay.stdout is not None
    if relay.stdout.readline() != b"ready\n":
        raise RuntimeError("the relay did not start")
    return relay
