# SPDX-License-Identifier: Apache-2.0
"""Kubernetes' side of containerd: calls of the CRI, as kubelet makes them.

gRPC and protocol buffers by hand, as little as unary calls over a local socket take: a client
library would be larger than the runtime, and Debian has no `crictl`. Messages are lists of
(field number, value) with the numbers of the CRI's api.proto, version v1; a value is an integer, a
text, bytes, or a message.
"""
from __future__ import annotations

import socket
from pathlib import Path
from typing import Sequence
from typing import Union

from bundles import TIMEOUT_S

Value = Union[int, str, bytes, Sequence["tuple[int, Value]"]]
Message = Sequence["tuple[int, Value]"]
Fields = "dict[int, list[int | bytes]]"

# RFC 9113: frame types and flags; RFC 7541: literals without indexing.
_DATA, _HEADERS, _SETTINGS, _PING = 0, 1, 4, 6
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEADER_BYTES = 9
_STREAM = 1


class CallError(Exception):
    """The call failed; the text is what could be read of the answer's trailers."""


def encode(message: Message) -> bytes:
    """Return a message's bytes."""
    content = b""
    for number, value in message:
        if isinstance(value, int):
            content += _varint(number << 3) + _varint(value)
            continue
        if isinstance(value, str):
            value = value.encode()
        elif not isinstance(value, bytes):
            value = encode(value)
        content += _varint(number << 3 | 2) + _varint(len(value)) + value
    return content


def decode(content: bytes) -> "dict[int, list[int | bytes]]":
    """Return a message's fields: integers and bytes, which may be messages."""
    found: "dict[int, list[int | bytes]]" = {}
    position = 0
    while position < len(content):
        key, position = _take_varint(content, position)
        if key & 7 == 0:
            value, position = _take_varint(content, position)
            found.setdefault(key >> 3, []).append(value)
            continue
        assert key & 7 == 2, f"wire type {key & 7}"
        size, position = _take_varint(content, position)
        found.setdefault(key >> 3, []).append(content[position : position + size])
        position += size
    return found


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def _take_varint(content: bytes, position: int) -> "tuple[int, int]":
    value = shift = 0
    while True:
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, position


class Cri:
    """A client of the daemon that listens at `address`."""

    def __init__(self, address: Path) -> None:
        self._address = str(address)

    def call(self, method: str, message: Message) -> "dict[int, list[int | bytes]]":
        """Call `runtime.v1.RuntimeService/<method>` and return the answer's fields."""
        content = encode(message)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(self._address)
            connection.sendall(
                _PREFACE
                + _frame(_SETTINGS, 0, 0, b"")
                + _frame(_HEADERS, _END_HEADERS, _STREAM, _headers(method))
                + _frame(_DATA, _END_STREAM, _STREAM,
                         b"\0" + len(content).to_bytes(4, "big") + content)
            )
            return decode(_answer(connection))


def _headers(method: str) -> bytes:
    fields = {
        ":method": "POST", ":scheme": "http", ":path": f"/runtime.v1.RuntimeService/{method}",
        ":authority": "localhost", "content-type": "application/grpc", "te": "trailers",
    }
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items()
    )


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    )


def _answer(connection: socket.socket) -> bytes:
    """The message that comes back; one is there if and only if the call succeeded."""
    body = b""
    with connection.makefile("rb") as stream:
        while True:
            header = stream.read(_FRAME_HEADER_BYTES)
            assert len(header) == _FRAME_HEADER_BYTES, "the connection ended"
            kind, flags = header[3:5]
            payload = stream.read(int.from_bytes(header[:3], "big"))
            if kind in (_SETTINGS, _PING) and not flags & _ACK:
                answer = payload if kind == _PING else b""
                connection.sendall(_frame(kind, _ACK, 0, answer))
            elif kind == _DATA:
                body += payload
            elif kind == _HEADERS and flags & _END_STREAM:
                if not body:
                    raise CallError(repr(payload))
                return body[5:]
