# SPDX-License-Identifier: Apache-2.0
"""The two kinds of a unikernel's test, as what a process needs: one that compares the machine's
end, and pytest on files that talk to the machine.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import Iterable
from typing import Mapping
from typing import Optional
from typing import Tuple

from pants.core.util_rules.source_files import SourceFilesRequest
from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.fs import FileContent
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import FilesError
from mew_plugin.subsystems import PytestSubsystem
from mew_plugin.unikernel_test_types import UnikernelTestDependenciesField
from mew_plugin.unikernel_test_types import UnikernelTestSourcesField
from mew_plugin.util_rules.files import FilesRequest
from mew_plugin.util_rules.files import collected_files
from mew_plugin.util_rules.interpreter import CompilerPython

_EXPECTATIONS = "__expectations.json"
_BOOT = "__boot.json"
_TEST_FILES = ("test_*.py", "*_test.py")
# pytest notices the end of a machine whose time is up, and tells of it.
_REPORT_S = 60


@dataclass(frozen=True)
class TestedBoot:
    """A machine to boot for the test target `address`, whose report goes to `report`."""

    __test__ = False

    address: Address
    image: str
    options: argv.BootOptions
    arguments: Tuple[str, ...]
    report: str


@dataclass(frozen=True)
class ExpectRequest:
    """Boot, and compare the end with `expectations`, which is JSON."""

    boot: TestedBoot
    expectations: bytes


@dataclass(frozen=True)
class PytestRequest:
    """Boot, and run the pytest files among `sources` meanwhile."""

    boot: TestedBoot
    sources: UnikernelTestSourcesField
    dependencies: UnikernelTestDependenciesField


@dataclass(frozen=True)
class TestedRun:
    """A process, but for the image and what boots it (`runner.py`)."""

    __test__ = False

    command: Tuple[str, ...]
    digest: Digest
    timeout_s: Optional[int] = None


def test_files(address: object, paths: Iterable[str]) -> Tuple[str, ...]:
    """Return the paths that hold tests. Raises FilesError when none does."""
    paths = tuple(paths)
    found = tuple(
        path
        for path in paths
        if any(fnmatchcase(PurePath(path).name, pattern) for pattern in _TEST_FILES)
    )
    if not found:
        raise FilesError(
            f"{address}: no tests in `sources` ({', '.join(paths)}).\n"
            f"  fix: name a file as pytest looks for them: {' or '.join(_TEST_FILES)}."
        )
    return found


test_files.__test__ = False  # type: ignore[attr-defined]


def to_json(value: Mapping[str, object]) -> bytes:
    """Return a value as JSON that depends on nothing else."""
    return json.dumps(value, sort_keys=True).encode()


@rule(desc="Prepare a boot with expectations", level=LogLevel.DEBUG)
async def prepare_expect(request: ExpectRequest, python: CompilerPython) -> TestedRun:
    boot = request.boot
    command = argv.boot_argv(python.path, boot.image, boot.options, boot.arguments)
    return TestedRun(
        argv.script_argv(
            python.path, "expect", _EXPECTATIONS, boot.report, boot.address.spec, *command
        ),
        await engine.create_digest([FileContent(_EXPECTATIONS, request.expectations)]),
    )


@rule(desc="Prepare pytest for a unikernel", level=LogLevel.DEBUG)
async def prepare_pytest(
    request: PytestRequest, python: CompilerPython, options: PytestSubsystem
) -> TestedRun:
    boot = request.boot
    machine = argv.tested_boot(python.path, boot.image, boot.options, boot.arguments)
    tests, files, boot_file = await engine.concurrently(
        engine.source_files(SourceFilesRequest([request.sources])),
        collected_files(FilesRequest(boot.address, request.dependencies)),
        engine.create_digest([FileContent(_BOOT, to_json(machine))]),
    )
    timeout_s = boot.options.timeout_s
    return TestedRun(
        argv.pytest_argv(
            python.path,
            test_files(boot.address, tests.snapshot.files),
            boot=_BOOT,
            report=boot.report,
            name=boot.address.spec,
            extra=options.args,
        ),
        await engine.merge_digests([tests.snapshot.digest, files.digest, boot_file]),
        None if timeout_s is None else timeout_s + _REPORT_S,
    )


def expect_run(request: ExpectRequest) -> Get:
    """Ask for a TestedRun."""
    return Get(TestedRun, ExpectRequest, request)


def pytest_run(request: PytestRequest) -> Get:
    """Ask for a TestedRun."""
    return Get(TestedRun, PytestRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
