# SPDX-License-Identifier: Apache-2.0
"""Asks a running program to end, and gives up after a while."""
import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import Iterator
from typing import Optional

from mew.vm.qmp import STOP_COMMAND
from mew.vm.qmp import Monitor
from mew.vm.qmp import MonitorError
from mew.vm.qmp import refusal
from mew.vm.report import Stop

# A machine drops the request as long as its kernel has not set up for it, so it is repeated.
_REPEAT_S = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopper:
    """One request to end. `given_up` says when the VM is to be killed after all.

    Whoever uses it calls `begin` once, `on_monitor` when the monitor can be read, and `advance`
    after `wait_s` seconds at the latest.
    """

    def __init__(self, monitor: Monitor, timeout_s: float) -> None:
        self.given_up: Optional[Stop] = None
        self._monitor = monitor
        self._timeout_s = timeout_s
        self._number = 0
        self._deadline_s = 0.0
        self._repeat_at_s = 0.0
        self._status_id = -1

    @property
    def has_begun(self) -> bool:
        """Whether somebody wants the program to end."""
        return self._number != 0

    def begin(self, number: int) -> None:
        """The program is to end, because of the signal `number`."""
        self._number = number
        self._deadline_s = time.monotonic() + self._timeout_s
        try:
            self._status_id = self._monitor.send("query-status")
        except MonitorError:
            # The VM has ended meanwhile; its other streams tell how.
            return
        self.advance()

    def advance(self) -> None:
        """Ask again, or give up, if it is time for that."""
        if not self.has_begun or self.given_up is not None:
            return
        now_s = time.monotonic()
        if now_s >= self._deadline_s:
            self._give_up(f"the program did not end within {self._timeout_s:g} s of being asked to")
        elif now_s >= self._repeat_at_s:
            self._repeat_at_s = now_s + _REPEAT_S
            try:
                self._monitor.send(STOP_COMMAND)
            except MonitorError:
                pass

    def wait_s(self) -> Optional[float]:
        """Seconds until `advance` has something to do; None: it has not."""
        if not self.has_begun or self.given_up is not None:
            return None
        return max(0.0, min(self._deadline_s, self._repeat_at_s) - time.monotonic())

    def on_monitor(self) -> bool:
        """Take what QEMU answered. False: it says nothing more."""
        try:
            messages = self._monitor.receive()
        except json.JSONDecodeError as error:
            self._give_up(f"QEMU's monitor does not speak QMP: {error}")
            return False
        for message in messages or ():
            if refusal(message):
                self._give_up(f"QEMU cannot ask the program to end: {refusal(message)}")
            elif message.get("id") == self._status_id and not message["return"].get("running"):
                # Held by a debugger, or paused: it could not do anything about it.
                self._give_up("")
        return messages is not None

    def _give_up(self, reason: str) -> None:
        if self.given_up is None:
            self.given_up = Stop(self._number, reason)


@contextmanager
def stop_signals() -> Iterator[int]:
    """Catch SIGTERM and SIGINT; the descriptor that this gives has the number of each as a byte.

    The second one ends this process the usual way: by an exception that unwinds it.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    caught = []

    def on_signal(number: int, frame: object) -> None:
        caught.append(number)
        if len(caught) > 1:
            sys.exit(128 + number)

    wakeup_before = signal.set_wakeup_fd(writer)
    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup_before)
        os.close(reader)
        os.close(writer)

