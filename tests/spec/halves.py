# SPDX-License-Identifier: Apache-2.0
"""Two tests that share the suite's work, so that two processes can run them side by side."""
from __future__ import annotations

from pathlib import Path

from corpus import Script
from execute import run_script
from plan import NOT_BINARY
from plan import PASS
from report import failures
from suite import make_setup


def check_half(scripts: dict[str, Script], half: int, work: Path) -> None:
    """Run every second script on the Linux host; everything must pass, and nothing be left out.

    A command is judged unless it only names an instance (`register`), and passes unless its
    module is in the text format, which the compiler does not read.
    """
    setup = make_setup("2.0", "host", work)
    ordered = sorted(scripts.values(), key=lambda script: (len(script.files), script.name))
    wrong = []
    for script in ordered[half::2]:
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
