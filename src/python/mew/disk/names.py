# SPDX-License-Identifier: Apache-2.0
"""Names on FAT: long ones, and the short one that each has (Microsoft FAT32 specification 1.03,
"Short and Long Names"). `kernel/src/fs/fat/name.zig` has the same rules."""
import string
from typing import List
from typing import NamedTuple
from typing import Set

NAME_UNITS_MAX = 255
LABEL_SIZE = 11

_UNITS_PER_SLOT = 13
_CASE_BASE = 0x08
_CASE_EXTENSION = 0x10
_RESERVED = set('"*/:<>?\\|')
_SHORT = set(string.ascii_uppercase + string.digits + "$%'-_@~`!(){}^#&")
_ALIASES_MAX = 999_999


class Form(NamedTuple):
    """How a name is stored: 11 bytes, case bits, and the long name's slots in their order."""

    short: bytes
    case: int
    long_slots: List[bytes]


def fault(name: str) -> str:
    """Return what keeps `name` from being a name on FAT; nothing if it is one."""
    try:
        units = len(name.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if units > NAME_UNITS_MAX:
        return f"it has {units} UTF-16 units, {NAME_UNITS_MAX} are possible"
    wrong = sorted({char for char in name if char in _RESERVED or char < " " or char == "\x7f"})
    if wrong:
        return f"it holds {''.join(wrong)!r}"
    return "it ends with a dot or a space" if name[-1] in ". " else ""


def label_fault(label: str) -> str:
    """Return what keeps `label` from being a volume's label; nothing if it is one."""
    if not 1 <= len(label) <= LABEL_SIZE:
        return f"it has {len(label)} characters, 1 to {LABEL_SIZE} are possible"
    wrong = sorted({char for char in label if char not in _SHORT and char != " "})
    if wrong:
        return f"it holds {''.join(wrong)!r}"
    return "it begins with a space" if label[0] == " " else ""


def form(name: str, taken: Set[bytes]) -> Form:
    """Return the form of `name` in a directory whose short names are `taken`; adds its own."""
    base, dot, extension = name.partition(".")
    if _is_short(base, 8) and (_is_short(extension, 3) if dot else True):
        short = _padded(base.upper(), extension.upper())
        if short not in taken:
            taken.add(short)
            lower_base = _CASE_BASE if base != base.upper() else 0
            lower_extension = _CASE_EXTENSION if extension != extension.upper() else 0
            return Form(short, lower_base | lower_extension, [])
    short = _alias(name, taken)
    taken.add(short)
    return Form(short, 0, _long_slots(name, checksum(short)))


def _is_short(part: str, size: int) -> bool:
    one_case = part in (part.upper(), part.lower())
    return 1 <= len(part) <= size and one_case and set(part.upper()) <= _SHORT and part.isascii()


def _padded(base: str, extension: str) -> bytes:
    return (base.ljust(8) + extension.ljust(3)).encode("ascii")


def _alias(name: str, taken: Set[bytes]) -> bytes:
    base, dot, extension = name.rpartition(".")
    if not base:
        base, extension = name, ""
    base = _reduced(base)
    extension = _reduced(extension)[:3] if extension else ""
    for number in range(1, _ALIASES_MAX + 1):
        tail = f"~{number}"
        short = _padded(base[: 8 - len(tail)] + tail, extension)
        if short not in taken:
            return short
    raise AssertionError("a directory cannot have that many entries")


def _reduced(part: str) -> str:
    kept = [char for char in part if char not in " ."]
    upper = (char.upper() if char.isascii() else "_" for char in kept)
    return "".join(char if char in _SHORT else "_" for char in upper) or "_"


def checksum(short: bytes) -> int:
    """Return what ties a long name to its short one ("ChkSum()")."""
    total = 0
    for byte in short:
        total = ((total >> 1 | total << 7) + byte) & 0xFF
    return total


def _long_slots(name: str, total: int) -> List[bytes]:
    units = name.encode("utf-16-le")
    count = -(-len(units) // (2 * _UNITS_PER_SLOT))
    padded = units + b"\0\0" if len(units) % (2 * _UNITS_PER_SLOT) else units
    padded = padded.ljust(2 * _UNITS_PER_SLOT * count, b"\xff")
    slots = []
    for order in range(count, 0, -1):
        part = padded[2 * _UNITS_PER_SLOT * (order - 1) :][: 2 * _UNITS_PER_SLOT]
        last = 0x40 if order == count else 0
        slots.append(
            bytes([order | last]) + part[:10] + bytes([0x0F, 0, total]) + part[10:22] + b"\0\0"
            + part[22:]
        )
    return slots
