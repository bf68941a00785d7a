# SPDX-License-Identifier: Apache-2.0
"""A unikernel that runs while tests talk to it, by way of `mew run` as a process of its own.

Nothing here polls or sleeps. QEMU accepts connections to a published port before the program
listens, and a first packet that nobody takes is sent again only seconds later; so a port is given
out when the kernel has said that a socket listens there (`mew.vm.events`).
"""
import json
import os
import selectors
import signal
import subprocess
import threading
from types import TracebackType
from typing import Any
from typing import Callable
from typing import Dict
from typing import List
from typing import Mapping
from typing import Optional
from typing import Sequence
from typing import Set
from typing import Tuple
from typing import Type

from mew_abi import protocol

_CHUNK_BYTES = 1 << 16
# Exit codes of `mew run` that no program has chosen.
_BROKEN = (
    protocol.RUNNER_EXIT_TRAP,
    protocol.RUNNER_EXIT_PANIC,
    protocol.RUNNER_EXIT_TIMEOUT,
    protocol.RUNNER_EXIT_VMM_FAILURE,
)


class UnikernelError(Exception):
    """The machine cannot do what a test wants of it; the text has its output."""


class Unikernel:
    """A machine that has been started. Use it in a `with` statement, which ends it."""

    def __init__(
        self,
        command: Sequence[str],
        program_arguments: Sequence[str] = (),
        environment: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Start `command`, a `mew run` with all its options and the image, in an environment that
        is this process's by default.

        Returns when the published ports are known; raises UnikernelError when the machine has
        ended before.
        """
        self._changed = threading.Condition()
        self._stdout = b""
        self._stderr = b""
        self._events = b""
        self._ports: Optional[Dict[Tuple[str, int], Tuple[str, int]]] = None
        self._listening: Set[Tuple[str, int]] = set()
        self._exit_code: Optional[int] = None
        self._stop_asked = False
        self._end_was_seen = False
        events, theirs = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*command, "--events-fd", str(theirs), "--", *program_arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                pass_fds=(theirs,), env=environment,
            )
        finally:
            os.close(theirs)
        self._follower = threading.Thread(target=self._follow, args=(events,), daemon=True)
        self._follower.start()
        self._wait_until(lambda: self._ports is not None, "its ports are known")

    @property
    def address(self) -> str:
        """Where published ports are: an address of this host."""
        with self._changed:
            assert self._ports is not None
            addresses = {address for address, _ in self._ports.values()}
        return min(addresses, default="127.0.0.1")

    def port(self, guest_port: int, protocol: str = "tcp") -> int:
        """Return the port of this host that leads to one of the program, once that listens there.

        Raises UnikernelError for a port that is not published, and when the program has ended
        without listening.
        """
        # pytest shows the test's line, not this one.
        __tracebackhide__ = True
        wanted = (protocol, guest_port)
        with self._changed:
            assert self._ports is not None
            if wanted not in self._ports:
                known = ", ".join(f"{name}:{port}" for name, port in sorted(self._ports)) or "none"
                raise UnikernelError(
                    f"port {protocol}:{guest_port} of the program is not forwarded; these are: "
                    f"{known}.\n  fix: add it to the field `listen` of the `wasm_unikernel`, or to "
                    "`forward_ports` if the program opens it by itself"
                )
        self._wait_until(
            lambda: wanted in self._listening, f"it listened on {protocol}:{guest_port}"
        )
        return self._ports[wanted][1]

    def url(self, guest_port: int, path: str = "/") -> str:
        """Return an HTTP address of the program, once it listens there."""
        return f"http://{self.address}:{self.port(guest_port)}{path}"

    @property
    def output(self) -> str:
        """What the program has written to standard output so far."""
        with self._changed:
            return self._stdout.decode(errors="replace")

    @property
    def error_output(self) -> str:
        """What program, kernel and runner have written to standard error so far."""
        with self._changed:
            return self._stderr.decode(errors="replace")

    def wait_for_output(self, text: str) -> str:
        """Return the standard output once it holds `text`; UnikernelError if it never does."""
        self._wait_until(lambda: text.encode() in self._stdout, f"it wrote {text!r}")
        return self.output

    def wait_for_error_output(self, text: str) -> str:
        """Return the standard error once it holds `text`; UnikernelError if it never does."""
        self._wait_until(lambda: text.encode() in self._stderr, f"it wrote {text!r} as an error")
        return self.error_output

    @property
    def exit_code(self) -> Optional[int]:
        """What the program has ended with, as docs/howto/debug.md lists; None while it runs."""
        with self._changed:
            self._end_was_seen |= self._exit_code is not None
            return self._exit_code

    def wait(self) -> int:
        """Wait for the program's end by itself and return its exit code."""
        self._follower.join()
        code = self.exit_code
        assert code is not None
        return code

    def stop(self) -> int:
        """Ask the program to end, as SIGTERM to `mew run` does, and return its exit code."""
        with self._changed:
            if self._exit_code is None:
                self._stop_asked = True
                self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def end_fault(self) -> str:
        """Stop the program if it runs; return what is wrong with its end, "" if nothing is.

        Nothing is wrong with an end that a test has looked at.
        """
        with self._changed:
            was_seen = self._end_was_seen or self._stop_asked
            by_itself = self._exit_code is not None
        code = self.stop()
        if was_seen or (by_itself and code == 0):
            return ""
        if by_itself:
            return f"the program ended by itself, with exit code {code}"
        return f"the machine broke: exit code {code}" if code in _BROKEN else ""

    def __enter__(self) -> "Unikernel":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        __tracebackhide__ = True
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._exit_code is not None)
            if condition():
                return
            said = (self._stdout + self._stderr).decode(errors="replace")
        raise UnikernelError(f"the machine ended with {self._exit_code} before {what}:\n{said}")

    def _follow(self, events: int) -> None:
        """Collect what the machine says until it has ended."""
        stdout, stderr = self._process.stdout, self._process.stderr
        assert stdout is not None and stderr is not None
        with selectors.DefaultSelector() as selector, stdout, stderr, open(events, "rb") as told:
            selector.register(stdout, selectors.EVENT_READ, self._on_stdout)
            selector.register(stderr, selectors.EVENT_READ, self._on_stderr)
            selector.register(told, selectors.EVENT_READ, self._on_events)
            while selector.get_map():
                for key, _ in selector.select():
                    data = os.read(key.fd, _CHUNK_BYTES)
                    if not data:
                        selector.unregister(key.fileobj)
                    with self._changed:
                        key.data(data)
                        self._changed.notify_all()
        code = self._process.wait()
        with self._changed:
            self._exit_code = code
            self._changed.notify_all()

    def _on_stdout(self, data: bytes) -> None:
        self._stdout += data

    def _on_stderr(self, data: bytes) -> None:
        self._stderr += data

    def _on_events(self, data: bytes) -> None:
        *lines, self._events = (self._events + data).split(b"\n")
        for line in lines:
            event: Dict[str, Any] = json.loads(line)
            if event["event"] == "published":
                entries: List[Dict[str, Any]] = event["ports"]
                self._ports = {
                    (entry["protocol"], entry["guest_port"]): (entry["address"], entry["port"])
                    for entry in entries
                }
            elif event["event"] == "listening":
                self._listening.add((event["protocol"], event["guest_port"]))
