# SPDX-License-Identifier: Apache-2.0
"""QEMU's monitor (QMP): commands to a running VM, over a socket that QEMU inherits.

QMP is lines of JSON. QEMU greets, and takes commands once `qmp_capabilities` has ended that
greeting; it does commands in the order in which they came, so nobody has to wait for an answer
before the next one. Before that command it sends no events: a monitor that nobody uses fills no
buffer.
"""
import json
import socket
import time
from typing import Any
from typing import Dict
from typing import List
from typing import Optional
from typing import Tuple

from mew.errors import MewError

# How the program is asked to end: the only thing that a machine without ACPI has for it, and the
# kernel takes it as that request (docs/howto/network.md).
STOP_COMMAND = "inject-nmi"

_CHARDEV = "monitor"
_CHUNK_BYTES = 1 << 16
_ANSWER_S = 5.0

Message = Dict[str, Any]


class MonitorError(MewError):
    """QEMU refused a command, gave no answer, or is gone."""


class MonitorGoneError(MonitorError):
    """QEMU has ended, or is about to; its exit status and its words tell why."""


def monitor_argv(monitor_fd: int) -> Tuple[str, ...]:
    """Return QEMU's arguments for a monitor on the inherited socket `monitor_fd`."""
    return (
        "-chardev", f"socket,id={_CHARDEV},fd={monitor_fd}",
        "-mon", f"chardev={_CHARDEV},mode=control",
    )


class Monitor:
    """The other end of that socket. Whoever made the socket closes it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._pending = b""
        self._last_id = 0

    def fileno(self) -> int:
        """The socket's descriptor, so that a selector can wait for `receive`."""
        return self._connection.fileno()

    def send(self, command: str, **arguments: Any) -> int:
        """Send a command and return the number that its answer will have as `id`.

        Raises MonitorGoneError when QEMU is gone.
        """
        requests: List[Message] = []
        if self._last_id == 0:
            requests.append({"execute": "qmp_capabilities", "id": 0})
        self._last_id += 1
        requests.append({"execute": command, "id": self._last_id})
        if arguments:
            requests[-1]["arguments"] = arguments
        lines = b"".join(json.dumps(request).encode() + b"\n" for request in requests)
        try:
            self._connection.sendall(lines)
        except (BrokenPipeError, ConnectionResetError):
            raise _gone(command) from None
        return self._last_id

    def receive(self) -> Optional[List[Message]]:
        """Return the messages that the next bytes complete; None when QEMU is gone.

        Waits for bytes as the socket's own timeout says. The greeting is a message with `QMP`,
        an event one with `event`, an answer one with `id` and either `return` or `error`.
        """
        try:
            data = self._connection.recv(_CHUNK_BYTES)
        except ConnectionResetError:
            return None
        if not data:
            return None
        *lines, self._pending = (self._pending + data).split(b"\n")
        return [json.loads(line) for line in lines if line.strip()]

    def execute(self, command: str, *, timeout_s: float = _ANSWER_S, **arguments: Any) -> Any:
        """Send a command, wait for its answer and return its value; messages in between are lost.

        Raises MonitorError with QEMU's words when it refuses, and when no answer comes in time.
        """
        number = self.send(command, **arguments)
        deadline_s = time.monotonic() + timeout_s
        try:
            while True:
                self._connection.settimeout(max(1e-3, deadline_s - time.monotonic()))
                messages = self.receive()
                if messages is None:
                    raise _gone(command)
                for message in messages:
                    if message.get("id") == number:
                        return _value(command, message)
        except socket.timeout:
            raise MonitorError(
                f"QEMU did not answer {command!r} within {timeout_s:g} s",
                hint="the VM hangs: kill it",
            ) from None
        finally:
            self._connection.settimeout(None)


def refusal(message: Message) -> str:
    """Return why QEMU refused the command that `message` answers; "" if it did not."""
    return str(message["error"].get("desc", message["error"])) if "error" in message else ""


def _value(command: str, message: Message) -> Any:
    refused = refusal(message)
    if refused:
        raise MonitorError(f"QEMU refused {command!r}: {refused}")
    return message.get("return")


def _gone(command: str) -> MonitorGoneError:
    return MonitorGoneError(f"QEMU is gone; it did not take {command!r}")
