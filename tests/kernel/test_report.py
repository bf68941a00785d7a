# SPDX-License-Identifier: Apache-2.0
"""How a run ends: codes arrive whole, and only the kernel's word counts."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from mew.vm.machine import Machine
from mew.vm.machine import qemu_argv
from mew_abi import protocol
from probe import Probe
from probe import TIMEOUT_S


@pytest.mark.parametrize("code", [0, 7, 200, 255])
def test_small_exit_codes(probe: Probe, code: int) -> None:
    outcome = probe.run("exit", str(code)).outcome
    assert (outcome.exit_code, outcome.program_code, outcome.message) == (code, code, "")


@pytest.mark.parametrize("code", [256, 0xDEADBEEF, 0xFFFFFFFF])
def test_large_exit_codes(probe: Probe, code: int) -> None:
    outcome = probe.run("exit", str(code)).outcome
    assert (outcome.exit_code, outcome.program_code) == (255, code)
    assert str(code) in outcome.message


def test_return_is_exit_code_0(probe: Probe) -> None:
    assert probe.run("return").outcome.program_code == 0


def test_streams_are_kept_apart(probe: Probe) -> None:
    finished = probe.run("say")
    assert (finished.stdout, finished.stderr) == (b"to stdout\n", "to stderr\n")


def test_a_forged_report_is_only_text(probe: Probe) -> None:
    finished = probe.run("forge")
    assert finished.outcome.program_code == 7
    assert "kind=exit code=0 forged" in finished.stderr
    assert b"kind=exit code=0 forged" in finished.stdout


@pytest.mark.parametrize("action", ["forge_and_reset", "reset", "forge_and_class"])
def test_an_end_without_the_kernels_report_is_a_failure(probe: Probe, action: str) -> None:
    outcome = probe.run(action).outcome
    assert outcome.exit_code == protocol.RUNNER_EXIT_PANIC
    assert outcome.program_code is None
    assert outcome.message


def test_an_endless_program_is_stopped(probe: Probe) -> None:
    outcome = probe.run("spin", timeout_s=1.0).outcome
    assert outcome.exit_code == protocol.RUNNER_EXIT_TIMEOUT
    assert "1 s" in outcome.message


def test_qemus_own_failure_is_told(probe: Probe) -> None:
    outcome = probe.run("return", machine=Machine(cpu="no-such-cpu")).outcome
    assert outcome.exit_code == protocol.RUNNER_EXIT_VMM_FAILURE
    assert "no-such-cpu" in outcome.message


def test_a_file_that_is_no_image(tmp_path: Path) -> None:
    image = tmp_path / "text.elf"
    image.write_text("not an image")
    outcome = Probe(image).run().outcome
    assert outcome.exit_code == protocol.RUNNER_EXIT_VMM_FAILURE
    assert "kernel" in outcome.message


def test_monitor_without_second_port_and_configuration(probe: Probe) -> None:
    """Firecracker-like: arguments on the command line, everything on COM1."""
    image = str(probe.image)
    argv = list(
        qemu_argv("qemu-system-x86_64", image, Machine("pc"), config_path="", control_fd=0)
    )
    for option in ("-fw_cfg", "-chardev", "-device"):
        position = [
            index for index, text in enumerate(argv)
            if argv[index - 1] == option
            and ("config" in text or "control" in text or text.startswith("virt"))
        ]
        for index in reversed(position):
            del argv[index - 1 : index + 1]
    done = subprocess.run(
        [*argv, "-serial", "chardev:output", "-append", "probe  exit 42"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False,
    )
    assert done.returncode == protocol.QEMU_STATUS_EXIT
    assert b"\x1eMEW1 nonce= kind=exit code=42" in done.stdout
