# SPDX-License-Identifier: Apache-2.0
"""The machine's network from its first moment to its last: addresses by every way, peers that are
answered while the program waits for something else, and what is on its way when it ends."""
from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
import serving
from device_probe import changed_qemu
from mew.testing.unikernel import Unikernel
from mew.vm.machine import MACHINES as MACHINE_OPTIONS
from mew_abi import protocol
from pipeline import module_environment
from raw_programs import PROGRAMS
from wire import Peer
from wire import Wire

MACHINES = ("microvm", "pc", "q35")
PORT = 8080
ALL_WELL = 7
GUEST_IP = bytes([10, 0, 2, 15])
PEER_IP = bytes([10, 0, 2, 2])
PEER_MAC = bytes.fromhex("020000000001")


@pytest.fixture(scope="module", params=["kernel"])
def system(request: pytest.FixtureRequest) -> str:
    """The Linux host has Linux's network."""
    return request.param


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory, system: str) -> Path:
    return serving.build(system, tmp_path_factory.mktemp("uplink-objects"))


@pytest.fixture(scope="module")
def image(objects: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("uplink")
    program = serving.compile_libc(
        [PROGRAMS / "last_words.c"], work, "-Wl,-z,stack-size=65536"
    )
    return serving.link("kernel", objects, program, [f"tcp:{PORT}"], None)


def start(image: Path, *arguments: str, options: "tuple[str, ...]" = ()) -> Unikernel:
    return Unikernel(
        [sys.executable, "-m", "mew", "run", str(image), f"--publish=0:{PORT}",
         "--timeout-s", str(serving.TIMEOUT_S), *options],
        arguments,
        module_environment(),
    )


def everything(peer: socket.socket) -> bytes:
    received = bytearray()
    while part := peer.recv(1 << 16):
        received += part
    return bytes(received)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("count", [5, 3_000_000])
def test_what_was_sent_before_the_end_arrives(image: Path, machine: str, count: int) -> None:
    with start(image, "send", str(count), options=("--machine", machine)) as running:
        running.wait_for_output("started")
        where = (running.address, running.port(PORT))
        with socket.create_connection(where, serving.TIMEOUT_S) as peer:
            peer.sendall(b"?")
            assert everything(peer) == b"x" * count
        assert running.wait() == ALL_WELL


def test_the_smallest_machine(image: Path) -> None:
    """What the device has of its memory leaves enough for the rest."""
    with start(image, "send", "1000000", options=("--memory-mib", "16")) as running:
        running.wait_for_output("started")
        with socket.create_connection((running.address, running.port(PORT))) as peer:
            peer.settimeout(serving.TIMEOUT_S)
            peer.sendall(b"?")
            assert everything(peer) == b"x" * 1_000_000
        assert running.wait() == ALL_WELL


def test_a_peer_that_does_not_read_does_not_keep_the_machine(image: Path) -> None:
    """More than its window and QEMU take, less than our buffers."""
    with start(image, "send", str(300_000)) as running:
        running.wait_for_output("started")
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect((running.address, running.port(PORT)))
            peer.sendall(b"?")
            assert running.wait() == ALL_WELL


@pytest.mark.parametrize("words", ["", "ip=10.0.2.15/24 gateway=10.0.2.2"])
def test_addresses_of_a_bare_command_line(image: Path, words: str) -> None:
    """As other runners boot it: without words for it the addresses come by DHCP; the words are no
    arguments."""
    qemu, port = boot_bare(image, f"name {words} more")
    with qemu:
        assert qemu.stdout.readline() == b"started with 1 arguments\n"
        with socket.create_connection(("127.0.0.1", port), serving.TIMEOUT_S) as peer:
            peer.sendall(b"?")
            assert everything(peer) == b"xxxxx"
        assert qemu.wait(serving.TIMEOUT_S) == protocol.QEMU_STATUS_EXIT


def test_the_log_says_what_the_machine_is_called(image: Path) -> None:
    with start(image, "send", "5", options=("--log-level", "info")) as running:
        running.wait_for_output("started")
        with socket.create_connection((running.address, running.port(PORT))) as peer:
            peer.sendall(b"?")
            assert everything(peer) == b"xxxxx"
        assert running.wait() == ALL_WELL
        running.wait_for_error_output("mew: info: address 10.0.2.15/24\n")
        running.wait_for_error_output(
            "mew: info: network device 52:54:00:12:34:56, packets of 1500 bytes"
        )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ip=10.0.2", "ip=10.0.2 is no address; write it as in ip=10.0.2.15/24"),
        ("ip=10.0.2.15/33", "ip=10.0.2.15/33 is no address; write it as in ip=10.0.2.15/24"),
        ("gateway=x", "gateway=x is no address; write it as in gateway=10.0.2.2"),
        (" ".join(f"ip=10.0.{n}.1/24" for n in range(9)), "one address more than the 8"),
    ],
)
def test_a_wrong_address_is_a_reason_not_to_start(image: Path, word: str, said: str) -> None:
    qemu, _ = boot_bare(image, word)
    with qemu:
        assert said in qemu.stdout.readline().decode()
        assert qemu.wait(serving.TIMEOUT_S) == protocol.QEMU_STATUS_PANIC


