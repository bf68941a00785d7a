# SPDX-License-Identifier: Apache-2.0
"""Each virtio device has its place, in the order in which the kernel numbers them."""
from __future__ import annotations

import re

import pytest
from mew.errors import MewError
from mew.vm.devices import DISKS_MAX
from mew.vm.devices import SHARES_MAX
from mew.vm.devices import Disk
from mew.vm.devices import Share
from mew.vm.devices import device_argv
from mew.vm.devices import parse_disk


def argv(machine: str, *disks: Disk) -> "tuple[str, ...]":
    return device_argv(machine, output="out", disks=disks)


def test_a_disk_on_microvm() -> None:
    assert argv("microvm", Disk("a,b.img"))[-4:] == (
        "-blockdev",
        "driver=raw,node-name=disk0,read-only=off,cache.direct=off,cache.no-flush=off,"
        "file.driver=file,file.filename=a,,b.img",
        "-device",
        "virtio-blk-device,bus=virtio-mmio-bus.2,drive=disk0,rerror=report,werror=report",
    )


def test_a_read_only_disk_on_pci() -> None:
    blockdev, _, device = argv("q35", Disk("a.img"), Disk("b.img", read_only=True))[-3:]
    assert "node-name=disk1,read-only=on," in blockdev
    assert device.startswith("virtio-blk-pci,addr=0x7,disable-legacy=on,")


def test_places_ascend() -> None:
    disks = [Disk(f"{index}.img") for index in range(DISKS_MAX)]
    places = re.findall(r"addr=(0x[0-9a-f]+)", " ".join(argv("pc", *disks)))
    assert [int(place, 16) for place in places] == list(range(4, 4 + 2 + DISKS_MAX))
    assert "virtio-mmio" not in " ".join(argv("pc", *disks))


@pytest.mark.parametrize(("machine", "count"), [("microvm", 7), ("q35", DISKS_MAX + 1)])
def test_too_many_disks(machine: str, count: int) -> None:
    with pytest.raises(MewError) as refused:
        argv(machine, *[Disk("a.img")] * count)
    assert refused.value.hint


def test_too_many_shares() -> None:
    shares = [Share(f"/{index}", ".") for index in range(SHARES_MAX + 1)]
    assert device_argv("q35", output="out", shares=shares[:-1])
    with pytest.raises(MewError, match=f"{SHARES_MAX + 1} shares"):
        device_argv("q35", output="out", shares=shares)


@pytest.mark.parametrize(
    ("text", "disk"),
    [
        ("a.img", Disk("a.img")),
        ("a.img:ro", Disk("a.img", read_only=True)),
        ("odd:name", Disk("odd:name")),
    ],
)
def test_disk_option(text: str, disk: Disk) -> None:
    assert parse_disk(text) == disk


@pytest.mark.parametrize("text", ["", ":ro"])
def test_disk_without_a_file(text: str) -> None:
    with pytest.raises(MewError, match="has no file"):
        parse_disk(text)
