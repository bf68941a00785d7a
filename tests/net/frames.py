# SPDX-License-Identifier: Apache-2.0
"""Frames that a peer should not send: handmade ones, and mutations of real ones."""
from __future__ import annotations

import random
import socket
import struct
from typing import Iterator

ETHERNET_BYTES = 14
ETHERTYPE_IP4 = 0x0800
ETHERTYPE_ARP = 0x0806
PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
# Field -> offset in a TCP, UDP or ICMP header.
_CHECKSUM_OFFSETS = {PROTOCOL_ICMP: 2, PROTOCOL_TCP: 16, PROTOCOL_UDP: 6}
FRAME_BYTES_MAX = 1514


def checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Maker:
    """Makes frames from one host to another."""

    def __init__(self, source_mac: bytes, target_mac: bytes, source: str, target: str) -> None:
        self.ethernet = target_mac + source_mac
        self.source = socket.inet_aton(source)
        self.target = socket.inet_aton(target)

    def ip4(
        self, protocol: int, payload: bytes, *, fragment: int = 0, length: int | None = None,
        version: int = 0x45, source: bytes | None = None, options: bytes = b"",
    ) -> bytes:
        """A packet with a good header checksum, whatever else is wrong; `fragment` is the field."""
        total = 20 + len(options) + len(payload) if length is None else length
        header = struct.pack(
            "!BBHHHBBH4s4s", version, 0, total & 0xFFFF, 7, fragment, 64, protocol, 0,
            self.source if source is None else source, self.target,
        ) + options
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        return self.ethernet + struct.pack("!H", ETHERTYPE_IP4) + header + payload

    def tcp(
        self, port: int, flags: int, *, offset: int = 5, options: bytes = b"", data: bytes = b"",
        source_port: int = 4444, source: bytes | None = None, sequence: int = 1,
    ) -> bytes:
        """A segment with a good checksum in a good packet."""
        segment = struct.pack(
            "!HHIIBBHHH", source_port, port, sequence, 99, offset << 4, flags, 1000, 0, 0
        ) + options + data
        pseudo = (source or self.source) + self.target
        pseudo += struct.pack("!HH", PROTOCOL_TCP, len(segment))
        total = struct.pack("!H", checksum(pseudo + segment))
        return self.ip4(PROTOCOL_TCP, segment[:16] + total + segment[18:], source=source)

    def udp(self, port: int, data: bytes, *, length: int | None = None, source_port: int = 4444,
            fragment: int = 0) -> bytes:
        """A datagram without a checksum."""
        size = 8 + len(data) if length is None else length
        header = struct.pack("!HHHH", source_port, port, size & 0xFFFF, 0)
        return self.ip4(PROTOCOL_UDP, header + data, fragment=fragment)

    def icmp(self, kind: int, code: int, rest: bytes) -> bytes:
        """A message with a good checksum."""
        message = struct.pack("!BBH", kind, code, 0) + rest
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        return self.ip4(PROTOCOL_ICMP, message)


def handmade(maker: Maker, port: int) -> Iterator[bytes]:
    """One of each kind of nonsense that we could think of, towards a TCP port that listens."""
    yield maker.ethernet
    for ethertype in (0, 5, ETHERTYPE_ARP, ETHERTYPE_IP4, 0x86DD, 0x8100, 0xFFFF):
        for size in (0, 1, 7, 19, 20, 39, 60, 1500):
            yield maker.ethernet + struct.pack("!H", ethertype) + bytes([0xFF]) * size
            yield maker.ethernet + struct.pack("!H", ethertype) + bytes(size)
    yield from _internet(maker, port)
    yield from _transport(maker, port)


