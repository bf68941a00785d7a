# SPDX-License-Identifier: Apache-2.0
"""Run a command and compare how it ended: `expect EXPECTATIONS.json JUNIT.xml NAME COMMAND...`.

The comparison happens inside the process so that its exit code is the test's: 0 is cached, a
failure never is. What the command writes is passed on.
"""
from __future__ import annotations

import difflib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from typing import Mapping
from typing import Sequence
from xml.etree import ElementTree


def mismatches(expected: Mapping[str, Any], code: int, stdout: str, stderr: str) -> list[str]:
    """Return one readable text for each expectation that the run missed."""
    found = []
    if code != expected["exit_code"]:
        found.append(
            f"exit code {code}, expected {expected['exit_code']} (expect_exit_code)"
        )
    if expected["stdout"] is not None and stdout != expected["stdout"]:
        difference = difflib.unified_diff(
            expected["stdout"].splitlines(keepends=True),
            stdout.splitlines(keepends=True),
            "expect_stdout",
            "standard output",
        )
        lines = "".join(line if line.endswith("\n") else line + "\n" for line in difference)
        found.append("standard output differs from expect_stdout:\n" + lines.rstrip("\n"))
    for text in expected["stderr_contains"]:
        if text not in stderr:
            found.append(f"standard error does not contain {text!r} (expect_stderr_contains)")
    return found


def junit_report(name: str, duration_s: float, failures: Sequence[str]) -> ElementTree.Element:
    """Return a report of one test case, in the form that continuous integration reads."""
    counts = {"tests": "1", "errors": "0", "failures": str(int(bool(failures))), "skipped": "0"}
    suite = ElementTree.Element("testsuite", name="wasm_unikernel_test", **counts)
    case = ElementTree.SubElement(
        suite, "testcase", classname="wasm_unikernel_test", name=name, time=f"{duration_s:.3f}"
    )
    if failures:
        ElementTree.SubElement(case, "failure", message=failures[0]).text = "\n".join(failures)
    return suite


def main(arguments: Sequence[str]) -> int:
    """Run the command, report, and return 0 if it ended as expected, else 1."""
    expectations_path, report_path, name, *command = arguments
    expected = json.loads(Path(expectations_path).read_text(encoding="utf-8"))
    started_s = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    duration_s = time.monotonic() - started_s
    stdout = done.stdout.decode(errors="replace")
    stderr = done.stderr.decode(errors="replace")
    failures = mismatches(expected, done.returncode, stdout, stderr)
    report = ElementTree.ElementTree(junit_report(name, duration_s, failures))
    report.write(report_path, encoding="utf-8", xml_declaration=True)
    sys.stdout.write(stdout)
    sys.stderr.write(stderr)
    for failure in failures:
        sys.stderr.write(f"{name}: {failure}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
