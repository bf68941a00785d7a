# SPDX-License-Identifier: Apache-2.0
"""Reports as text."""
from __future__ import annotations

from collections import Counter
from typing import Iterable
from typing import Sequence

from execute import ScriptReport
from plan import FAIL
from plan import NOT_BINARY
from plan import PASS
from plan import REFUSED
from plan import Result

_NAME_WIDTH = 34


def kind_of(report: ScriptReport, result: Result) -> str:
    """A command's type, without the `assert_`."""
    return report.script.commands[result.command]["type"].removeprefix("assert_")


def count(reports: Iterable[ScriptReport]) -> Counter:
    """(kind of command, status) -> number of commands."""
    return Counter(
        (kind_of(report, result), result.status) for report in reports for result in report.results
    )


def is_perfect(reports: Sequence[ScriptReport]) -> bool:
    """Whether everything binary passed, and there was anything."""
    statuses = {status for _, status in count(reports)}
    return PASS in statuses and statuses <= {PASS, NOT_BINARY}


def _cells(counts: Counter) -> str:
    cells = []
    for kind in sorted({kind for kind, _ in counts}):
        judged = sum(n for (k, status), n in counts.items() if k == kind and status != NOT_BINARY)
        if judged:
            cells.append(f"{kind} {counts[kind, PASS]}/{judged}")
    return ", ".join(cells)


def line(report: ScriptReport) -> str:
    """One script: passed/all per kind, then what did not pass."""
    counts = count([report])
    total = sum(report.seconds.values())
    programs = f"{report.programs} programs" if report.programs != 1 else "1 program"
    text = f"{report.script.name:<{_NAME_WIDTH}} {_cells(counts)} ({programs}, {total:.1f} s)"
    return "\n".join([text, *failures(report)])


def failures(report: ScriptReport) -> list[str]:
    """A line for each command that failed or was refused, with what the script wanted."""
    lines = []
    for result in report.results:
        if result.status not in (FAIL, REFUSED):
            continue
        command = report.script.commands[result.command]
        action = command.get("action", {})
        wanted = command.get("expected", command.get("text", ""))
        what = action.get("field") or command.get("filename", "")
        lines.append(
            f"  {result.status}: {report.script.name}.wast:{command['line']}: {command['type']} "
            f"{what!r} {_values(action.get('args', []))}: wanted {wanted}: {result.detail}"
        )
    return lines


def _values(values: list[dict]) -> str:
    return "(" + ", ".join(f"{v['type']} {v.get('value')}" for v in values) + ")"


def folders(reports: Sequence[ScriptReport]) -> list[str]:
    """The suite's folders as rows of a table: scripts, and commands by status."""
    rows = ["| folder | scripts | pass | fail | skip | text only |", "|---|---|---|---|---|---|"]
    by_folder: dict[str, list[ScriptReport]] = {}
    for report in reports:
        by_folder.setdefault(report.script.name.rpartition("/")[0] or "core", []).append(report)
    for folder, members in sorted(by_folder.items()):
        by_status: Counter = Counter()
        for (_, status), number in count(members).items():
            by_status[status] += number
        numbers = [by_status[status] for status in (PASS, FAIL, REFUSED, NOT_BINARY)]
        rows.append(f"| {folder} | {len(members)} | " + " | ".join(map(str, numbers)) + " |")
    return rows


def totals(reports: Sequence[ScriptReport], seconds: float) -> str:
    """The last lines: totals by kind and by status, and where the time went."""
    counts = count(reports)
    by_status = Counter()
    stages: Counter = Counter()
    for (_, status), number in counts.items():
        by_status[status] += number
    for report in reports:
        stages.update(report.seconds)
    spent = ", ".join(f"{stage} {time:.0f} s" for stage, time in stages.items())
    statuses = ", ".join(f"{number} {status}" for status, number in sorted(by_status.items()))
    return "\n".join(["", *folders(reports), ""]) + (
        f"\ntotal: {_cells(counts)}\n"
        f"{len(reports)} scripts, {sum(r.programs for r in reports)} programs: {statuses}\n"
        f"{seconds:.0f} s ({spent}; over all processes)"
    )
