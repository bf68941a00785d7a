# SPDX-License-Identifier: Apache-2.0
"""A network of its own for tests: a namespace in which they make interfaces, sockets, processes.

Nothing here touches the machine's own interfaces. The namespace has no name and ends with the
object, or with the process, whatever happens.
"""
from __future__ import annotations

import ctypes
import fcntl
import os
import queue
import shutil
import socket
import struct
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import Any
from typing import Callable
from typing import Sequence
from typing import TypeVar

# linux/sched.h, linux/if_tun.h
CLONE_NEWNET = 0x4000_0000
TUNSETIFF = 0x4004_54CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
IFF_VNET_HDR = 0x4000
COMMAND_TIMEOUT_S = 30

Result = TypeVar("Result")


class NamespaceError(Exception):
    """This machine does not let us make a namespace, or a command in it failed."""


class Namespace:
    """A network namespace, entered by one thread: what that thread makes belongs there.

    Sockets and child processes stay in it wherever they are used afterwards.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.call(_enter_new_namespace)
        self.run("ip", "link", "set", "lo", "up")

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            future, function = job
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: B902 - it belongs to whoever asked.
                future.set_exception(error)

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run `function` inside; for what makes something, not for what waits."""
        future: Future[Result] = Future()
        self._jobs.put((future, lambda: function(*arguments)))
        return future.result()

    def run(self, *argv: str) -> str:
        """Run a short command inside; return what it wrote. NamespaceError if it fails."""
        done = self.popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = done.communicate(timeout=COMMAND_TIMEOUT_S)[0].decode(errors="replace")
        if done.returncode:
            raise NamespaceError(f"{' '.join(argv)}: exit code {done.returncode}\n{output}")
        return output

    def popen(self, argv: Sequence[Any], **options: Any) -> "subprocess.Popen[bytes]":
        """Start a process inside."""
        return self.call(lambda: subprocess.Popen([*map(str, argv)], **options))

    def socket(self, *kind: int) -> socket.socket:
        """Open a socket inside, as `socket.socket(*kind)`."""
        return self.call(socket.socket, *kind)

    def connect(self, address: tuple[Any, ...], timeout_s: float) -> socket.socket:
        """Connect by TCP from inside."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        connection = self.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout_s)
            connection.connect(address)
        except BaseException:
            connection.close()
            raise
        return connection

    def open_tap(self, name: str, *addresses: str, offloads: bool = True) -> int:
        """Make an interface whose other end is the returned descriptor, such as QEMU takes.

        Addresses are like `10.0.2.2/24`; IPv6 is off without one. `offloads` lets frames be larger
        than the wire's and without checksum, as each side says that it can take them. The
        interface ends with the descriptor.
        """
        tap = self.call(os.open, "/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        flags = IFF_TAP | IFF_NO_PI | (IFF_VNET_HDR if offloads else 0)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        # Detection of duplicate addresses takes seconds.
        self.write_setting(f"net/ipv6/conf/{name}/accept_dad", "0")
        if not any(":" in address for address in addresses):
            self.write_setting(f"net/ipv6/conf/{name}/disable_ipv6", "1")
        if not addresses:
            # Else Linux answers there for the addresses of its other interfaces.
            self.write_setting(f"net/ipv4/conf/{name}/arp_ignore", "8")
        for address in addresses:
            self.run("ip", "addr", "add", address, "dev", name)
        self.run("ip", "link", "set", name, "up")
        return tap

    def write_setting(self, path: str, value: str) -> None:
        """Write to /proc/sys/`path`, which shows the writer's namespace."""

        def write() -> None:
            with open(f"/proc/sys/{path}", "w", encoding="ascii") as file:
                file.write(value)

        self.call(write)

    def close(self) -> None:
        """Leave it: it ends with its last socket and process."""
        self._jobs.put(None)
        self._thread.join()


def _enter_new_namespace() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNET):
        raise NamespaceError(f"no new network namespace: {os.strerror(ctypes.get_errno())}")


def missing(*programs: str) -> str:
    """Why tests with namespaces cannot run here; empty if they can."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root: it makes a network namespace and a tap in it"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "needs /dev/net/tun"
    absent = [name for name in ("ip", *programs) if shutil.which(name) is None]
    if absent:
        return f"needs {', '.join(absent)} on PATH"
    try:
        Namespace().close()
    except NamespaceError as error:
        return str(error)
    return ""
