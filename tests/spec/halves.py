# SPDX-License-Identifier: Apache-2.0
"""What the tests of whole suites share; two of them halve one, to run side by side."""
from __future__ import annotations

from pathlib import Path
from typing import Iterable

from corpus import Script
from execute import Setup
from execute import run_script
from plan import NOT_BINARY
from plan import PASS
from report import failures
from suite import make_setup


def check_half(scripts: dict[str, Script], half: int, work: Path) -> None:
    """Run every second script of version 2.0 on the Linux host; see `check_scripts`."""
    ordered = sorted(scripts.values(), key=lambda script: (len(script.files), script.name))
    check_scripts(make_setup("2.0", "host", work), ordered[half::2])


def check_scripts(setup: Setup, scripts: Iterable[Script]) -> None:
    """Run scripts; everything must pass, and nothing be left out.

    A command is judged unless it only names an instance (`register`), and passes unless its
    module is in the text format, which the compiler does not read.
    """
    wrong = []
    for script in scripts:
        report = run_script(setup, script)
        wrong += failures(report)
        wanted = {
            number: NOT_BINARY if command.get("module_type") == "text" else PASS
            for number, command in enumerate(script.commands)
            if command["type"] != "register"
        }
        found = {result.command: result.status for result in report.results}
        assert len(found) == len(report.results), f"{script.name}: a command judged twice"
        wrong += [
            f"{script.name}: command {number} is {found.get(number)}, not {status}"
            for number, status in wanted.items()
            if found.get(number) != status
        ]
    assert not wrong, "\n".join(wrong[:50])
