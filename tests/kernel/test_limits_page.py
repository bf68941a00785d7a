# SPDX-License-Identifier: Apache-2.0
"""docs/reference/limits.md tells the numbers that a kernel prints of itself."""
from __future__ import annotations

import re

import pytest
from pipeline import ROOT
from pipeline import System
from probe import Probe

PAGE = ROOT / "docs/reference/limits.md"
# Without files there are only the standard streams.
DESCRIPTORS_WITHOUT_FILES = 3


def documented(heading: str) -> "dict[str, int]":
    section = re.search(rf"^## {heading}\n(.*?)(?=^## )", PAGE.read_text(), re.M | re.S)
    assert section, heading
    rows = re.findall(r"^\| ([a-z ]+) \| (\d+) \|", section.group(1), re.M)
    return {name: int(value) for name, value in rows}


def printed(probe: Probe) -> "dict[str, int]":
    finished = probe.run("return", log_level="debug")
    rows = re.findall(r"^mew: debug: limit: (.*): (\d+)$", finished.stderr, re.M)
    assert len(rows) == len(dict(rows))
    return {name: int(value) for name, value in rows}


def test_without_files(probe: Probe) -> None:
    wanted = documented("Of every image")
    assert wanted.pop("open descriptors") > DESCRIPTORS_WITHOUT_FILES
    seen = printed(probe)
    assert seen.pop("open descriptors") == DESCRIPTORS_WITHOUT_FILES
    assert seen == wanted


def test_with_files(kernel_with_files: System) -> None:
    files = documented("Of images with the feature set `filesystem`")
    assert printed(Probe.build(kernel_with_files, "probe.c")) == {
        **documented("Of every image"), **files,
    }


def module_with(count: int, what: str) -> str:
    """A command that defines `count` of something, all of them in use."""
    return "\n".join([
        "(module",
        *[what.replace("$x", f"$x{number}") for number in range(count)],
        '  (func (export "_start")',
        *[f"    {line}" for number in range(count) for line in _uses(what, number)],
        "  ))",
    ])


def _uses(what: str, number: int) -> "list[str]":
    if "memory" in what:
        return [f"(i32.store $x{number} (i32.const 0) (i32.const 1))"]
    return [f"(drop (table.grow $x{number} (ref.null func) (i32.const 1)))"]


@pytest.mark.parametrize(
    ("name", "what"),
    [("memories", "  (memory $x 1)"), ("tables that grow", "  (table $x 1 funcref)")],
)
def test_memories_and_tables(kernel: System, name: str, what: str) -> None:
    limit = documented("Of every image")[name]
    ends = {}
    for count in (limit, limit + 1):
        source = kernel.work / f"many-{count}.wat"
        source.write_text(module_with(count, what))
        ends[count] = kernel.run(kernel.link(source, source.stem))
    assert ends[limit].exit_code == 0, ends[limit]
    assert "trap: allocation failure" in ends[limit + 1].stderr, ends[limit + 1]