def boot_bare(image: Path, command_line: str) -> "tuple[subprocess.Popen[bytes], int]":
    """QEMU without the runner's configuration, output on the serial port; and the port of this
    host that leads to the program's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    qemu = subprocess.Popen(
        ["qemu-system-x86_64", "-machine", MACHINE_OPTIONS["microvm"], "-accel", "tcg",
         "-cpu", "max", "-m", "64M", "-nodefaults", "-no-user-config", "-no-reboot",
         "-display", "none", "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false",
         "-netdev", f"user,id=n,hostfwd=tcp:127.0.0.1:{port}-:{PORT}",
         "-device", "virtio-net-device,netdev=n",
         "-device", f"isa-debug-exit,iobase={protocol.DEBUG_EXIT_PORT:#x},iosize=1",
         "-kernel", image, "-append", command_line],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )
    return qemu, port


def frames_to_peer(wire: Wire) -> Iterator[bytes]:
    """Those that carry IPv4 or ask for its addresses."""
    while frame := wire.receive():
        if frame[12:14] in (b"\x08\x00", b"\x08\x06"):
            yield frame


def ask_for_guest(wire: Wire) -> bytes:
    """The hardware address that answers ARP (RFC 826)."""
    request = b"\x00\x01\x08\x00\x06\x04\x00\x01" + PEER_MAC + PEER_IP + bytes(6) + GUEST_IP
    wire.send(b"\xff" * 6 + PEER_MAC + b"\x08\x06" + request + bytes(18))
    for frame in frames_to_peer(wire):
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\x00\x02":
            assert frame[28:32] == GUEST_IP
            return frame[22:28]
    raise AssertionError("nobody has the address")


def sum_of(data: bytes) -> int:
    """RFC 1071."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def echo_request(guest_mac: bytes) -> bytes:
    """A ping of 32 bytes (RFC 792)."""
    message = b"\x08\x00\x00\x00\x00\x01\x00\x01" + bytes(range(32))
    message = message[:2] + struct.pack(">H", sum_of(message)) + message[4:]
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(message), 1, 0, 64, 1, 0)
    header += PEER_IP + GUEST_IP
    header = header[:10] + struct.pack(">H", sum_of(header)) + header[12:]
    return guest_mac + PEER_MAC + b"\x08\x00" + header + message


@pytest.mark.parametrize("machine", MACHINES)
def test_peers_are_answered_while_the_program_waits_for_input(
    image: Path, tmp_path: Path, machine: str
) -> None:
    answers = []

    def talk(wire: Wire) -> None:
        assert wire.receive()
        wire.send(echo_request(ask_for_guest(wire)))
        for frame in frames_to_peer(wire):
            if frame[23:24] == b"\x01" and frame[34:35] == b"\x00":
                answers.append(frame)
                os.write(stdin_writer, b"enough")
                return

    stdin_reader, stdin_writer = os.pipe()
    with Peer(tmp_path / "wire", talk) as far_end:
        qemu = changed_qemu(tmp_path, r"^user,id=(\w+).*", rf"stream,id=\1,{far_end.netdev}")
        done = subprocess.run(
            [sys.executable, "-m", "mew", "run", str(image), "--net", "user", "--machine", machine,
             "--qemu", qemu, "--timeout-s", str(serving.TIMEOUT_S), "--", "input"],
            env=module_environment(),
            stdin=stdin_reader, capture_output=True, check=False, timeout=serving.TIMEOUT_S,
        )
    assert done.returncode == ALL_WELL, done
    assert answers[0][42:74] == bytes(range(32))
