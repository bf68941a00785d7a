# SPDX-License-Identifier: Apache-2.0
"""A FAT32 volume as pieces of bytes (Microsoft FAT32 specification 1.03).

All times are the first that FAT knows, the serial number comes from the content, and clusters are
given out in the order of the paths: the same files, label and size give the same bytes.
"""
import hashlib
import struct
from dataclasses import dataclass
from dataclasses import field
from typing import Dict
from typing import Iterator
from typing import List
from typing import Mapping
from typing import Optional
from typing import Set
from typing import Tuple

from mew.disk import names
from mew.errors import MewError

SECTOR = 512
MIB = 1 << 20
FILE_SIZE_MAX = 0xFFFF_FFFF
SIZE_MIB_MAX = 2 * MIB - 1

# What makes a volume FAT32 and not FAT16, by the specification.
_CLUSTERS_MIN = 65525
_CLUSTER_SIZES = (32768, 16384, 8192, 4096, 2048, 1024, 512)
# Larger clusters waste room; volumes need them only to keep the table small.
_CLUSTER_SIZE_USUAL = 4096
_CLUSTERS_FEW = 1 << 21
_FIRST_CLUSTER = 2
_RESERVED = 32
_TABLES = 2
_BACKUP_SECTOR = 6
# Data begins at a multiple of the pages and blocks that lie below.
_ALIGNMENT = 8
_END = 0x0FFF_FFFF
_SLOT = 32
_SLOTS_MAX = 65536
# 1980-01-01.
_DATE = 1 << 5 | 1
_DIRECTORY = 0x10
_ARCHIVE = 0x20
_LABEL = 0x08

Piece = Tuple[int, bytes]


@dataclass
class _Node:
    """A file, or a directory with its entries by name."""

    content: Optional[bytes] = None
    entries: Dict[str, "_Node"] = field(default_factory=dict)
    forms: Dict[str, names.Form] = field(default_factory=dict)
    cluster: int = 0

    def slots(self, is_root: bool) -> int:
        """Slots of a directory with the label, or "." and ".."."""
        used = sum(1 + len(form.long_slots) for form in self.forms.values())
        return used + (1 if is_root else 2)


@dataclass(frozen=True)
class _Geometry:
    sectors: int
    cluster_size: int
    reserved: int
    table_sectors: int
    clusters: int

    def offset(self, cluster: int) -> int:
        data_start = (self.reserved + _TABLES * self.table_sectors) * SECTOR
        return data_start + (cluster - _FIRST_CLUSTER) * self.cluster_size


def volume(files: Mapping[str, Optional[bytes]], *, size_mib: int, label: str) -> List[Piece]:
    """Return the volume's bytes as (offset, bytes) pairs; all else is zeros.

    `files` maps paths with `/` between components to contents, None being a directory.
    Raises MewError when a name, a size or the label is not possible.
    """
    wrong = names.label_fault(label)
    if wrong:
        raise MewError(
            f"label {label!r}: {wrong}", hint="Use up to 11 capital letters, digits and spaces."
        )
    geometry = _geometry(size_mib)
    root = _tree(files)
    used = _assign(root, geometry)
    if used > geometry.clusters:
        missing = (used - geometry.clusters) * geometry.cluster_size
        raise MewError(
            f"the files do not fit on a disk of {size_mib} MiB: {missing} bytes more are needed",
            hint=f"Give a size of {size_mib + missing // MIB + 2} MiB, or more to write to.",
        )
    serial = _serial(files, size_mib, label)
    free = geometry.clusters - used
    boot = _boot_sector(geometry, serial, label)
    info = _info_sector(free, _FIRST_CLUSTER + used)
    pieces = [
        (start * SECTOR, boot + info) for start in (0, _BACKUP_SECTOR)
    ]
    table = _table(root, geometry)
    for number in range(_TABLES):
        pieces.append(((geometry.reserved + number * geometry.table_sectors) * SECTOR, table))
    pieces.extend(_contents(root, geometry, label))
    return pieces


