# SPDX-License-Identifier: Apache-2.0
"""What a boot needs besides the image and QEMU: the runner's sources and packages."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import RUNNER
from mew_plugin.util_rules.sources import SCRIPTS
from mew_plugin.util_rules.sources import TESTER
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources
from mew_plugin.util_rules.toolchain import ToolRequest
from mew_plugin.util_rules.toolchain import tool


@dataclass(frozen=True)
class RunnerRequest:
    """Whether the image names source lines, which reports of traps then show, and whether pytest
    runs beside the machine."""

    reads_debug_lines: bool
    runs_pytest: bool = False


@dataclass(frozen=True)
class Runner:
    """Trees by the place where a process mounts them, and the import roots among them."""

    trees: FrozenDict[str, Digest]
    roots: Tuple[str, ...]


@rule(desc="Collect what boots images", level=LogLevel.DEBUG)
async def collect_runner(request: RunnerRequest) -> Runner:
    tester = TESTER if request.runs_pytest else ()
    mew = await sources(SourcesRequest((*RUNNER, *SCRIPTS, *tester)))
    trees = {argv.MEW: mew.digest}
    roots = [f"{argv.MEW}/{PYTHON_ROOT}"]
    if request.reads_debug_lines:
        line_reader = await tool(ToolRequest("pyelftools"))
        trees[argv.PYELFTOOLS] = line_reader.digest
        roots.append(argv.PYELFTOOLS)
    if request.runs_pytest:
        pytest = await tool(ToolRequest("pytest"))
        trees[argv.PYTEST] = pytest.digest
        roots.append(argv.PYTEST)
    return Runner(FrozenDict(trees), tuple(roots))


def runner(request: RunnerRequest) -> Get:
    """Ask for a Runner."""
    return Get(Runner, RunnerRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
