# SPDX-License-Identifier: Apache-2.0
"""The fixture as pytest files use it: one boot for all tests, and its output where one fails."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Callable
from typing import List
from xml.etree import ElementTree

Boot = Callable[[str], List[str]]

USE = """
import socket

def hello(unikernel):
    with socket.create_connection((unikernel.address, unikernel.port(8080))) as connection:
        return connection.recv(100)

def test_first(unikernel):
    assert hello(unikernel) == b"hello"

def test_second(unikernel):
    assert hello(unikernel) == b"hello"
    assert unikernel.wait_for_output("served\\nserved\\n")
"""


def run_pytest(tmp_path: Path, command: List[str], text: str) -> "tuple[int, str]":
    """Run pytest on a file with `text`, for a machine that `command` boots."""
    (tmp_path / "boot.json").write_text(json.dumps({"command": command, "arguments": ["x"]}))
    (tmp_path / "test_it.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "mew.testing.plugin", "-p", "no:cacheprovider",
         "--unikernel=boot.json", "--junitxml=report.xml", "-c", "/dev/null", "--rootdir=.",
         "test_it.py"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def counts(tmp_path: Path) -> "dict[str, int]":
    (suite,) = ElementTree.parse(tmp_path / "report.xml").getroot()
    return {name: int(suite.get(name) or 0) for name in ("tests", "failures", "errors")}


def test_all_tests_use_one_machine(tmp_path: Path, serving: List[str]) -> None:
    code, output = run_pytest(tmp_path, serving, USE)
    assert code == 0, output
    assert counts(tmp_path) == {"tests": 2, "failures": 0, "errors": 0}


def test_a_failure_shows_what_the_machine_wrote(tmp_path: Path, serving: List[str]) -> None:
    failing = USE + "    assert unikernel.output == ''\n"
    code, output = run_pytest(tmp_path, serving, failing)
    assert code == 1
    for words in ("standard output of the unikernel", "served\nserved\n", "leads to port 8080"):
        assert words in output
    assert counts(tmp_path) == {"tests": 2, "failures": 1, "errors": 0}


def test_a_machine_that_broke_is_an_error(tmp_path: Path, boot: Boot) -> None:
    body = "say(b'trap: unreachable\\n'); end(b'trap', 1, 35)"
    text = "def test(unikernel): unikernel._follower.join()"
    code, output = run_pytest(tmp_path, boot(body), text)
    assert code == 1
    assert "ended by itself, with exit code 134" in output and "trap: unreachable" in output


def test_no_machine_was_named(tmp_path: Path, serving: List[str]) -> None:
    (tmp_path / "test_it.py").write_text("def test(unikernel): pass")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "mew.testing.plugin", "-p", "no:cacheprovider",
         "-c", "/dev/null", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 1 and "--unikernel=BOOT.json" in done.stdout
