# SPDX-License-Identifier: Apache-2.0
"""A server by Pants: pytest files against it, its ports on this host, and its graceful end."""
from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Iterator
from typing import TextIO

import pytest
from workspace import TIMEOUT_S
from workspace import Workspace

SERVER = "examples/http_server"
# A target beside that of the example, with a port of its own and a test that fails.
BUILD = """
wasm_unikernel(
    name="kernel",
    dependencies=["examples/http_server:module", "examples/http_server:root"],
    wasi=["process", "stdio", "clocks", "filesystem", "sockets"],
    listen=["tcp:8080"],
    forward_ports=["PORT:8080"],
)
wasm_unikernel_test(name="test", kernel=":kernel", sources=["test_wrong.py"])
wasm_unikernel(name="mute", dependencies=["examples/http_server:module"], listen=["tcp:8080"])
"""
WRONG = """
def test_wrong(unikernel):
    unikernel.port(8080)
    assert unikernel.wait_for_error_output("http_server") == "something else"
"""


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    """A port of this host that somebody has."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture(scope="module")
def forwarded(workspace: Workspace, taken: int) -> Path:
    folder = workspace.root / "examples/forwarded"
    folder.mkdir()
    (folder / "BUILD").write_text(BUILD.replace("PORT", str(taken)))
    (folder / "test_wrong.py").write_text(WRONG)
    return folder


def test_pytest_files_talk_to_the_machine(workspace: Workspace) -> None:
    first = workspace.pants("test", f"{SERVER}:test", daemon=True)
    assert first.returncode == 0, first.stderr
    report = workspace.root / "dist/test/reports" / "examples.http_server.test.xml"
    assert 'failures="0"' in report.read_text() and "test_one_connection" in report.read_text()
    # Another process, which knows the store only.
    again = workspace.pants("test", f"{SERVER}:test", daemon=False)
    assert re.search(r"succeeded in \S+ \(cached locally\)", again.stderr), again.stderr


def test_a_failure_shows_what_the_machine_wrote(workspace: Workspace, forwarded: Path) -> None:
    done = workspace.pants("test", "examples/forwarded:test", daemon=True)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "standard error of the unikernel" in said and "http_server: " in said
    assert "1 failed" in said


def test_a_taken_port_names_the_field(workspace: Workspace, forwarded: Path, taken: int) -> None:
    done = workspace.pants("run", "examples/forwarded:kernel", daemon=True)
    assert done.returncode == 1
    assert f"port 127.0.0.1:{taken} (tcp) of this host is taken" in done.stderr
    assert "forward_ports" in done.stderr and "Traceback" not in done.stderr


def test_listeners_need_the_feature_set(workspace: Workspace, forwarded: Path) -> None:
    done = workspace.pants("package", "examples/forwarded:mute", daemon=True)
    assert done.returncode == 1
    assert 'examples/forwarded:mute: `listen`' in done.stderr and 'add "sockets"' in done.stderr


def announced_port(stderr: TextIO) -> int:
    """The port of this host that `pants run` tells of."""
    for line in stderr:
        told = re.search(r"127\.0\.0\.1:(\d+) \(tcp\) leads to port 8080", line)
        if told:
            return int(told[1])
    pytest.fail("no port was told")


def runner_below(store: Path) -> int:
    """The process of `mew run` whose image lies in a sandbox of `store`."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if words[4:6] == ["mew", "run"] and words[6].startswith(str(store)):
                return int(entry.name)
    pytest.fail("`mew run` does not run")


def test_run_forwards_ports_and_ends_gracefully(workspace: Workspace) -> None:
    command = workspace.command(
        "run", f"{SERVER}:kernel", "--", "--publish", "0:8080", daemon=True
    )
    with subprocess.Popen(
        command, cwd=workspace.root, text=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "PANTS_CONCURRENT": "False", **workspace.environment},
    ) as pants:  # fmt: skip
        assert pants.stderr is not None
        try:
            port = announced_port(pants.stderr)
            url = f"http://127.0.0.1:{port}/"
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                assert b"unikernel" in answer.read()
            os.kill(runner_below(workspace.store), signal.SIGTERM)
        except BaseException:
            pants.kill()
            raise
        assert pants.wait(TIMEOUT_S) == 0, pants.stderr.read()
