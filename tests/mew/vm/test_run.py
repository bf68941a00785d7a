# SPDX-License-Identifier: Apache-2.0
"""The runner against stand-ins for QEMU: small programs that get its command line."""
from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from mew.cli import main
from mew.errors import MewError
from mew.vm.machine import Machine
from mew.vm.report import Outcome
from mew.vm.run import RunRequest
from mew.vm.run import run
from mew_abi import protocol
from standin import PRELUDE

def run_as(
    tmp_path: Path, body: str, stdin: bytes | None = None, timeout_s: float | None = 60.0
) -> "tuple[Outcome, str]":
    """Run with a stand-in for QEMU that does `body`."""
    qemu = tmp_path / "qemu"
    qemu.write_text(PRELUDE + body)
    qemu.chmod(0o755)
    kernel = tmp_path / "app.elf"
    kernel.touch()
    request = RunRequest(kernel, Machine(), qemu=str(qemu), timeout_s=timeout_s)
    stderr = io.BytesIO()
    with open(tmp_path / "stdout", "wb") as stdout, open(tmp_path / "stdin", "w+b") as given:
        given.write(stdin or b"")
        given.seek(0)
        outcome = run(request, stdout, stderr, None if stdin is None else given)
    return outcome, stderr.getvalue().decode()


def test_code_and_text_arrive(tmp_path: Path) -> None:
    outcome, stderr = run_as(tmp_path, "say(b'hello\\n'); print('out'); sys.stdout.flush()\n"
                             f"end(b'exit', 7, {protocol.QEMU_STATUS_EXIT})")
    assert (outcome.exit_code, stderr) == (7, "hello\n")
    assert (tmp_path / "stdout").read_text() == "out\n"


def test_input_is_given_piece_by_piece(tmp_path: Path) -> None:
    body = """
whole = b""
while True:
    say(b"\\x1eMEW1 nonce=NONCE want=stdin\\n")
    size = int.from_bytes(control.recv(2, socket.MSG_WAITALL), "little")
    if not size: break
    whole += control.recv(size, socket.MSG_WAITALL)
say(b"%d" % len(whole))
end(b'exit', whole == b"x" * 10000, 33)
"""
    outcome, stderr = run_as(tmp_path, body, stdin=b"x" * 10000)
    assert (outcome.program_code, stderr) == (1, "10000")


def test_input_is_announced_only_when_there_is_one(tmp_path: Path) -> None:
    body = "end(b'exit', b'stdin=request' in config, 33)"
    assert run_as(tmp_path, body)[0].program_code == 0
    assert run_as(tmp_path, body, stdin=b"")[0].program_code == 1


def test_a_hang_is_ended(tmp_path: Path) -> None:
    outcome, stderr = run_as(tmp_path, "say(b'on my way'); control.recv(1)", timeout_s=1.0)
    assert outcome.exit_code == protocol.RUNNER_EXIT_TIMEOUT
    assert stderr == "on my way"


def test_a_paused_vm_is_not_waited_for(tmp_path: Path) -> None:
    body = "os.write(2, b'KVM internal error. Suberror: 1\\n'); control.recv(1)"
    outcome, _ = run_as(tmp_path, body)
    assert outcome.exit_code == protocol.RUNNER_EXIT_VMM_FAILURE
    assert "KVM internal error" in outcome.message


def test_qemus_words_are_shown_when_it_fails(tmp_path: Path) -> None:
    outcome, _ = run_as(tmp_path, "sys.exit('no such machine')")
    assert outcome.exit_code == protocol.RUNNER_EXIT_VMM_FAILURE
    assert outcome.message == "QEMU ended with status 1: no such machine"


def test_a_missing_qemu_has_a_fix(tmp_path: Path) -> None:
    kernel = tmp_path / "app.elf"
    kernel.touch()
    request = RunRequest(kernel, Machine(), qemu=str(tmp_path / "none"))
    with pytest.raises(MewError, match="none") as missing:
        run(request, io.BytesIO(), io.BytesIO())
    assert missing.value.exit_code == protocol.RUNNER_EXIT_VMM_FAILURE
    assert "QEMU" in missing.value.hint


def test_the_command_line_shows_errors_not_tracebacks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "none.elf"), "--", "--memory-mib", "x"]) == 1
    shown = capfd.readouterr().err
    assert "none.elf" in shown and "fix: " in shown and "Traceback" not in shown


def test_an_image_larger_than_the_memory_is_refused(tmp_path: Path) -> None:
    kernel = tmp_path / "app.elf"
    with kernel.open("wb") as image:
        image.truncate(20 << 20)
    with pytest.raises(MewError, match="image has 20 MiB, the machine's memory 16 MiB") as refused:
        run(RunRequest(kernel, Machine(memory_mib=16)), sys.stdout.buffer, sys.stderr.buffer)
    assert "memory_mib" in refused.value.hint
