# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin behind `wasm_unikernel_test(sources=[...])`: one VM for all tests of a run.

    pytest -p mew.testing.plugin --unikernel=BOOT.json test_app.py

BOOT.json has `command`, a `mew run` command line with the image, and `arguments`, the program's.
"""
import json
from pathlib import Path
from typing import Iterator
from typing import Optional

import pytest

from mew.testing.unikernel import Unikernel

_running: Optional[Unikernel] = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option that names the machine."""
    parser.getgroup("unikernel").addoption(
        "--unikernel", type=Path, metavar="BOOT.json", help="what the fixture `unikernel` boots"
    )


@pytest.fixture(scope="session")
def unikernel(request: pytest.FixtureRequest) -> Iterator[Unikernel]:
    """The booted machine (`mew.testing.unikernel.Unikernel`), the same one in every test."""
    global _running
    path = request.config.getoption("--unikernel")
    if path is None:
        pytest.fail("no machine to boot: give --unikernel=BOOT.json", pytrace=False)
    boot = json.loads(path.read_text(encoding="utf-8"))
    with Unikernel(boot["command"], boot["arguments"]) as machine:
        _running = machine
        yield machine
        fault = machine.end_fault()
    if fault:
        pytest.fail(fault, pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add what the machine has written to the report of a test that failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed and _running is not None and "unikernel" in getattr(item, "fixturenames", ()):
        report.sections.append(("standard output of the unikernel", _running.output))
        report.sections.append(("standard error of the unikernel", _running.error_output))
