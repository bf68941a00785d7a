# SPDX-License-Identifier: Apache-2.0
"""The control stream's end report, and what a finished run means.

The protocol is `mew_abi.protocol`: text for people, then one line with the run's nonce.
"""
import re
from dataclasses import dataclass
from typing import List
from typing import Optional
from typing import Tuple

from mew_abi import protocol

_REPORT = re.compile(
    rb"nonce=(?P<nonce>[0-9a-f]*) kind=(?P<kind>exit|trap|panic) code=(?P<code>\d{1,10}) "
    rb"(?P<text>[^\n]*)\n"
)
_LISTENING = re.compile(
    rb"nonce=(?P<nonce>[0-9a-f]*) listening=(?P<protocol>tcp|udp):(?P<port>\d{1,5})\n"
)
_INPUT_REQUEST = re.compile(rb"nonce=(?P<nonce>[0-9a-f]*) want=stdin\n")
_PREFIX = protocol.REPORT_PREFIX.encode()
# A line that begins like a report and never ends would be held back for ever.
_REPORT_LENGTH_MAX = 4096

_STATUS_BY_KIND = {
    "exit": protocol.QEMU_STATUS_EXIT,
    "trap": protocol.QEMU_STATUS_TRAP,
    "panic": protocol.QEMU_STATUS_PANIC,
}
_EXIT_CODE_MAX = 255


@dataclass(frozen=True)
class Report:
    """The guest's own account of its end. `code` has 32 bits; for a trap it is the trap kind."""

    kind: str
    code: int
    text: str


class ControlStream:
    """Splits the control stream of the run with `nonce` into text, requests, notices, the report.

    A program can write to this stream too. Only lines with the nonce, which programs are never
    told, are the system's; others are text.
    """

    def __init__(self, nonce: str) -> None:
        self.report: Optional[Report] = None
        # Requests for input that have not been answered yet; whoever answers takes them off.
        self.input_requests = 0
        # (protocol, port) of sockets that listen; whoever passes them on takes them off.
        self.listening: List[Tuple[str, int]] = []
        self._nonce = nonce.encode()
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the stream and return those that are text for people."""
        self._pending += data
        text = []
        while True:
            start = self._pending.find(_PREFIX)
            if start < 0:
                start = self._partial_prefix()
                text.append(self._take(start))
                return b"".join(text)
            text.append(self._take(start))
            end = self._pending.find(b"\n")
            if end < 0 and len(self._pending) < _REPORT_LENGTH_MAX:
                return b"".join(text)
            length = self._system_line()
            if length:
                self._take(length)
            else:
                text.append(self._take(len(_PREFIX)))

    def _system_line(self) -> int:
        """Length of the system's own line at the start of what is pending; 0 if it is text."""
        request = _INPUT_REQUEST.match(self._pending, len(_PREFIX))
        if request and request["nonce"] == self._nonce:
            self.input_requests += 1
            return request.end()
        notice = _LISTENING.match(self._pending, len(_PREFIX))
        if notice and notice["nonce"] == self._nonce:
            self.listening.append((notice["protocol"].decode(), int(notice["port"])))
            return notice.end()
        match = _REPORT.match(self._pending, len(_PREFIX))
        if match and match["nonce"] == self._nonce and self.report is None:
            text = match["text"].decode("utf-8", "replace")
            self.report = Report(match["kind"].decode(), int(match["code"]), text)
            return match.end()
        return 0

    def finish(self) -> bytes:
        """Return what was held back, once the stream has ended."""
        return self._take(len(self._pending))

    def _take(self, count: int) -> bytes:
        taken, self._pending = self._pending[:count], self._pending[count:]
        return taken

    def _partial_prefix(self) -> int:
        """Where a prefix begins that the next bytes may complete; the end if nowhere."""
        for length in range(min(len(_PREFIX) - 1, len(self._pending)), 0, -1):
            if self._pending.endswith(_PREFIX[:length]):
                return len(self._pending) - length
        return len(self._pending)


@dataclass(frozen=True)
class Stop:
    """A request to end, by the signal `number`, and why the VM was killed after it; "" if that
    needs no word."""

    number: int
    reason: str = ""


@dataclass(frozen=True)
class Ending:
    """How a run ended, as the runner saw it.

    `status` is QEMU's exit status, negative for a signal; `qemu_error` what QEMU itself wrote.
    `reader_gone`: the VM was stopped since nobody read its output any more. `stop` is the request
    to end after which the VM was killed.
    """

    status: int
    report: Optional[Report]
    qemu_error: str = ""
    timeout_s: Optional[float] = None
    reader_gone: bool = False
    stop: Optional[Stop] = None


@dataclass(frozen=True)
class Outcome:
    """The runner's exit code and, unless all is said already, a message for people.

    `program_code` is the program's own exit code in all its 32 bits, None if it chose none.
    """

    exit_code: int
    message: str = ""
    hint: str = ""
    program_code: Optional[int] = None


def interpret(ending: Ending) -> Outcome:
    """Decide what a run's ending means. A status counts only together with a report."""
    report = ending.report
    if report is None and ending.reader_gone:
        return Outcome(protocol.RUNNER_EXIT_READER_GONE)
    if report is None:
        return _without_report(ending)
    was_killed = ending.timeout_s is not None or ending.stop is not None
    if ending.status != _STATUS_BY_KIND[report.kind] and not was_killed:
        return Outcome(
            protocol.RUNNER_EXIT_PANIC,
            f"the VM reported {report.kind} but QEMU ended with status {ending.status}",
            "this is a defect of mew: keep the image and report it",
        )
    if report.kind == "trap":
        return Outcome(protocol.RUNNER_EXIT_TRAP)
    if report.kind == "panic":
        return Outcome(protocol.RUNNER_EXIT_PANIC)
    if report.code > _EXIT_CODE_MAX:
        return Outcome(
            _EXIT_CODE_MAX,
            f"the program's exit code is {report.code} (0x{report.code:x}); "
            f"a process can only end with {_EXIT_CODE_MAX}",
            program_code=report.code,
        )
    return Outcome(report.code, program_code=report.code)


def _without_report(ending: Ending) -> Outcome:
    if ending.timeout_s is not None:
        return Outcome(
            protocol.RUNNER_EXIT_TIMEOUT,
            f"the program did not end within {ending.timeout_s:g} s; the VM was stopped",
            "raise --timeout-s if it needs longer",
        )
    if ending.stop is not None:
        hint = "raise --stop-timeout-s if it needs longer" if ending.stop.reason else ""
        reason = f"{ending.stop.reason}; the VM was stopped" if ending.stop.reason else ""
        return Outcome(128 + ending.stop.number, reason, hint)
    if ending.status == 0:
        return Outcome(
            protocol.RUNNER_EXIT_PANIC,
            "the VM reset itself before the program ended (a triple fault)",
            "this is a defect of mew: keep the image and report it",
        )
    if ending.status in _STATUS_BY_KIND.values():
        return Outcome(
            protocol.RUNNER_EXIT_PANIC,
            f"the VM ended with status {ending.status} but sent no report with this run's nonce",
            "is the image one that this version of mew linked?",
        )
    cause = f"by signal {-ending.status}" if ending.status < 0 else f"with status {ending.status}"
    said = f": {ending.qemu_error.strip()}" if ending.qemu_error.strip() else ""
    return Outcome(protocol.RUNNER_EXIT_VMM_FAILURE, f"QEMU ended {cause}{said}")
