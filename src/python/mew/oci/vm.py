# SPDX-License-Identifier: Apache-2.0
"""One QEMU for a container: started with its vCPU held, in its jail."""
from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import replace
from typing import NamedTuple
from typing import Optional

from mew.errors import MewError
from mew.oci import jail
from mew.oci import linux
from mew.vm.devices import Disk
from mew.vm.machine import GuestConfig
from mew.vm.machine import Machine
from mew.vm.machine import qemu_argv
from mew.vm.qmp import Monitor
from mew.vm.qmp import MonitorError

_READY_S = 30.0


class Place(NamedTuple):
    """Where and as whom QEMU runs; None: where and as whom we do. `code_mib` limits tcg's
    translated code."""

    jail: Optional[str]
    identity: Optional[jail.Identity]
    code_mib: Optional[int]


class Vm:
    """A QEMU process and our ends of its sockets."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        control: socket.socket,
        monitor_socket: socket.socket,
        nonce: str,
    ) -> None:
        self.process = process
        self.control = control
        self.monitor = Monitor(monitor_socket)
        self.nonce = nonce
        self._monitor_socket = monitor_socket

    def await_ready(self) -> None:
        """Wait until the machine stands. Raises MewError with QEMU's words when it does not."""
        try:
            self.monitor.execute("query-status", timeout_s=_READY_S)
        except MonitorError as error:
            self.process.kill()
            said = self.process.communicate()[1].decode("utf-8", "replace").strip()
            raise MewError(f"QEMU does not start: {said or error.message}") from None

    def end(self) -> None:
        """Kill QEMU and wait for its end."""
        self.process.kill()
        self.process.communicate()
        self.control.close()
        self._monitor_socket.close()


def start(
    qemu: str, kernel: str, machine: Machine, guest: GuestConfig, place: Place
) -> Vm:
    """Start QEMU; its vCPU waits for `cont`. What it needs of the host is open before it gives
    its privileges up. Raises MewError when there is no such program."""
    control, control_qemu = socket.socketpair()
    monitor, monitor_qemu = socket.socketpair()
    kernel_fd = os.open(kernel, os.O_RDONLY | os.O_CLOEXEC)
    config_fd = os.memfd_create("config")
    disk_fds = [
        os.open(disk.path, (os.O_RDONLY if disk.read_only else os.O_RDWR) | os.O_CLOEXEC)
        for disk in machine.disks
    ]
    try:
        os.write(config_fd, guest.encode())
        argv = qemu_argv(
            qemu, _by_descriptor(kernel_fd), _with_disks(machine, disk_fds),
            config_path=_by_descriptor(config_fd),
            control_fd=control_qemu.fileno(), monitor_fd=monitor_qemu.fileno(),
        )  # fmt: skip
        inherited = [control_qemu.fileno(), monitor_qemu.fileno(), kernel_fd, config_fd]
        inherited += disk_fds
        if machine.network is not None:
            inherited += machine.network.inherited()
        process = _spawn((*_limited(argv, place.code_mib), "-S"), place, inherited)
    finally:
        control_qemu.close()
        monitor_qemu.close()
        for descriptor in (kernel_fd, config_fd, *disk_fds):
            os.close(descriptor)
    return Vm(process, control, monitor, guest.nonce)


def _limited(argv: tuple[str, ...], code_mib: Optional[int]) -> tuple[str, ...]:
    """The command line, with a limit of translated code if there is one, and tcg."""
    place = argv.index("-accel") + 1
    if code_mib is None or argv[place] != "tcg":
        return argv
    return (*argv[:place], f"tcg,tb-size={code_mib}", *argv[place + 1 :])


def _by_descriptor(number: int) -> str:
    """A path of a file that QEMU's process inherits, wherever its root is."""
    return f"/proc/self/fd/{number}"


def _with_disks(machine: Machine, descriptors: list[int]) -> Machine:
    disks = tuple(
        Disk(_by_descriptor(number), disk.read_only)
        for number, disk in zip(descriptors, machine.disks)
    )
    return replace(machine, disks=disks)


def _spawn(
    argv: tuple[str, ...], place: Place, inherited: list[int]
) -> "subprocess.Popen[bytes]":
    own_pids = None
    if place.jail is not None:
        # For the next child only: a namespace whose first process has ended takes no more.
        own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        linux.unshare(linux.NAMESPACES["pid"])
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=1,
            stderr=subprocess.PIPE,
            pass_fds=inherited,
            # Keys that interrupt are for the monitor.
            start_new_session=True,
            preexec_fn=lambda: jail.enter(place.jail, place.identity),
        )
    except OSError as error:
        raise MewError(
            f"cannot start {argv[0]!r}: {error.strerror}",
            hint="install QEMU (qemu-system-x86_64), or name it in the configuration",
        ) from None
    except subprocess.SubprocessError as error:
        raise MewError(f"cannot start {argv[0]!r} in its jail: {error}") from None
    finally:
        if own_pids is not None:
            linux.setns(own_pids, linux.NAMESPACES["pid"])
            os.close(own_pids)
