# SPDX-License-Identifier: Apache-2.0
"""QEMU command lines and guest configuration as values; nothing here runs anything."""
import shlex
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Mapping
from typing import Optional
from typing import Tuple

from mew.debug import GDB_COMMANDS
from mew.errors import MewError
from mew.vm.devices import Disk
from mew.vm.devices import Share
from mew.vm.devices import device_argv
from mew.vm.devices import escaped
from mew.vm.network import Network
from mew.vm.qmp import monitor_argv
from mew_abi import network
from mew_abi import preopens
from mew_abi import protocol

# Machine types that the image boots on, with the properties that we set. microvm is the default:
# it starts fastest. Its date comes from the real-time clock, hence no rtc=off.
MACHINES = {
    "microvm": "microvm,pit=off,pic=off,acpi=off",
    "pc": "pc",
    "q35": "q35",
}
ACCELERATORS = ("auto", "tcg", "kvm")
LOG_LEVELS = ("error", "warn", "info", "debug")
DEFAULT_LOG_LEVEL = "warn"
MEMORY_MIB_MIN = 16

_CHARDEV_OUTPUT = "output"
_CHARDEV_CONTROL = "control"
_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


@dataclass(frozen=True)
class Machine:
    """A virtual machine's shape. `accelerator` is tcg or kvm: `auto` has been decided before.

    With `gdb_port` it does not start before a debugger on this host, at that port, lets it.
    """

    machine: str = "microvm"
    memory_mib: int = 128
    accelerator: str = "tcg"
    cpu: str = "max"
    sandbox: bool = True
    gdb_port: Optional[int] = None
    disks: Tuple[Disk, ...] = ()
    shares: Tuple[Share, ...] = ()
    network: Optional[Network] = None

    def __post_init__(self) -> None:
        if self.machine not in MACHINES:
            raise MewError(
                f"unknown machine type {self.machine!r}", hint=f"use one of {', '.join(MACHINES)}"
            )
        if self.memory_mib < MEMORY_MIB_MIN:
            raise MewError(
                f"{self.memory_mib} MiB of memory are too few",
                hint=f"give at least {MEMORY_MIB_MIN} MiB (--memory-mib)",
            )
        if self.accelerator not in ("tcg", "kvm"):
            raise MewError(
                f"unknown accelerator {self.accelerator!r}", hint="use auto, tcg or kvm"
            )


@dataclass(frozen=True)
class GuestConfig:
    """What the program and the kernel are told. `environment` holds `NAME=VALUE` strings,
    `preopens` are from name to kind (`mew_abi.preopens`) and go over those of the image;
    `listeners` are sockets besides those of the image (`mew_abi.network`)."""

    arguments: Tuple[str, ...]
    environment: Tuple[str, ...] = ()
    nonce: str = ""
    log_level: str = DEFAULT_LOG_LEVEL
    has_stdin: bool = False
    tells_listening: bool = False
    preopens: Mapping[str, str] = field(default_factory=dict)
    listeners: Tuple[network.Listener, ...] = ()
    addressing: network.Addressing = network.Addressing()

    def encode(self) -> bytes:
        """Return the fw_cfg file's bytes (`mew_abi.protocol`)."""
        records = [("arg", text) for text in self.arguments]
        records += [("env", text) for text in self.environment]
        records.append(("nonce", self.nonce))
        if self.log_level != DEFAULT_LOG_LEVEL:
            records.append(("log", self.log_level))
        if self.has_stdin:
            records.append(("stdin", "request"))
        if self.tells_listening:
            records.append(("notices", "listening"))
        for key, text in records:
            if "\0" in text:
                raise MewError(
                    f"a NUL byte in {key} {text!r}",
                    hint="arguments and environment are C strings: remove the byte",
                )
        for text in self.environment:
            if not text.partition("=")[0] or "=" not in text:
                raise MewError(f"environment entry {text!r} has no name", hint="write NAME=VALUE")
        wrong = preopens.fault(self.preopens, (*preopens.KINDS, preopens.PREOPEN_NONE))
        if wrong:
            raise MewError(wrong, hint="write NAME=KIND, as in --preopen /data=memory")
        wrong = self.addressing.fault()
        if wrong:
            raise MewError(wrong, hint="correct --ip, --gateway, --dns or --hostname")
        content = b"".join(
            (
                preopens.records(self.preopens),
                network.records(self.listeners),
                self.addressing.records(),
                *(
                    key.encode() + b"=" + text.encode("utf-8", "surrogateescape") + b"\0"
                    for key, text in records
                ),
            )
        )
        if len(content) > protocol.CONFIG_BYTES_MAX:
            raise MewError(
                f"arguments and environment take {len(content)} bytes, "
                f"{protocol.CONFIG_BYTES_MAX} are possible",
                hint="pass less, or pass it on standard input",
            )
        return content


def qemu_argv(
    qemu: str,
    kernel: str,
    machine: Machine,
    *,
    config_path: str,
    control_fd: int,
    monitor_fd: Optional[int] = None,
    starts_paused: bool = False,
) -> Tuple[str, ...]:
    """Return the command line that boots `kernel`.

    Output is QEMU's standard output, from a virtio console: a serial port costs a system call for
    each byte. COM2 is the socket `control_fd`. `monitor_fd` is one for `mew.vm.qmp`,
    which lets a machine that starts paused go on.
    """
    return (
        qemu,
        "-machine", MACHINES[machine.machine],
        "-accel", machine.accelerator,
        "-cpu", machine.cpu,
        "-m", f"{machine.memory_mib}M",
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display", "none",
        *(("-sandbox", _SANDBOX) if machine.sandbox else ()),
        *(() if machine.gdb_port is None else ("-gdb", f"tcp:127.0.0.1:{machine.gdb_port}")),
        *(("-S",) if starts_paused or machine.gdb_port is not None else ()),
        "-chardev", f"stdio,id={_CHARDEV_OUTPUT},signal=off",
        *device_argv(
            machine.machine,
            output=_CHARDEV_OUTPUT,
            disks=machine.disks,
            shares=machine.shares,
            network=machine.network,
        ),
        "-chardev", f"socket,id={_CHARDEV_CONTROL},fd={control_fd}",
        "-device", f"isa-serial,index=1,chardev={_CHARDEV_CONTROL}",
        "-device", f"isa-debug-exit,iobase=0x{protocol.DEBUG_EXIT_PORT:x},iosize=1",
        *(() if monitor_fd is None else monitor_argv(monitor_fd)),
        "-fw_cfg", f"name={protocol.CONFIG_FILE},file={escaped(config_path)}",
        "-kernel", kernel,
    )


def debugger_command(kernel: Path, port: int) -> str:
    """Return the shell command that lets gdb debug the VM that waits at `port`."""
    target = f"target remote 127.0.0.1:{port}"
    words = ("gdb", "-x", str(GDB_COMMANDS), str(kernel), "-ex", target)
    return " ".join(shlex.quote(word) for word in words)


def choose_accelerator(
    requested: str, *, kvm_usable: bool, cpu_flags: Tuple[str, ...], kvm_is_pvm: bool
) -> str:
    """Decide `auto`: hardware virtualisation where it is real, else tcg.

    /dev/kvm alone proves nothing: under PVM it exists, but code in ring 0, which is all a
    unikernel has, is then interpreted instruction by instruction and incompletely.
    """
    if requested != "auto":
        return requested
    hardware = "vmx" in cpu_flags or "svm" in cpu_flags
    return "kvm" if kvm_usable and hardware and not kvm_is_pvm else "tcg"
