# SPDX-License-Identifier: Apache-2.0
"""A signal to `mew run` is a request to the program; only what does not obey is killed."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
from mew_abi import protocol
from standin import MONITOR
from standin import PRELUDE


class Runner:
    """`mew run` with a stand-in for QEMU, once that says that it runs."""

    def __init__(self, tmp_path: Path, body: str, *options: str) -> None:
        qemu = tmp_path / "qemu"
        qemu.write_text(PRELUDE + MONITOR + body)
        qemu.chmod(0o755)
        kernel = tmp_path / "app.elf"
        kernel.touch()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mew", "run", str(kernel), "--qemu", str(qemu), *options],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        self.vm = int(self.process.stderr.readline())

    def stop(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> "tuple[int, str]":
        assert self.process.stderr is not None
        text = self.process.stderr.read().decode()
        code = self.process.wait(60)
        with pytest.raises(ProcessLookupError):
            os.kill(self.vm, 0)
        return code, text


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    yield request.param


def test_the_program_ends_by_itself(tmp_path: Path, number: signal.Signals) -> None:
    end = f"def stop(count): end(b'exit', 3, {protocol.QEMU_STATUS_EXIT})\nserve()"
    runner = Runner(tmp_path, end)
    runner.stop(number)
    assert runner.wait() == (3, "")


def test_a_request_that_came_too_early_is_repeated(tmp_path: Path) -> None:
    body = f"""
def stop(count):
    if count == 2: end(b'exit', 0, {protocol.QEMU_STATUS_EXIT})
serve()
"""
    runner = Runner(tmp_path, body)
    runner.stop(signal.SIGTERM)
    assert runner.wait() == (0, "")


def test_a_program_that_goes_on_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    runner = Runner(tmp_path, "def stop(count): pass\nserve()", "--stop-timeout-s", "0.3")
    runner.stop(number)
    code, text = runner.wait()
    assert code == 128 + number
    assert "within 0.3 s" in text and "--stop-timeout-s" in text


def test_a_second_signal_kills_at_once(tmp_path: Path, number: signal.Signals) -> None:
    body = "def stop(count): say(b'asked\\n')\nserve()"
    runner = Runner(tmp_path, body, "--stop-timeout-s", "1000")
    runner.stop(number)
    assert runner.process.stderr is not None
    assert runner.process.stderr.readline() == b"asked\n"
    runner.stop(number)
    assert runner.wait()[0] == 128 + number


@pytest.mark.parametrize(
    ("state", "word"), [("running = False", ""), ("error = 'no such thing'", "no such thing")]
)
def test_a_vm_that_cannot_obey_is_killed_at_once(tmp_path: Path, state: str, word: str) -> None:
    body = f"{state}\ndef stop(count): pass\nserve()"
    runner = Runner(tmp_path, body, "--stop-timeout-s", "1000")
    runner.stop(signal.SIGTERM)
    code, text = runner.wait()
    assert code == 128 + signal.SIGTERM
    assert word in text and bool(word) == bool(text)


def test_a_vm_that_ends_meanwhile_tells_how(tmp_path: Path) -> None:
    """Its monitor is gone already; it ends when this test says so."""
    body = f"""
import signal
signal.signal(signal.SIGUSR1, lambda *_: end(b'exit', 9, {protocol.QEMU_STATUS_EXIT}))
monitor.close()
say(b'closed\\n')
while True: signal.pause()
"""
    runner = Runner(tmp_path, body)
    assert runner.process.stderr is not None
    assert runner.process.stderr.readline() == b"closed\n"
    runner.stop(signal.SIGTERM)
    os.kill(runner.vm, signal.SIGUSR1)
    assert runner.wait() == (9, "")


def test_signals_of_a_terminal_do_not_reach_the_vm(tmp_path: Path) -> None:
    """They come to all processes of a group; QEMU would end before the program has."""
    body = f"""
os.kill(os.getpid(), signal.SIGINT)
os.kill(os.getpid(), signal.SIGTERM)
end(b'exit', 4, {protocol.QEMU_STATUS_EXIT})
"""
    assert Runner(tmp_path, "import signal\n" + body).wait() == (4, "")
