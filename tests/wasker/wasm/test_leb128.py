# SPDX-License-Identifier: Apache-2.0
"""LEB128 integers: values at the limits, and each way to be malformed."""
from __future__ import annotations

import pytest
from wasker.errors import Diagnostic
from wasker.wasm.leb128 import read_signed
from wasker.wasm.leb128 import read_unsigned


def _encode(value: int, signed: bool) -> bytes:
    """The shortest encoding, by the textbook loop."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if value == (-1 if signed and byte & 0x40 else 0) and not (
            signed and value == 0 and byte & 0x40
        ):
            return bytes([*out, byte])
        out.append(byte | 0x80)


@pytest.mark.parametrize("bits", [32, 64])
def test_unsigned_round_trip(bits: int) -> None:
    limit = (1 << bits) - 1
    for value in (0, 1, 127, 128, 16383, 16384, 624485, limit >> 1, limit):
        data = _encode(value, signed=False)
        assert read_unsigned(b"\xaa" + data + b"\xaa", 1, len(data) + 2, bits) == (
            value, len(data) + 1,
        )


@pytest.mark.parametrize("bits", [32, 33, 64])
def test_signed_round_trip(bits: int) -> None:
    limit = (1 << (bits - 1)) - 1
    for value in (0, 1, -1, 63, 64, -64, -65, 8191, -8192, limit, -limit - 1):
        data = _encode(value, signed=True)
        assert read_signed(data, 0, len(data), bits) == (value, len(data))


def test_padding_is_allowed_up_to_the_type_s_length() -> None:
    assert read_unsigned(b"\x83\x80\x80\x80\x00", 0, 5, 32) == (3, 5)
    assert read_signed(b"\xff\xff\xff\xff\x7f", 0, 5, 32) == (-1, 5)


@pytest.mark.parametrize(
    ("data", "bits", "code"),
    [
        ("8080808080", 32, "E010"),
        ("808080808000", 32, "E010"),
        ("ffffffff1f", 32, "E010"),
        ("80808080808080808002", 64, "E010"),
        ("8080", 32, "E006"),
        ("", 32, "E006"),
    ],
)
def test_malformed_unsigned(data: str, bits: int, code: str) -> None:
    with pytest.raises(Diagnostic) as raised:
        read_unsigned(bytes.fromhex(data), 0, len(data) // 2, bits)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("data", "bits", "code"),
    [
        ("ffffffff0f", 32, "E010"),
        ("8080808070", 32, "E010"),
        ("ffffffff4f", 32, "E010"),
        ("8080808020", 33, "E010"),
        ("80808080808080808001", 64, "E010"),
        ("ff", 64, "E006"),
    ],
)
def test_malformed_signed(data: str, bits: int, code: str) -> None:
    with pytest.raises(Diagnostic) as raised:
        read_signed(bytes.fromhex(data), 0, len(data) // 2, bits)
    assert raised.value.code == code
