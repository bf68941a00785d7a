# SPDX-License-Identifier: Apache-2.0
"""Checks of a finished image: what must hold whatever the linker was told. Pure."""
from typing import Sequence

from mew.errors import MewError
from mew.link import elf
from mew_abi import layout
from mew_abi import symbols

# Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY.
_PVH_NOTE = (b"Xen", 18)


def verify_image(image: elf.Image, system: str) -> None:
    """Raise MewError unless `image` is complete and keeps the memory map's promises.

    No undefined symbols; no segment that is both writable and executable; no segment inside
    linear memory's window; linear memory at the agreed address; for the kernel a PVH entry.
    """
    image_symbols = image.symbols()
    _check_symbols(image, image_symbols)
    _check_segments(image)
    if system == "kernel" and _PVH_NOTE not in [note[:2] for note in image.notes()]:
        raise _defect(image, "no PVH note: a monitor could not find the entry point")


def verify_no_paths(content: bytes, paths: Sequence[str], where: str) -> None:
    """Raise MewError when `content` mentions one of `paths`, which differ between machines."""
    for path in paths:
        if path.encode() in content:
            raise MewError(
                f"{where}: holds the path {path!r} of this machine",
                hint="A build flag that removes paths is missing; this is a defect of mew.",
            )


def _check_symbols(image: elf.Image, image_symbols: Sequence[elf.Symbol]) -> None:
    memory_bases = set()
    for symbol in image_symbols:
        # Weak ones are optional; where there is none, the address is 0.
        if symbol.section == elf.SECTION_UNDEFINED and not (symbol.is_local or symbol.is_weak):
            raise _defect(image, f"undefined symbol {symbol.name.decode(errors='replace')}")
        if symbol.name == symbols.LINEAR_MEMORY.encode():
            memory_bases.add(symbol.address)
    if memory_bases != {layout.LINEAR_MEMORY_BASE}:
        seen = ", ".join(hex(base) for base in sorted(memory_bases)) or "nowhere"
        raise _defect(
            image, f"linear memory is at {seen}, not at {layout.LINEAR_MEMORY_BASE:#x}"
        )


def _check_segments(image: elf.Image) -> None:
    window_start = layout.LINEAR_MEMORY_BASE
    window_end = window_start + layout.LINEAR_MEMORY_WINDOW
    loaded = [segment for segment in image.segments if segment.kind == elf.SEGMENT_LOAD]
    if not loaded:
        raise _defect(image, "no loaded segment")
    for segment in loaded:
        end = segment.address + segment.memory_size
        if segment.flags & elf.FLAG_WRITE and segment.flags & elf.FLAG_EXECUTE:
            raise _defect(image, f"segment at {segment.address:#x} is writable and executable")
        if segment.address < window_end and end > window_start:
            raise _defect(image, f"segment at {segment.address:#x} overlaps linear memory")


def _defect(image: elf.Image, what: str) -> MewError:
    return MewError(f"{image.where}: {what}", hint="This is a defect of mew's linker script.")
