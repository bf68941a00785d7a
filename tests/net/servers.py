# SPDX-License-Identifier: Apache-2.0
"""Servers of DHCP and DNS for one VM, over Linux's own sockets, as far as a client needs them."""
from __future__ import annotations

import socket
import struct
import threading
from typing import Callable

from namespace import Namespace
from netvm import GUEST_ADDRESS
from netvm import HOST_ADDRESS

DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
LEASE_S = 3600
TYPE_A, TYPE_ALIAS, CLASS_INTERNET = 1, 5, 1
NO_SUCH_NAME, TRUNCATED = 3, 0x0200
TTL_S = 60


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def dhcp_answer(question: bytes) -> bytes:
    """What a server says to a client that asks for an address, or for the one it was offered."""
    options = question[240:]
    kind = OFFER if options[options.index(b"\x35\x01") + 2] == DISCOVER else ACK
    here = socket.inet_aton(HOST_ADDRESS)
    return b"".join(
        [
            b"\x02\x01\x06\x00", question[4:8], bytes(8), socket.inet_aton(GUEST_ADDRESS),
            here, bytes(4), question[28:44], bytes(192), b"\x63\x82\x53\x63",
            _option(53, bytes([kind])), _option(54, here), _option(51, struct.pack(">I", LEASE_S)),
            _option(1, bytes([255, 255, 255, 0])), _option(3, here), _option(6, here), b"\xff",
        ]
    )


class DhcpServer:
    """Serves `interface` until it is closed; `kinds` are the messages that came."""

    def __init__(self, namespace: Namespace, interface: str) -> None:
        self.kinds: list[int] = []
        self._socket = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self._socket.bind(("", 67))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                question, _ = self._socket.recvfrom(2000)
            except OSError:
                return
            if not question:
                return
            options = question[240:]
            self.kinds.append(options[options.index(b"\x35\x01") + 2])
            self._socket.sendto(dhcp_answer(question), ("255.255.255.255", 68))

    def close(self) -> None:
        """Serve no more."""
        _end(self._socket)


class DnsServer:
    """Knows `names`, each with addresses, or with the name that it is an alias of.

    An answer that has more than eight addresses is cut over UDP. `asked` is what was asked for,
    by way.
    """

    def __init__(self, namespace: Namespace, names: "dict[str, list[str] | str]") -> None:
        self.names = names
        self.asked: list[tuple[str, str]] = []
        self._datagrams = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind((HOST_ADDRESS, 53))
        self._listener = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.bind((HOST_ADDRESS, 53))
        self._listener.listen()
        self._start(self._serve_datagrams)
        self._start(self._serve_streams)

    def _start(self, function: Callable[[], None]) -> None:
        threading.Thread(target=function, daemon=True).start()

    def _serve_datagrams(self) -> None:
        while True:
            try:
                question, client = self._datagrams.recvfrom(2000)
            except OSError:
                return
            if not question:
                return
            self._datagrams.sendto(self._answer(question, "udp"), client)

    def _serve_streams(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as reader:
                size = struct.unpack(">H", reader.read(2))[0]
                answer = self._answer(reader.read(size), "tcp")
                connection.sendall(struct.pack(">H", len(answer)) + answer)

    def _answer(self, question: bytes, way: str) -> bytes:
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        name = ".".join(labels)
        self.asked.append((name, way))
        records, owner = [], b"\xc0\x0c"
        known = self.names.get(name)
        if isinstance(known, str):
            owner = b"".join(bytes([len(word)]) + word.encode() for word in known.split("."))
            owner += b"\0"
            records.append(_record(b"\xc0\x0c", TYPE_ALIAS, owner))
            known = self.names[known]
        records += [_record(owner, TYPE_A, socket.inet_aton(ip)) for ip in known or ()]
        flags = 0x8180 | (0 if known else NO_SUCH_NAME)
        if way == "udp" and len(records) > 8:
            flags, records = flags | TRUNCATED, []
        head = question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return head + question[12:at + 5] + b"".join(records)

    def close(self) -> None:
        """Serve no more."""
        _end(self._datagrams)
        _end(self._listener)


def _record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack(">HHIH", kind, CLASS_INTERNET, TTL_S, len(data)) + data


def _end(served: socket.socket) -> None:
    """Wake the thread that waits, which closing alone does not, with nothing."""
    try:
        served.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # A datagram socket without a peer; the thread wakes all the same.
    served.close()
