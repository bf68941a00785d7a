# SPDX-License-Identifier: Apache-2.0
"""A VM that stays while a test talks to it over a tap (`namespace.py`)."""
from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from typing import Sequence

from pipeline import module_environment

# A hang ends with a message; the machine that runs the tests may be busy.
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
HOST_ADDRESS = "10.0.2.2"
GUEST_ADDRESS = "10.0.2.15"


class VmError(Exception):
    """The VM did not do what it had to; with its own last words."""


class Vm:
    """A running process that has a VM for its child, or is one."""

    def __init__(self, argv: Sequence[Any], tap: int) -> None:
        """Start it with the descriptor `tap`, which becomes its own and is closed here."""
        self._errors = tempfile.TemporaryFile()
        self._output = b""
        try:
            self._process = subprocess.Popen(
                [*map(str, argv)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=self._errors, pass_fds=(tap,),
                env=module_environment(),
            )
        finally:
            os.close(tap)

    def __enter__(self) -> "Vm":
        return self

    def __exit__(self, *unused: object) -> None:
        self.kill()

    def wait_for(self, line: str, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return when standard output has had `line`. VmError when it ends or takes too long."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline_s = time.monotonic() + timeout_s
        while f"\n{line}\n".encode() not in b"\n" + self._output.replace(b"\r\n", b"\n"):
            left_s = deadline_s - time.monotonic()
            if left_s < 0 or not select.select([descriptor], [], [], left_s)[0]:
                raise VmError(f"no line {line!r} within {timeout_s} s: {self.last_words()}")
            data = os.read(descriptor, 1 << 16)
            if not data:
                code = self._process.wait(STOP_TIMEOUT_S)
                raise VmError(f"ended with {code} before {line!r}: {self.last_words()}")
            self._output += data

    def output(self) -> str:
        """All of standard output up to now, as far as `wait_for` and `wait` have read it."""
        return self._output.decode(errors="replace")

    def last_words(self) -> str:
        """What it wrote, for messages."""
        return f"{self._output[-2000:].decode(errors='replace')}\n{self.errors()[-4000:]}"

    def errors(self) -> str:
        """All of standard error up to now."""
        size = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), size, 0).decode(errors="replace")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def memory_kib(self) -> int:
        """Resident memory of the VM: what the guest has touched, and QEMU's own."""
        status = Path(f"/proc/{self._machine()}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def processor_s(self) -> float:
        """Processor time of the VM up to now."""
        fields = Path(f"/proc/{self._machine()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _machine(self) -> int:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else pid

    def stop(self) -> int:
        """Ask it to end (SIGTERM); return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Return its exit code when it has ended by itself."""
        assert self._process.stdout is not None
        try:
            self._output += self._process.communicate(timeout=STOP_TIMEOUT_S)[0]
        except subprocess.TimeoutExpired:
            raise VmError(f"did not end within {STOP_TIMEOUT_S} s: {self.last_words()}") from None
        return self._process.returncode

    def kill(self) -> None:
        """End it, whatever state it is in."""
        if self.is_running():
            # `mew run` ends its VM, and is asked a second time to do it at once.
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()


def run_argv(image: Path, tap: int, *options: object) -> list[str]:
    """The command that runs an image on a tap."""
    words = [sys.executable, "-m", "mew", "run", image, "--net", f"tap-fd={tap}", *options]
    return [str(word) for word in words]


def static_options(address: str = GUEST_ADDRESS) -> list[str]:
    """Options that give the guest an address without DHCP."""
    return ["--ip", f"{address}/24", "--gateway", HOST_ADDRESS]
