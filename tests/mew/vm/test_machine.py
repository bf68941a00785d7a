# SPDX-License-Identifier: Apache-2.0
"""QEMU command lines and the guest's configuration are values with nothing left to chance."""
from __future__ import annotations

import pytest
from mew.errors import MewError
from mew.vm.machine import GuestConfig
from mew.vm.machine import Machine
from mew.vm.machine import choose_accelerator
from mew.vm.machine import qemu_argv
from mew_abi import protocol
from mew_abi.network import Addressing
from mew_abi.network import parse_listeners


def test_the_whole_command_line() -> None:
    argv = qemu_argv("qemu", "a.elf", Machine(), config_path="/tmp/config", control_fd=7)
    assert argv == (
        "qemu",
        "-machine", "microvm,pit=off,pic=off,acpi=off",
        "-accel", "tcg",
        "-cpu", "max",
        "-m", "128M",
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display", "none",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-chardev", "stdio,id=output,signal=off",
        "-global", "virtio-mmio.force-legacy=false",
        "-device", "virtio-serial-device,bus=virtio-mmio-bus.0,max_ports=2",
        "-device", "virtserialport,nr=1,chardev=output",
        "-object", "rng-builtin,id=random",
        "-device", "virtio-rng-device,bus=virtio-mmio-bus.1,rng=random",
        "-chardev", "socket,id=control,fd=7",
        "-device", "isa-serial,index=1,chardev=control",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
        "-fw_cfg", "name=opt/dev.mew/config,file=/tmp/config",
        "-kernel", "a.elf",
    )


def test_options_reach_the_command_line() -> None:
    machine = Machine("q35", memory_mib=4096, accelerator="kvm", cpu="host", sandbox=False)
    argv = qemu_argv("qemu", "a.elf", machine, config_path="odd,name", control_fd=3)
    assert argv[1:9] == ("-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "4096M")
    assert "-sandbox" not in argv
    assert f"name={protocol.CONFIG_FILE},file=odd,,name" in argv


def test_debugger_port_is_for_this_host_only() -> None:
    argv = qemu_argv("qemu", "a.elf", Machine(gdb_port=1234), config_path="c", control_fd=3)
    assert argv[argv.index("-gdb") + 1 :][:2] == ("tcp:127.0.0.1:1234", "-S")


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [("machine", "vax", "vax"), ("memory_mib", 15, "15"), ("accelerator", "auto", "auto")],
)
def test_bad_machines_are_refused(field: str, value: object, word: str) -> None:
    with pytest.raises(MewError, match=word) as refused:
        Machine(**{field: value})  # type: ignore[arg-type]
    assert refused.value.hint


def test_configuration_bytes() -> None:
    config = GuestConfig(
        arguments=("app", "", "a b=c"), environment=("A=1", "B="), nonce="0f",
        log_level="debug", has_stdin=True,
    )
    assert config.encode() == (
        b"arg=app\0arg=\0arg=a b=c\0env=A=1\0env=B=\0nonce=0f\0log=debug\0stdin=request\0"
    )


def test_defaults_are_not_sent() -> None:
    assert GuestConfig(arguments=("app",), nonce="0").encode() == b"arg=app\0nonce=0\0"


def test_directories_of_one_boot() -> None:
    config = GuestConfig(arguments=("a",), preopens={"/d=1": "disk", "/tmp": "none"})
    assert config.encode().startswith(b"preopen=/d=1=disk\0preopen=/tmp=none\0")


def test_the_network_of_one_boot() -> None:
    config = GuestConfig(
        arguments=("a",),
        listeners=parse_listeners(["tcp:80", "udp:127.0.0.1:53"]),
        addressing=Addressing(("10.0.2.15/24",), ("10.0.2.2",), ("10.0.2.3",), "web"),
    )
    assert config.encode() == (
        b"listen=tcp:80\0listen=udp:127.0.0.1:53\0ip=10.0.2.15/24\0gateway=10.0.2.2\0"
        b"dns=10.0.2.3\0hostname=web\0arg=a\0nonce=\0"
    )


def test_bytes_that_are_no_utf8_pass_through() -> None:
    assert GuestConfig(arguments=("\udcff",)).encode().startswith(b"arg=\xff\0")


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (GuestConfig(arguments=("a\0b",)), "NUL"),
        (GuestConfig(arguments=("a",), preopens={"/data": "floppy"}), "'floppy'"),
        (GuestConfig(arguments=("a",), environment=("A",)), "'A'"),
        (GuestConfig(arguments=("a",), addressing=Addressing(("me",))), "'me'"),
        (GuestConfig(arguments=("a",), environment=("=1",)), "'=1'"),
        (GuestConfig(arguments=("a" * protocol.CONFIG_BYTES_MAX,)), str(protocol.CONFIG_BYTES_MAX)),
    ],
)
def test_what_the_guest_cannot_take_is_refused(config: GuestConfig, word: str) -> None:
    with pytest.raises(MewError, match=word) as refused:
        config.encode()
    assert refused.value.hint


def test_the_longest_configuration_fits() -> None:
    rest = len(GuestConfig(arguments=("",)).encode())
    config = GuestConfig(arguments=("a" * (protocol.CONFIG_BYTES_MAX - rest),))
    assert len(config.encode()) == protocol.CONFIG_BYTES_MAX


@pytest.mark.parametrize(
    ("usable", "flags", "pvm", "chosen"),
    [
        (True, ("fpu", "vmx"), False, "kvm"),
        (True, ("svm",), False, "kvm"),
        (True, ("fpu",), False, "tcg"),
        (True, ("vmx",), True, "tcg"),
        (False, ("vmx",), False, "tcg"),
    ],
)
def test_kvm_only_where_it_is_real(
    usable: bool, flags: "tuple[str, ...]", pvm: bool, chosen: str
) -> None:
    facts = {"kvm_usable": usable, "cpu_flags": flags, "kvm_is_pvm": pvm}
    assert choose_accelerator("auto", **facts) == chosen  # type: ignore[arg-type]
    assert choose_accelerator("kvm", **facts) == "kvm"  # type: ignore[arg-type]