def _geometry(size_mib: int) -> _Geometry:
    sectors = size_mib * MIB // SECTOR
    if size_mib > SIZE_MIB_MAX:
        raise MewError(
            f"a disk of {size_mib} MiB is too large for FAT32",
            hint=f"Give a size of at most {SIZE_MIB_MAX} MiB.",
        )
    for cluster_size in _CLUSTER_SIZES:
        in_cluster = cluster_size // SECTOR
        # Clusters without tables: not fewer than there will be, so the tables are large enough.
        most = sectors // in_cluster
        if cluster_size > _CLUSTER_SIZE_USUAL and most < _CLUSTERS_FEW:
            continue
        table_sectors = -(-(most + _FIRST_CLUSTER) * 4 // SECTOR)
        reserved = _RESERVED + -(_RESERVED + _TABLES * table_sectors) % _ALIGNMENT
        clusters = (sectors - reserved - _TABLES * table_sectors) // in_cluster
        if clusters >= _CLUSTERS_MIN:
            return _Geometry(sectors, cluster_size, reserved, table_sectors, clusters)
    raise MewError(
        f"a disk of {size_mib} MiB is too small for FAT32",
        hint="Give a size of at least 33 MiB; the file takes what is in it only.",
    )


def _tree(files: Mapping[str, Optional[bytes]]) -> _Node:
    root = _Node()
    for path, content in sorted(files.items()):
        *parents, name = path.split("/")
        here = root
        for parent in parents:
            here = here.entries.setdefault(parent, _Node())
        if content is not None and len(content) > FILE_SIZE_MAX:
            raise MewError(
                f"{path}: {len(content)} bytes are too many for a file on FAT32",
                hint=f"Leave it out, or split it: {FILE_SIZE_MAX} bytes are possible.",
            )
        if content is None:
            here.entries.setdefault(name, _Node())
        else:
            here.entries[name] = _Node(content)
    _name(root, "")
    return root


def _name(node: _Node, path: str) -> None:
    taken: Set[bytes] = set()
    seen: Dict[str, str] = {}
    for name, child in sorted(node.entries.items()):
        wrong = names.fault(name)
        if wrong:
            raise MewError(
                f"{path}{name}: no name for FAT32: {wrong}".encode("ascii", "replace").decode(),
                hint="Rename the file, or leave it out.",
            )
        folded = name.upper().casefold()
        if folded in seen:
            raise MewError(
                f"{path}{name} and {path}{seen[folded]} are one name on FAT32",
                hint="Rename one of them: case does not tell names apart there.",
            )
        seen[folded] = name
        node.forms[name] = names.form(name, taken)
        if child.content is None:
            _name(child, f"{path}{name}/")
    if node.slots(path == "") > _SLOTS_MAX:
        raise MewError(
            f"{path or '/'}: {len(node.entries)} entries are too many for a directory on FAT32",
            hint="Spread the files over several directories.",
        )


def _walk(node: _Node) -> Iterator[_Node]:
    yield node
    for _, child in sorted(node.entries.items()):
        yield from _walk(child)


def _assign(root: _Node, geometry: _Geometry) -> int:
    """Give every node its first cluster and return how many are used."""
    next_cluster = _FIRST_CLUSTER
    for node in _walk(root):
        count = _cluster_count(node, root, geometry)
        node.cluster = next_cluster if count else 0
        next_cluster += count
    return next_cluster - _FIRST_CLUSTER


def _cluster_count(node: _Node, root: _Node, geometry: _Geometry) -> int:
    size = node.slots(node is root) * _SLOT if node.content is None else len(node.content)
    return -(-size // geometry.cluster_size)


def _table(root: _Node, geometry: _Geometry) -> bytes:
    entries = [0x0FFF_FFF8, _END]
    for node in _walk(root):
        count = _cluster_count(node, root, geometry)
        if count:
            entries.extend(range(node.cluster + 1, node.cluster + count))
            entries.append(_END)
    return struct.pack(f"<{len(entries)}I", *entries)


def _contents(root: _Node, geometry: _Geometry, label: str) -> Iterator[Piece]:
    label_slot = _slot(label.ljust(names.LABEL_SIZE).encode(), 0, _LABEL, 0, 0)
    yield geometry.offset(root.cluster), label_slot + _slots(root)
    for parent in _walk(root):
        for _, node in sorted(parent.entries.items()):
            if node.content is None:
                above = 0 if parent is root else parent.cluster
                dots = _slot(b".".ljust(11), 0, _DIRECTORY, node.cluster, 0)
                dots += _slot(b"..".ljust(11), 0, _DIRECTORY, above, 0)
                yield geometry.offset(node.cluster), dots + _slots(node)
            elif node.content:
                yield geometry.offset(node.cluster), node.content


def _slots(directory: _Node) -> bytes:
    parts: List[bytes] = []
    for name, node in sorted(directory.entries.items()):
        form = directory.forms[name]
        parts.extend(form.long_slots)
        kind, size = (_DIRECTORY, 0) if node.content is None else (_ARCHIVE, len(node.content))
        parts.append(_slot(form.short, form.case, kind, node.cluster, size))
    return b"".join(parts)


def _slot(short: bytes, case: int, attributes: int, cluster: int, size: int) -> bytes:
    return struct.pack(
        "<11sBBBHHHHHHHI", short, attributes, case, 0, 0, _DATE, _DATE, cluster >> 16, 0, _DATE,
        cluster & 0xFFFF, size,
    )


def _boot_sector(geometry: _Geometry, serial: int, label: str) -> bytes:
    sector = struct.pack(
        "<3s8sHBHBHHBHHHIIIHHIHH12sBBBI11s8s",
        # A jump over the parameters, and "mew" as who made them.
        b"\xeb\x58\x90", b"mew     ", SECTOR, geometry.cluster_size // SECTOR, geometry.reserved,
        _TABLES, 0, 0, 0xF8, 0, 63, 255, 0, geometry.sectors, geometry.table_sectors, 0, 0,
        _FIRST_CLUSTER, 1, _BACKUP_SECTOR, b"", 0x80, 0, 0x29, serial,
        label.ljust(names.LABEL_SIZE).encode(), b"FAT32   ",
    )
    # Started as a boot sector it does nothing, for ever.
    return (sector + b"\xf4\xeb\xfd").ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def _info_sector(free: int, next_free: int) -> bytes:
    return (
        struct.pack("<I480xIII", 0x4161_5252, 0x6141_7272, free, next_free)
        + bytes(12)
        + struct.pack("<I", 0xAA55_0000)
    )


def _serial(files: Mapping[str, Optional[bytes]], size_mib: int, label: str) -> int:
    digest = hashlib.sha256(f"{size_mib} {label}\0".encode())
    for path, content in sorted(files.items()):
        kind = b"d" if content is None else b"f"
        digest.update(kind + path.encode() + b"\0" + hashlib.sha256(content or b"").digest())
    return int.from_bytes(digest.digest()[:4], "little")
