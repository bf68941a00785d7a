# SPDX-License-Identifier: Apache-2.0
"""Serves a running VM until its end: text, input, requests to stop, and the end report."""
import os
import select
import selectors
import socket
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from typing import Callable
from typing import Optional

from mew.vm.events import Events
from mew.vm.qmp import Monitor
from mew.vm.report import ControlStream
from mew.vm.report import Ending
from mew.vm.stop import Stopper
from mew_abi import protocol

_CHUNK_BYTES = 1 << 16
# A report of a trap with its backtrace is shorter.
_REPORT_BYTES_MAX = 1 << 14
# QEMU says this and then stays, its VM paused: waiting for its end would be waiting for ever.
_KVM_FAILURE = b"KVM internal error"


@dataclass(frozen=True)
class Streams:
    """What connects us to a VM and to whoever started us (`mew.vm.run.run`)."""

    control: socket.socket
    monitor: Monitor
    stdout: BinaryIO
    stderr: BinaryIO
    stdin: Optional[BinaryIO]
    stop_requests: Optional[int]
    events: Events = Events(None)


class Session:
    """Passes text and input between a running VM and our own streams."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        streams: Streams,
        stream: ControlStream,
        *,
        stop_timeout_s: float,
    ) -> None:
        self._process = process
        self._control = streams.control
        self._monitor = streams.monitor
        self._stdout = streams.stdout
        self._stderr = streams.stderr
        self._stdin = streams.stdin
        self._stop_requests = streams.stop_requests
        self._events = streams.events
        self._stream = stream
        self._stopper = Stopper(streams.monitor, stop_timeout_s)
        self._qemu_error = b""
        self._last_words = b""
        self._reader_gone = False
        self._selector = selectors.DefaultSelector()

    def follow(self, timeout_s: Optional[float]) -> Ending:
        """Serve the VM until QEMU closes its streams; stop it at the deadline, or when nobody can
        read what it writes any more: QEMU would wait for a reader for ever."""
        assert self._process.stderr is not None
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        with self._selector as selector:
            self._watch_reader()
            selector.register(self._control, selectors.EVENT_READ, self._on_control)
            selector.register(self._process.stderr, selectors.EVENT_READ, self._on_qemu_error)
            if self._stop_requests is not None:
                selector.register(self._stop_requests, selectors.EVENT_READ, self._on_stop)
            # Others alone keep nobody waiting.
            while {self._control, self._process.stderr} & self._watched():
                waits_s = [self._stopper.wait_s()]
                if deadline_s is not None:
                    waits_s.append(max(0.0, deadline_s - time.monotonic()))
                ready = selector.select(min((s for s in waits_s if s is not None), default=None))
                if not ready and deadline_s is not None and deadline_s <= time.monotonic():
                    self._process.kill()
                    return Ending(self._process.wait(), self._stream.report, timeout_s=timeout_s)
                for key, _ in ready:
                    key.data()
                self._stopper.advance()
                if self._stopper.given_up is not None:
                    self._process.kill()
        qemu_error = self._qemu_error.decode("utf-8", "replace")
        status = self._process.wait()
        return Ending(
            status, self._stream.report, qemu_error, reader_gone=self._reader_gone,
            stop=self._stopper.given_up,
        )

    def watch(self, source: socket.socket, callback: Callable[[], object]) -> None:
        """While the VM runs, call `callback` whenever `source` can be read."""
        self._selector.register(source, selectors.EVENT_READ, callback)

    def _on_stop(self) -> None:
        assert self._stop_requests is not None
        self._selector.unregister(self._stop_requests)
        (number,) = os.read(self._stop_requests, 1)
        self._selector.register(self._monitor, selectors.EVENT_READ, self._on_monitor)
        self._stopper.begin(number)

    def _on_monitor(self) -> None:
        if not self._stopper.on_monitor():
            self._selector.unregister(self._monitor)

    def _watched(self) -> "set[object]":
        return {key.fileobj for key in self._selector.get_map().values()}

    def _watch_reader(self) -> None:
        stdout = self._stdout
        mode = os.fstat(stdout.fileno()).st_mode
        # A terminal's events are what is typed; files have none.
        if not stat.S_ISFIFO(mode) and not stat.S_ISSOCK(mode):
            return

        def on_event() -> None:
            self._selector.unregister(stdout)
            poll = select.poll()
            poll.register(stdout, 0)
            # Of a socket it may have been something to read, which is not for us.
            if poll.poll(0) and self._stream.report is None:
                self._reader_gone = True
                self._process.kill()

        self._selector.register(stdout, selectors.EVENT_READ, on_event)

    def _on_control(self) -> None:
        data = _receive(self._control)
        if not data:
            self._selector.unregister(self._control)
            self._write(self._stream.finish())
            return
        self._write(self._stream.feed(data))
        for protocol_name, guest_port in self._stream.listening:
            self._events.listening(protocol_name, guest_port)
        self._stream.listening.clear()
        if self._stream.input_requests:
            self._await_input()

    def _on_qemu_error(self) -> None:
        assert self._process.stderr is not None
        data = self._process.stderr.read1(_CHUNK_BYTES)
        if not data:
            self._selector.unregister(self._process.stderr)
        self._qemu_error += data
        if _KVM_FAILURE in self._qemu_error:
            self._process.kill()

    def _await_input(self) -> None:
        assert self._stdin is not None
        if self._waiting_for_input():
            return
        try:
            self._selector.register(self._stdin, selectors.EVENT_READ, self._on_input)
        except PermissionError:
            # epoll refuses regular files: they are always ready.
            self._answer()

    def _on_input(self) -> None:
        assert self._stdin is not None
        self._selector.unregister(self._stdin)
        self._answer()

    def _answer(self) -> None:
        assert self._stdin is not None
        data = os.read(self._stdin.fileno(), protocol.STDIN_BYTES_MAX)
        self._stream.input_requests -= 1
        try:
            self._control.sendall(len(data).to_bytes(2, "little") + data)
        except (BrokenPipeError, ConnectionResetError):
            # The VM has ended meanwhile; its other streams tell how.
            pass

    def _waiting_for_input(self) -> int:
        return int(self._stdin is not None and self._stdin in self._selector.get_map())

    def show_source(self, kernel: Path) -> None:
        """Add the source lines of the backtrace that the VM's last words hold."""
        # Only now: a VM's start should not wait for it.
        from mew.debug.source import source_of_report

        self._write(source_of_report(kernel, self._last_words.decode("utf-8", "replace")).encode())

    def _write(self, data: bytes) -> None:
        if data:
            self._last_words = (self._last_words + data)[-_REPORT_BYTES_MAX:]
            self._stderr.write(data)
            self._stderr.flush()


def _receive(control: socket.socket) -> bytes:
    try:
        return control.recv(_CHUNK_BYTES)
    except ConnectionResetError:
        return b""
