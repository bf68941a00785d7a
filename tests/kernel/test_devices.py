# SPDX-License-Identifier: Apache-2.0
"""Virtio devices on every machine: disks, the source of random numbers, the console, and what a
device that fails does to the program that uses it."""
from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from device_probe import build_system_with_probe
from device_probe import changed_qemu
from device_probe import link_probe
from mew.errors import MewError
from mew.vm.devices import Disk
from mew.vm.machine import Machine
from pipeline import System
from probe import Probe

MACHINES = ("microvm", "pc", "q35")
SECTOR = 512
SECTORS = 2000
# Two whole requests and a part of one.
LONG = 300

# Takes memory until there is none, then says so with 4 KiB of dots.
GREEDY = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 4096) (i32.const 46) (i32.const 4096))
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 4096))
    (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    return build_system_with_probe(tmp_path_factory.mktemp("devices"))


@pytest.fixture(scope="module")
def device_probe(system: System) -> Probe:
    return link_probe(system)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A file name with what QEMU's option lists split at."""
    path = tmp_path / "disk,with=odd name.img"
    path.write_bytes(random.Random(1).randbytes(SECTORS * SECTOR))
    return path


def written(sectors: int, first_byte: int) -> bytes:
    """What device_probe.zig writes."""
    values = range(first_byte, first_byte + sectors * SECTOR)
    return bytes((value + value // 256) % 256 for value in values)


@pytest.mark.parametrize("machine", MACHINES)
def test_disk_is_read_and_written(device_probe: Probe, disk: Path, machine: str) -> None:
    before = disk.read_bytes()
    finished = device_probe.run(
        "size:0", f"read:0:1:{LONG}", f"write:0:5:{LONG}:7", "flush:0", f"read:0:4:{LONG}",
        machine=Machine(machine, disks=(Disk(str(disk)),)),
    )
    after = bytearray(before)
    after[5 * SECTOR : (5 + LONG) * SECTOR] = written(LONG, 7)
    assert (finished.outcome.program_code, finished.stderr) == (0, "")
    assert finished.stdout == b"".join(
        [
            f"size {SECTORS} false\nread ok\n".encode(), before[SECTOR : (1 + LONG) * SECTOR],
            b"write ok\nflush ok\nread ok\n", bytes(after[4 * SECTOR : (4 + LONG) * SECTOR]),
        ]
    )
    assert disk.read_bytes() == after


@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_disks_keep_their_order(device_probe: Probe, tmp_path: Path, machine: str) -> None:
    disks = []
    for index in range(4):
        path = tmp_path / f"{index}.img"
        path.write_bytes(bytes((index + 1) * SECTOR))
        disks.append(Disk(str(path), read_only=index == 2))
    finished = device_probe.run(
        "size:3", "size:2", "size:0", "size:1", "size:2", "size:4",
        machine=Machine(machine, disks=tuple(disks)),
    )
    assert finished.stdout.decode().splitlines() == [
        "size 4 false", "size 3 true", "size 1 false", "size 2 false", "size 3 true", "no disk 4",
    ]


def test_what_a_disk_refuses(device_probe: Probe, disk: Path, tmp_path: Path) -> None:
    locked = tmp_path / "read-only.img"
    locked.write_bytes(bytes(4 * SECTOR))
    finished = device_probe.run(
        f"write:0:{SECTORS - 1}:2:0", f"read:0:{SECTORS}:1", f"read:0:{2**64 - 1}:2",
        f"read:0:{SECTORS}:0", "write:1:0:1:1", "flush:1",
        machine=Machine(disks=(Disk(str(disk)), Disk(str(locked), read_only=True))),
    )
    assert finished.stdout.decode().splitlines() == [
        "write OutOfRange", "read OutOfRange", "read OutOfRange", "read ok", "write ReadOnly",
        "flush ok",
    ]
    assert locked.read_bytes() == bytes(4 * SECTOR)


@pytest.mark.parametrize(
    ("kind", "command", "where"),
    [
        # QEMU reads the disk's beginning itself.
        ("read", "read:0:100:1", ",inject-error.0.sector=100"),
        ("write", "write:0:100:1:0", ",inject-error.0.sector=100"),
        ("flush", "flush:0", ""),
    ],
)
def test_an_error_of_the_host_is_an_error(
    device_probe: Probe, disk: Path, tmp_path: Path, kind: str, command: str, where: str
) -> None:
    """The first request of its kind fails, the next works."""
    faulty = (
        f"driver=blkdebug,inject-error.0.event=none,inject-error.0.iotype={kind}{where},"
        "inject-error.0.once=on,image.driver=file,image."
    )
    qemu = changed_qemu(
        tmp_path, "file.driver=file,file.", re.sub("(^|,)", r"\1file.", faulty)
    )
    # Without a write before it a flush would not get to the disk.
    finished = device_probe.run(
        "write:0:1:1:0", command, command, machine=Machine(disks=(Disk(str(disk)),)), qemu=qemu
    )
    wanted = f"write ok\n{kind} Io\n{kind} ok\n".encode()
    assert finished.stdout.startswith(wanted), finished


@pytest.mark.parametrize("machine", MACHINES)
def test_a_disk_that_does_not_answer(
    device_probe: Probe, disk: Path, tmp_path: Path, machine: str
) -> None:
    """The VM's 30 seconds pass in no time: its clock counts instructions, and idling is skipped.
    The read ends with an error, and what comes after it does not wait again."""
    qemu = changed_qemu(
        tmp_path, "driver=raw,(node-name=[^,]*),.*",
        r"driver=null-co,\1,size=1048576,latency-ns=3000000000", "-icount", "shift=0,sleep=off",
    )
    finished = device_probe.run(
        "read:0:0:1", "write:0:0:1:0", "flush:0",
        machine=Machine(machine, disks=(Disk(str(disk)),)), qemu=qemu,
    )
    assert finished.stdout.decode().splitlines() == ["read Io", "write Io", "flush Io"], finished
    assert finished.stderr.count("virtio device of kind 2 is broken") == 1


@pytest.mark.parametrize("machine", MACHINES)
def test_random_bytes_come_from_the_host(
    device_probe: Probe, tmp_path: Path, machine: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(64)))
    qemu = changed_qemu(tmp_path, "^rng-builtin", f"rng-random,filename={source}")
    finished = device_probe.run("random", machine=Machine(machine), qemu=qemu)
    assert finished.stdout == source.read_bytes(), finished


@pytest.mark.parametrize("machine", MACHINES)
def test_console_works_when_memory_is_gone(
    system: System, tmp_path: Path, machine: str
) -> None:
    source = tmp_path / "greedy.wat"
    source.write_text(GREEDY)
    finished = Probe(system.link(source, "greedy")).run(machine=Machine(machine, memory_mib=32))
    assert (finished.outcome.program_code, finished.stdout) == (0, b"." * 4096), finished


def test_serial_port_where_there_is_no_console(system: System, tmp_path: Path) -> None:
    """As on other monitors: the console's place is taken by a device that nobody asks for."""
    source = tmp_path / "greedy.wat"
    source.write_text(GREEDY)
    qemu = changed_qemu(
        tmp_path, "^virtio-serial-pci,.*|^virtserialport,.*", "pci-testdev",
        "-device", "isa-serial,index=0,chardev=output",
    )
    finished = Probe(system.link(source, "serial")).run(
        machine=Machine("pc", memory_mib=32), qemu=qemu
    )
    assert (finished.outcome.program_code, finished.stdout) == (0, b"." * 4096), finished


def test_a_missing_disk_is_said(device_probe: Probe) -> None:
    with pytest.raises(MewError, match="no disk image nowhere.img"):
        device_probe.run(machine=Machine(disks=(Disk("nowhere.img"),)))
