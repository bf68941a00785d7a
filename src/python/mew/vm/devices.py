# SPDX-License-Identifier: Apache-2.0
"""Virtio devices of a machine, as QEMU arguments. The kernel numbers devices of a kind by their
place on the bus, so every device is given its place here.
"""
from dataclasses import dataclass
from typing import Optional
from typing import Sequence
from typing import Tuple

from mew.errors import MewError
from mew.vm.network import Network
from mew.vm.network import netdev_argv
from mew.vm.network import nic_options

# microvm's transports are registers in memory, the others' are on the PCI bus.
MMIO_MACHINE = "microvm"
_MMIO_TRANSPORTS = 8
# Below are the machines' own devices.
_PCI_FIRST_PLACE = 4
# The limits in kernel/src/drivers/virtio: disks_max of block.zig, channels_max of files.zig.
DISKS_MAX = 8
SHARES_MAX = 8
# Of QEMU's mount tags.
SHARE_NAME_BYTES_MAX = 31
_READ_ONLY_SUFFIX = ":ro"
# The processor that notifies starts the transfer itself. By way of QEMU's main loop, the default,
# a request takes a third longer (docs/explain/devices.md).
_PCI_OPTIONS = "disable-legacy=on,ioeventfd=off"


@dataclass(frozen=True)
class Disk:
    """A disk image on this host, raw. QEMU locks it: a second writer is refused."""

    path: str
    read_only: bool = False


def parse_disk(text: str) -> Disk:
    """Return the disk that `PATH` or `PATH:ro` names."""
    read_only = text.endswith(_READ_ONLY_SUFFIX)
    path = text[: -len(_READ_ONLY_SUFFIX)] if read_only else text
    if not path:
        raise MewError(f"disk {text!r} has no file", hint="write --disk PATH, or --disk PATH:ro")
    return Disk(path, read_only)


@dataclass(frozen=True)
class Share:
    """A directory of this host, with all below it. `name` is the program's preopen."""

    name: str
    path: str
    read_only: bool = False


def parse_share(text: str) -> Share:
    """Return the share that `NAME=DIR` or `NAME=DIR:ro` describes."""
    name, equals, rest = text.partition("=")
    read_only = rest.endswith(_READ_ONLY_SUFFIX)
    path = rest[: -len(_READ_ONLY_SUFFIX)] if read_only else rest
    if not name or not equals or not path:
        raise MewError(
            f"share {text!r} lacks its name or its directory",
            hint="write --share NAME=DIR, or --share NAME=DIR:ro",
        )
    if len(name.encode("utf-8", "surrogateescape")) > SHARE_NAME_BYTES_MAX:
        raise MewError(
            f"the name of share {text!r} is too long",
            hint=f"give one of at most {SHARE_NAME_BYTES_MAX} bytes",
        )
    return Share(name, path, read_only)


def device_argv(
    machine: str,
    *,
    output: str,
    disks: Sequence[Disk] = (),
    shares: Sequence[Share] = (),
    network: Optional[Network] = None,
) -> Tuple[str, ...]:
    """Return the arguments for a console that writes to chardev `output`, a source of random
    numbers, then the disks, then the shares, then a network interface.

    Raises MewError when the machine has too few places for them.
    """
    bus = _Bus(machine)
    argv = [
        # Not port 0, a console: QEMU drops what that writes while its reader is busy.
        *bus.device("virtio-serial", "max_ports=2"),
        "-device", f"virtserialport,nr=1,chardev={output}",
        "-object", "rng-builtin,id=random",
        *bus.device("virtio-rng", "rng=random"),
    ]
    for kind, given, most in (("disks", disks, DISKS_MAX), ("shares", shares, SHARES_MAX)):
        if len(given) > most:
            raise MewError(f"{len(given)} {kind}", hint=f"give at most {most}")
    for index, disk in enumerate(disks):
        argv += _disk_argv(bus, f"disk{index}", disk)
    for index, share in enumerate(shares):
        argv += _share_argv(bus, f"share{index}", share)
    if network is not None:
        argv += [*netdev_argv(network), *bus.network_interface(nic_options(network))]
    return (*bus.options(), *argv)


def _disk_argv(bus: "_Bus", name: str, disk: Disk) -> Tuple[str, ...]:
    """The guest's flush is the host's fsync. An error is the guest's to handle: QEMU would stop
    the VM for a full host disk."""
    return (
        "-blockdev",
        f"driver=raw,node-name={name},read-only={'on' if disk.read_only else 'off'},"
        f"cache.direct=off,cache.no-flush=off,"
        f"file.driver=file,file.filename={escaped(disk.path)}",
        *bus.device("virtio-blk", f"drive={name},rerror=report,werror=report"),
    )


def _share_argv(bus: "_Bus", name: str, share: Share) -> Tuple[str, ...]:
    """Files are made as whoever runs QEMU. Inode numbers stay unique below mount points."""
    read_only = ",readonly=on" if share.read_only else ""
    return (
        "-fsdev",
        f"local,id={name},path={escaped(share.path)},security_model=none,multidevs=remap"
        f"{read_only}",
        *bus.device("virtio-9p", f"fsdev={name},mount_tag={escaped(share.name)}"),
    )


class _Bus:
    """Gives out a machine's places for virtio devices, in ascending order."""

    def __init__(self, machine: str) -> None:
        self._machine = machine
        self._used = 0

    def options(self) -> Tuple[str, ...]:
        """What the bus itself needs: the interface of virtio 1.0 and later."""
        if self._machine == MMIO_MACHINE:
            return ("-global", "virtio-mmio.force-legacy=false")
        return ()

    def device(self, name: str, options: str) -> Tuple[str, ...]:
        place = self._used
        self._used += 1
        if self._machine != MMIO_MACHINE:
            address = f"addr=0x{_PCI_FIRST_PLACE + place:x}"
            return ("-device", f"{name}-pci,{address},{_PCI_OPTIONS},{options}")
        if place == _MMIO_TRANSPORTS:
            raise MewError(
                f"more devices than the {_MMIO_TRANSPORTS} that a {MMIO_MACHINE} has places for",
                hint="use another machine (--machine q35), or fewer disks and shares",
            )
        return ("-device", f"{name}-device,bus=virtio-mmio-bus.{place},{options}")

    def network_interface(self, options: str) -> Tuple[str, ...]:
        """A NIC on PCI comes with a program for the BIOS, to boot from the network, unless it is
        told not to."""
        rom = "" if self._machine == MMIO_MACHINE else "romfile=,"
        return self.device("virtio-net", rom + options)


def escaped(value: str) -> str:
    """Return `value` for use in an option list, which QEMU splits at commas."""
    return value.replace(",", ",,")
