# SPDX-License-Identifier: Apache-2.0
"""What is measured of a server at an address: requests, latency, streams, the first byte."""
from __future__ import annotations

import re
import socket
import subprocess
import time
from typing import NamedTuple

from contenders import PORT
from namespace import Namespace
from netvm import GUEST_ADDRESS

TIMEOUT_S = 120.0
CHUNK_BYTES = 1 << 20
REQUEST = b"GET / HTTP/1.1\r\nHost: guest\r\nConnection: close\r\n\r\n"
# One attempt to connect; the guest may not be there yet.
ATTEMPT_S = 0.05


class MeasureError(Exception):
    """The server or the tool did not do its part."""


class Requests(NamedTuple):
    """What wrk says of one run."""

    per_s: float
    p50_us: float
    p99_us: float


def requests(
    namespace: Namespace, connections: int, seconds: float, *, keep_alive: bool
) -> Requests:
    """Run wrk with one thread against the small file `/`."""
    header = () if keep_alive else ("-H", "Connection: close")
    with namespace.popen(
        [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", *header,
            f"http://{GUEST_ADDRESS}:{PORT}/",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:
        output = process.communicate(timeout=seconds + TIMEOUT_S)[0].decode()
    if process.returncode or "Non-2xx" in output or "Socket errors" in output:
        raise MeasureError(f"wrk: exit code {process.returncode}\n{output}")
    return parse_wrk(output)


def parse_wrk(output: str) -> Requests:
    """Read the numbers out of what wrk printed."""
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None:
        raise MeasureError(f"wrk printed no rate:\n{output}")
    return Requests(float(rate[1]), _latency_us(output, 50), _latency_us(output, 99))


def _latency_us(output: str, percent: int) -> float:
    found = re.search(rf"^\s+{percent}%\s+([0-9.]+)(us|ms|s)$", output, re.MULTILINE)
    if found is None:
        raise MeasureError(f"wrk printed no {percent}% latency:\n{output}")
    return float(found[1]) * {"us": 1.0, "ms": 1e3, "s": 1e6}[found[2]]


def wait_for_server(namespace: Namespace, request: bytes = REQUEST) -> float:
    """Ask until an answer's first byte comes; return the time then (time.time())."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            with namespace.connect((GUEST_ADDRESS, PORT), ATTEMPT_S) as connection:
                connection.settimeout(TIMEOUT_S)
                connection.sendall(request)
                if connection.recv(1):
                    return time.time()
        except OSError:
            pass
    raise MeasureError(f"no answer within {TIMEOUT_S} s")


def download(namespace: Namespace, count: int) -> float:
    """Megabits per second from the server, of `count` bytes."""
    buffer = bytearray(CHUNK_BYTES)
    with namespace.connect((GUEST_ADDRESS, PORT), TIMEOUT_S) as connection:
        connection.sendall(b"source %d\n" % count)
        started_s, received = time.monotonic(), 0
        while size := connection.recv_into(buffer):
            received += size
        elapsed_s = time.monotonic() - started_s
    if received != count:
        raise MeasureError(f"{received} bytes came, not {count}")
    return count * 8 / elapsed_s / 1e6


def upload(namespace: Namespace, count: int) -> float:
    """Megabits per second to the server; it has read them all when it answers."""
    chunk = bytes(CHUNK_BYTES)
    with namespace.connect((GUEST_ADDRESS, PORT), TIMEOUT_S) as connection:
        connection.sendall(b"discard\n")
        started_s = time.monotonic()
        for _ in range(count // CHUNK_BYTES):
            connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(100)
        elapsed_s = time.monotonic() - started_s
    if answer.split()[:1] != [b"%d" % (count // CHUNK_BYTES * CHUNK_BYTES)]:
        raise MeasureError(f"the server read {answer!r}")
    return count * 8 / elapsed_s / 1e6
