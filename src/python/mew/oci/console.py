# SPDX-License-Identifier: Apache-2.0
"""A container's terminal: made here, handed to the engine over its socket (runc's protocol)."""
from __future__ import annotations

import fcntl
import os
import socket
import termios

from mew.errors import MewError


def open_terminal(console_socket: str) -> int:
    """Make a terminal, send its master to the engine, and return the container's side of it."""
    master, terminal = os.openpty()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(console_socket)
            name = os.ttyname(terminal).encode()
            socket.send_fds(connection, [name], [master])
    except OSError as error:
        os.close(terminal)
        raise MewError(
            f"--console-socket {console_socket}: {error.strerror}",
            hint="the engine listens there for the terminal",
        ) from None
    finally:
        os.close(master)
    return terminal


def become_controlling(terminal: int) -> None:
    """Let the keys that interrupt reach this process, the leader of a new session."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
