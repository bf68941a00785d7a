# SPDX-License-Identifier: Apache-2.0
"""`ctr run --runtime io.containerd.mew.v1` with a containerd of our own."""
from __future__ import annotations

import os
import select
import subprocess
from typing import Iterator

import pytest
from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from engines import BUSYBOX
from engines import LINUX_IMAGE
from engines import RUNTIME
from engines import WASM_IMAGE
from engines import Containerd
from engines import linux_image
from engines import missing
from engines import wasm_image

_WHY_NOT = missing("containerd", "ctr", "containerd-shim-runc-v2", "runc", str(BUSYBOX))
pytestmark = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)
_RUN = ("run", "--rm", "--runtime", RUNTIME)


@pytest.fixture(scope="module")
def engine(runtime: Runtime, guest: Program) -> Iterator[Containerd]:
    engine = Containerd(runtime)
    try:
        engine.load(wasm_image(guest, "show"))
        engine.load(linux_image(LINUX_IMAGE, "/bin/sh", "-c", "echo delegated"))
        yield engine
    finally:
        engine.close()


def test_streams_and_exit_code(engine: Containerd) -> None:
    done = engine.ctr(*_RUN, WASM_IMAGE, "streams", "/app.wasm", "streams")
    assert (done.stdout, done.stderr) == (b"to output\n", b"to errors\n")
    assert engine.ctr(*_RUN, WASM_IMAGE, "exit", "/app.wasm", "exit", "200").returncode == 200


def test_arguments_and_environment(engine: Containerd) -> None:
    done = engine.ctr(
        *_RUN, "--env", "GREETING=hello, world", "--cwd", "/tmp", WASM_IMAGE, "show",
        "/app.wasm", "show", "two words",
    )
    assert b"argument: two words\n" in done.stdout
    assert b"environment: GREETING=hello, world\n" in done.stdout
    assert b"environment: PWD=/tmp\n" in done.stdout


def test_stdin(engine: Containerd) -> None:
    with engine.start_ctr(
        *_RUN, WASM_IMAGE, "cat", "/app.wasm", "cat",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"line\n")
        process.stdin.flush()
        # Only now: ctr forgets an end of the input that comes before the task.
        assert select.select([process.stdout], [], [], TIMEOUT_S)[0]
        assert process.stdout.readline() == b"line\n"
        process.stdin.close()
        assert process.wait(TIMEOUT_S) == 0


def test_terminal(engine: Containerd) -> None:
    master, terminal = os.openpty()
    with engine.start_ctr(
        *_RUN, "--tty", WASM_IMAGE, "tty", "/app.wasm", "exit", "3",
        stdin=terminal, stdout=terminal, stderr=terminal,
    ) as process:
        os.close(terminal)
        assert process.wait(TIMEOUT_S) == 3
    os.close(master)


def test_create_error(engine: Containerd) -> None:
    done = engine.ctr(*_RUN, "--memory-limit", 20 << 20, WASM_IMAGE, "small")
    assert done.returncode == 1
    assert b"memory limit of 20 MiB is too low" in done.stderr


def test_limits(engine: Containerd) -> None:
    """What `ctr` says about a running task, and the limits in its control group; a program that
    takes all memory of its machine stays within them."""
    limit = 128 << 20
    done = engine.ctr(
        *_RUN, "--memory-limit", limit, WASM_IMAGE, "fill", "/app.wasm", "fill"
    )
    assert done.returncode == 0, done.stderr
    done = engine.ctr(
        "run", "--detach", "--runtime", RUNTIME, "--memory-limit", limit, "--cpus", "0.5",
        WASM_IMAGE, "limits", "/app.wasm", "wait",
    )
    assert done.returncode == 0, done.stderr
    metrics = dict(
        line.split()[:2]
        for line in engine.ctr("task", "metrics", "limits").stdout.decode().splitlines()
        if len(line.split()) == 2
    )
    # cgroup version 1 only says it.
    found = [value for name, value in metrics.items() if "limit_in_bytes" in name]
    assert found in ([str(limit)], []), metrics
    assert len(engine.ctr("task", "ps", "limits").stdout.splitlines()) == 3
    assert engine.stop("limits") == 143
    engine.ctr("container", "rm", "limits")


@pytest.mark.parametrize(("signal", "status"), [("SIGTERM", 143), ("SIGKILL", 137)])
def test_pause_restart_kill(engine: Containerd, signal: str, status: int) -> None:
    """A task lives through pause, resume and another containerd; its end is told to that."""
    name = f"task-{signal.lower()}"
    done = engine.ctr("run", "-d", "--runtime", RUNTIME, WASM_IMAGE, name, "/app.wasm", "wait")
    assert done.returncode == 0, done.stderr
    assert engine.ctr("task", "pause", name).returncode == 0
    assert engine.task(name) == "PAUSED"
    assert engine.ctr("task", "resume", name).returncode == 0
    refused = engine.ctr("task", "exec", "--exec-id", "x", name, "ls")
    assert b"exec is not possible" in refused.stderr
    engine.restart()
    assert engine.task(name) == "RUNNING"
    assert engine.stop(name, signal) == status
    assert engine.ctr("container", "rm", name).returncode == 0


def test_what_is_not_wasm_goes_to_runc(engine: Containerd) -> None:
    done = engine.ctr(*_RUN, LINUX_IMAGE, "linux")
    assert (done.returncode, done.stdout) == (0, b"delegated\n"), done.stderr
    done = engine.ctr(*_RUN, LINUX_IMAGE, "linux", "/bin/sh", "-c", "exit 9")
    assert done.returncode == 9
