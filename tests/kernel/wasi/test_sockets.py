# SPDX-License-Identifier: Apache-2.0
"""Sockets of programs, the same programs on both systems: between a program and itself, and from
outside."""
from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
import serving
from raw_programs import PROGRAMS
from raw_programs import compile_c
from raw_programs import run_program

LISTENERS = ("tcp:8080", "udp:5353", "tcp:8081")
# Of a machine without a network device, in which a program can still talk to itself.
NO_DEVICE = "mew: warn: no network device: programs reach this machine only\n"
# Of listeners.c for error code canceled.
EXIT_CANCELED = 3


@pytest.mark.parametrize("name", ["streams", "datagrams"])
def test_a_program_talks_to_itself(
    system: str, objects: Path, tmp_path: Path, name: str
) -> None:
    """On standard error is the line of the first expectation that failed."""
    code, stdout, stderr = run_program(system, objects, compile_c(name, tmp_path), None)
    assert stderr == (NO_DEVICE if system == "kernel" else ""), f"line of programs/{name}.c"
    assert (code, stdout) == (0, "")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("files")
    (directory / "file").write_text("content")
    return directory


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("listeners")
    return serving.compile_libc([PROGRAMS / "listeners.c"], work)


@pytest.fixture(scope="module")
def image(system: str, objects: Path, program: Path, files: Path) -> Path:
    return serving.link(system, objects, program, LISTENERS, files)


def exchange(running: "serving.Process", number: int, text: bytes) -> None:
    """Send a text to listener `number`; a stream answers with the same."""
    protocol, _, port = LISTENERS[number].partition(":")
    where = (running.address, running.port(int(port), protocol))
    if protocol == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(text, where)
        return
    with socket.create_connection(where, serving.TIMEOUT_S) as peer:
        peer.sendall(text)
        assert peer.recv(100) == text
        assert peer.recv(1) == b""


def test_listeners_come_first(system: str, image: Path, files: Path) -> None:
    with serving.start(system, image, LISTENERS, files) as running:
        said = running.wait_for_output("hidden\n")
        texts = [
            f"{protocol}:127.0.0.1:{running.port(int(port), protocol)}"
            if system == "linux" else f"{protocol}:{port}"
            for protocol, _, port in (text.partition(":") for text in LISTENERS)
        ]
        assert said.splitlines() == [
            "LISTEN_FDS 3", *(f"{3 + i}: tag 1, {text}" for i, text in enumerate(texts)),
            "6: tag 0, /", "content", "MEW_LISTEN hidden",
        ]
        for number in range(len(LISTENERS)):
            exchange(running, number, b"text %d" % number)
            running.wait_for_output(f"text {number}\n")
        assert running.wait() == 0


def test_a_stop_cancels_accept(system: str, image: Path, files: Path) -> None:
    with serving.start(system, image, LISTENERS, files) as running:
        running.wait_for_output("hidden\n")
        exchange(running, 0, b"one")
        running.wait_for_output("one\n")
        exchange(running, 1, b"two")
        running.wait_for_output("two\n")
        assert running.stop() == EXIT_CANCELED


def is_refused(where: "tuple[str, int]") -> bool:
    try:
        socket.create_connection(where, serving.TIMEOUT_S).close()
    except ConnectionResetError:
        # It was waiting to be accepted when the listener stopped.
        return False
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("system", ["linux"], indirect=True)
def test_a_second_signal_is_the_end(system: str, image: Path, files: Path) -> None:
    with serving.start(system, image, LISTENERS, files) as running:
        running.wait_for_output("hidden\n")
        exchange(running, 0, b"one")
        running.wait_for_output("one\n")
        # It waits for a datagram now, and listens no more after the first.
        running.process.send_signal(signal.SIGTERM)
        where = (running.address, running.port(8081))
        while not is_refused(where):
            pass
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGINT)
        assert running.wait() == 128 + signal.SIGINT


@pytest.mark.parametrize("system", ["linux"], indirect=True)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http:80", "MEW_LISTEN holds 'http:80', which is not tcp:PORT"),
        ("tcp:192.0.2.1:80", "cannot listen on 'tcp:192.0.2.1:80': Addrnotavail"),
        (",".join(f"tcp:{port}" for port in range(20001, 20018)), "more than 16 listeners"),
    ],
)
def test_what_cannot_be_listened_on_is_a_reason_not_to_start(
    system: str, image: Path, text: str, said: str
) -> None:
    outcome = serving.run_process(image, {"MEW_LISTEN": text})
    assert outcome.returncode != 0 and said in outcome.stderr
