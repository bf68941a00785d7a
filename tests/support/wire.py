# SPDX-License-Identifier: Apache-2.0
"""The far end of a VM's network cable, in this process: QEMU's stream socket carries each frame
after its length."""
from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path
from typing import Callable

TIMEOUT_S = 60


class Wire:
    """Whole Ethernet frames both ways. QEMU 7.2 never reads on when a frame comes before the device
    is in use: the guest has to send the first one."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._reader = stream.makefile("rb")

    def send(self, frame: bytes) -> None:
        self._stream.sendall(struct.pack(">I", len(frame)) + frame)

    def receive(self) -> bytes:
        """The next frame; empty at the end."""
        size = self._reader.read(4)
        return self._reader.read(struct.unpack(">I", size)[0]) if len(size) == 4 else b""


class Peer:
    """Runs `talk` on the cable that QEMU plugs in at `path`. Use it in a `with` statement, whose
    end waits for it and raises what went wrong."""

    def __init__(self, path: Path, talk: Callable[[Wire], None]) -> None:
        self._path = path
        self._talk = talk
        self._failures: "list[Exception]" = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._serve)

    @property
    def netdev(self) -> str:
        """QEMU's option, without the id."""
        return f"server=off,addr.type=unix,addr.path={self._path}"

    def _serve(self) -> None:
        try:
            stream, _ = self._listener.accept()
            stream.settimeout(TIMEOUT_S)
            with stream:
                self._talk(Wire(stream))
        except Exception as error:
            self._failures.append(error)

    def __enter__(self) -> "Peer":
        self._listener.settimeout(TIMEOUT_S)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()
        if self._failures:
            raise self._failures[0]