def _internet(maker: Maker, port: int) -> Iterator[bytes]:
    for version in (0x00, 0x35, 0x40, 0x44, 0x4F, 0x65, 0xF5):
        yield maker.ip4(PROTOCOL_TCP, bytes(40), version=version)
    for length in (0, 19, 20, 21, 59, 61, 1501, 65535):
        yield maker.ip4(PROTOCOL_TCP, bytes(40), length=length)
    for options in (b"\x07\x00\x00\x00", b"\x07\xff\x04\x00", b"\x83\x07\x04\x00", b"\x44\x01\0\0"):
        yield maker.ip4(PROTOCOL_ICMP, b"\x08\0\xf7\xff\0\0\0\0", version=0x46, options=options)
    # No host: broadcast, groups, nobody, the target itself, its loopback.
    for source in ("255.255.255.255", "224.0.0.1", "0.0.0.0", "127.0.0.1", "240.0.0.1"):
        yield maker.tcp(port, SYN, source=socket.inet_aton(source))
    yield maker.tcp(port, SYN, source=maker.target, source_port=port)
    # Fragments that overlap, contain each other, are empty, or end beyond the largest packet.
    more = 0x2000
    for fragment, size in (
        (more, 64), (more | 4, 64), (more | 1, 8), (2, 8), (more, 0), (0x1FFF, 1480),
        (more | 0x1FFF, 1480), (more, 7), (0x1000, 1480), (0x0001, 0),
    ):
        yield maker.udp(port, bytes(size), fragment=fragment)
    for kind in (0, 3, 4, 5, 8, 11, 12, 13, 17, 200):
        for code in (0, 1, 2, 3, 4, 255):
            for rest in (b"", bytes(4), bytes(32), b"\x45" + bytes(27), bytes([0xFF]) * 60):
                yield maker.icmp(kind, code, rest)


def _transport(maker: Maker, port: int) -> Iterator[bytes]:
    for flags in range(64):
        yield maker.tcp(port, flags)
        yield maker.tcp(port + 1, flags, data=b"data")
    for offset in (0, 1, 4, 6, 15):
        yield maker.tcp(port, SYN, offset=offset)
    for options in (
        b"\x02\x00\x00\x00", b"\x02\xff\x00\x00", b"\x02\x04\x00\x00", b"\x02\x04\x00\x01",
        b"\x03\x03\xff\x01", b"\x05\x01\x00\x00", b"\x05\xff\x00\x00", b"\x08\x0a\x00\x00",
        b"\x01\x01\x01\x08", b"\xfd\x00\x00\x00",
    ):
        yield maker.tcp(port, SYN, offset=6, options=options)
    yield maker.tcp(port, SYN, data=bytes(1400))
    yield maker.tcp(0, SYN)
    yield maker.tcp(port, SYN, source_port=0)
    for length in (0, 7, 8, 9, 1473, 65535):
        yield maker.udp(port, b"data", length=length)
    yield maker.udp(68, bytes(300), source_port=67)
    yield maker.udp(0, b"", source_port=0)


def mutate(frame: bytes, chance: random.Random) -> bytes:
    """A frame with some bytes changed, cut or added; half of them with good checksums."""
    result = bytearray(frame)
    kind = chance.randrange(4)
    if kind == 0:
        del result[chance.randrange(len(result)) :]
    elif kind == 1:
        result += chance.randbytes(chance.randrange(1, 64))
    else:
        first = chance.choice((ETHERNET_BYTES, ETHERNET_BYTES, 0))
        for _ in range(chance.choice((1, 1, 2, 8))):
            # Headers more often than data.
            last = chance.choice((min(len(result), 74), len(result)))
            result[chance.randrange(first, last)] = chance.choice(
                (0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))
            )
    if chance.random() < 0.5:
        _repair(result)
    return bytes(result[:FRAME_BYTES_MAX])


def _repair(frame: bytearray) -> None:
    """Make the checksums good where there are headers to do so."""
    header = (frame[ETHERNET_BYTES] & 15) * 4 if len(frame) > ETHERNET_BYTES + 20 else 0
    start = ETHERNET_BYTES + header
    if header < 20 or len(frame) < start:
        return
    frame[24:26] = b"\0\0"
    struct.pack_into("!H", frame, 24, checksum(bytes(frame[ETHERNET_BYTES:start])))
    protocol = frame[23]
    offset = _CHECKSUM_OFFSETS.get(protocol)
    end = min(len(frame), ETHERNET_BYTES + int.from_bytes(frame[16:18], "big"))
    if offset is None or end < start + offset + 2:
        return
    struct.pack_into("!H", frame, start + offset, 0)
    pseudo = bytes(frame[26:34]) + struct.pack("!HH", protocol, end - start)
    covered = bytes(frame[start:end])
    value = checksum(covered if protocol == PROTOCOL_ICMP else pseudo + covered)
    struct.pack_into("!H", frame, start + offset, value)
