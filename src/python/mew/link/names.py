# SPDX-License-Identifier: Apache-2.0
"""The table from code address to function name; `kernel/src/names.zig` reads it."""
import struct
from typing import Dict
from typing import Iterable
from typing import Tuple

from mew.link import elf
from mew_abi import symbols

IMAGE_BASE = b"mew_image_base"
SECTION = "mew_names"

_WASM_PREFIX = symbols.FUNCTION_PREFIX.encode()
_OFFSET_MAX = 0xFFFF_FFFF
# A smaller distance to the next function is padding.
_ALIGNMENT_MAX = 16


def names_blob(image_symbols: Iterable[elf.Symbol]) -> bytes:
    """Return the table of all functions among `image_symbols`, in the format of names.zig.

    One entry per address: several symbols there (an export and its local name) give the Wasm
    name, else the exported one, else the first in byte order. Where code without a symbol follows
    a function of known size, an entry without a name ends it. Raises KeyError when the image base
    is not defined.
    """
    listed = list(image_symbols)
    base = {symbol.name: symbol.address for symbol in listed}[IMAGE_BASE]
    chosen: Dict[int, Tuple[bool, bool, bytes]] = {}
    ends: Dict[int, int] = {}
    for symbol in listed:
        offset = symbol.address - base
        if symbol.kind != elf.SYMBOL_FUNCTION or symbol.section == elf.SECTION_UNDEFINED:
            continue
        if not 0 <= offset <= _OFFSET_MAX:
            continue
        is_wasm = symbol.name.startswith(_WASM_PREFIX)
        candidate = (not is_wasm, symbol.is_local, symbol.name)
        chosen[offset] = min(candidate, chosen.get(offset, candidate))
        ends[offset] = max(offset + symbol.size, ends.get(offset, 0))
    starts = sorted(chosen)
    entries = []
    for start, following in zip(starts, starts[1:] + [_OFFSET_MAX]):
        entries.append((start, chosen[start][-1]))
        if start < ends[start] <= following - _ALIGNMENT_MAX:
            entries.append((ends[start], b""))
    return _encode(entries)


def _encode(entries: Iterable[Tuple[int, bytes]]) -> bytes:
    listed = list(entries)
    texts_offset = 4 + 8 * len(listed)
    table = [struct.pack("<I", len(listed))]
    texts = bytearray()
    for offset, name in listed:
        table.append(struct.pack("<II", offset, texts_offset + len(texts)))
        texts += name + b"\0"
    return b"".join(table) + bytes(texts)
