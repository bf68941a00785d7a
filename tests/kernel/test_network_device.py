# SPDX-License-Identifier: Apache-2.0
"""Network devices on every machine: frames of all sizes both ways, to a peer in this process that
speaks Ethernet over QEMU's stream socket."""
from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Callable

import pytest
from device_probe import build_system_with_probe
from device_probe import changed_qemu
from device_probe import link_probe
from mew.vm.machine import Machine
from probe import Finished
from probe import Probe
from wire import Peer
from wire import Wire

MACHINES = ("microvm", "pc", "q35")
MAC = "52:54:00:12:34:56"
GUEST = bytes.fromhex(MAC.replace(":", ""))
PEER = bytes.fromhex("020000000001")
TYPE = b"\x88\xb5"
# Of the first block, and of two: the header that the device puts before a frame takes 12 bytes.
FIRST_BLOCK = 4096 - 12
SIZES = (
    15, 60, 270, 271, 1514, FIRST_BLOCK - 1, FIRST_BLOCK, FIRST_BLOCK + 1, 9014,
    FIRST_BLOCK + 4096, FIRST_BLOCK + 4097, 65_000,
)


@pytest.fixture(scope="module")
def network_probe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    work = tmp_path_factory.mktemp("network")
    return link_probe(build_system_with_probe(work, "network_probe.zig"))


def run_with_peer(
    probe: Probe,
    directory: Path,
    peer: Callable[[Wire], None],
    *commands: str,
    machine: str = "microvm",
    memory_mib: int = 64,
    options: str = "",
    log_level: str = "warn",
) -> Finished:
    """Run the probe on a machine with a network device, whose cable ends at `peer`."""
    def talk(wire: Wire) -> None:
        assert wire.receive() == blasted(0, 60)
        peer(wire)

    where = "device,bus=virtio-mmio-bus.6" if machine == "microvm" else "pci,disable-legacy=on"
    with Peer(directory / "wire", talk) as far_end:
        qemu = changed_qemu(
            directory, "^rng-builtin", "qom-type=rng-builtin",
            "-netdev", f"stream,id=network,{far_end.netdev}",
            "-device", f"virtio-net-{where},netdev=network,mac={MAC}{options}",
        )
        return probe.run(
            "blast:1:60", *commands, machine=Machine(machine, memory_mib=memory_mib), qemu=qemu,
            log_level=log_level,
        )


def blasted(number: int, size: int) -> bytes:
    """What network_probe.zig's `blast` sends."""
    payload = struct.pack(">I", number) + bytes([number % 256]) * (size - 14 - 4)
    return b"\xff" * 14 + payload


def frame_to_guest(size: int, seed: int) -> bytes:
    return GUEST + PEER + TYPE + random.Random(seed).randbytes(size - 14)


def answer_to(frame: bytes) -> bytes:
    return frame[6:12] + frame[:6] + frame[12:]


def exchange(wire: Wire, sizes: "tuple[int, ...]") -> None:
    """One frame after the other, each after the answer to the one before."""
    for seed, size in enumerate(sizes):
        frame = frame_to_guest(size, seed)
        wire.send(frame)
        assert wire.receive() == answer_to(frame), f"frame of {size} bytes"


def lines_of(finished: Finished) -> "list[str]":
    """What the probe said after its first word, all being well."""
    assert (finished.outcome.program_code, finished.stderr) == (0, ""), finished
    said = finished.stdout.decode().splitlines()
    assert said[0] == "sent 1"
    return said[1:]


@pytest.mark.parametrize("machine", MACHINES)
def test_frames_of_all_sizes_both_ways(
    network_probe: Probe, tmp_path: Path, machine: str
) -> None:
    finished = run_with_peer(
        network_probe, tmp_path, lambda wire: exchange(wire, SIZES * 3),
        f"echo:{len(SIZES) * 3}", "count", machine=machine,
    )
    # The device's 256 blocks, and no other: nothing was lost, nothing is held.
    said = lines_of(finished)
    assert said[0] == f"echoed {len(SIZES) * 3}"
    assert said[1].startswith("256 blocks used, 0 in flight, 0 dropped, true"), said


@pytest.mark.parametrize("options", ["", ",event_idx=off", ",mrg_rxbuf=off", ",indirect_desc=off"])
@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_many_frames_on_their_way_at_a_time(
    network_probe: Probe, tmp_path: Path, machine: str, options: str
) -> None:
    count, ahead = 6_000, 100
    sizes = random.Random(5).choices((60, 300, 1514, 4000), k=count)
    frames = [frame_to_guest(size, seed) for seed, size in enumerate(sizes)]

    def peer(wire: Wire) -> None:
        for number in range(count + ahead):
            if number < count:
                wire.send(frames[number])
            if number >= ahead:
                assert wire.receive() == answer_to(frames[number - ahead]), number - ahead

    finished = run_with_peer(
        network_probe, tmp_path, peer, f"echo:{count}", "count", machine=machine, options=options
    )
    said = lines_of(finished)
    assert said[0] == f"echoed {count}"
    assert said[1].startswith("256 blocks used, 0 in flight, 0 dropped, true"), said


@pytest.mark.parametrize("machine", MACHINES)
def test_a_slow_reader_loses_nothing(
    network_probe: Probe, tmp_path: Path, machine: str
) -> None:
    """More than socket and queue hold: the guest has to wait until there is room."""
    count = 3_000

    def peer(wire: Wire) -> None:
        for number in range(count):
            assert wire.receive() == blasted(number, 3000), number

    finished = run_with_peer(
        network_probe, tmp_path, peer, f"blast:{count}:3000", "count", machine=machine
    )
    assert lines_of(finished) == [
        f"sent {count}", "256 blocks used, 0 in flight, 0 dropped, false true",
    ]


def test_what_the_device_is(network_probe: Probe, tmp_path: Path) -> None:
    finished = run_with_peer(
        network_probe, tmp_path, lambda wire: None, "info", options=",host_mtu=9000",
        log_level="info",
    )
    # This backend does no work for the guest.
    assert finished.stdout.decode().splitlines()[1] == f"{GUEST.hex()} 9000 false false false"
    assert f"network device {MAC}, packets of 9000 bytes, features 0x12001802" in finished.stderr


def test_a_machine_without_a_network_device(network_probe: Probe) -> None:
    finished = network_probe.run("info")
    assert (finished.outcome.program_code, finished.stdout) == (1, b"no network\n")


@pytest.mark.parametrize("queue", ["receive", "transmit"])
@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_a_device_that_breaks_the_protocol_is_not_used_any_more(
    network_probe: Probe, tmp_path: Path, machine: str, queue: str
) -> None:
    finished = run_with_peer(
        network_probe, tmp_path, lambda wire: None, f"break_{queue}", machine=machine
    )
    assert finished.outcome.program_code == 0, finished
    # It is down, there is no room, and nothing is waited for.
    assert finished.stdout.decode().splitlines()[1] == "false true, then true false true 0"
    assert finished.stderr == (
        "mew: error: the network device is broken: not used any more\n"
    )


def test_the_smallest_machine(network_probe: Probe, tmp_path: Path) -> None:
    finished = run_with_peer(
        network_probe, tmp_path, lambda wire: exchange(wire, SIZES), f"echo:{len(SIZES)}",
        memory_mib=16,
    )
    assert lines_of(finished) == [f"echoed {len(SIZES)}"]
