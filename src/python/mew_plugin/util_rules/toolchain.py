# SPDX-License-Identifier: Apache-2.0
"""LLVM, Zig, the text format reader and pytest, as trees that any process can mount.

Each is a wheel pinned by hash, pytest with those that it needs. It is fetched by a process of its
own and unpacked by another one: the second one's output depends on the wheel's bytes only, so that
everything after it has the same cache keys whichever mirror or interpreter fetched the wheel.
"""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict
from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.fs import FileContent
from pants.engine.process import Process
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import MissingToolError
from mew_plugin.subsystems import ToolchainSubsystem
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.sources import PYTEST_LOCK
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SCRIPTS
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import TOOLCHAIN_LOCK
from mew_plugin.util_rules.sources import sources

_REQUIREMENTS = "requirements.txt"
_WHEELS = "wheels"
_TREE = "tree"

_RECORDS = ("*.dist-info/*", "*.pyc")

# distribution -> members of its wheel that nothing here uses. Zig comes with the C libraries of
# many systems; only WASI's stays.
DROPPED: Dict[str, Tuple[str, ...]] = {
    "llvmlite": (*_RECORDS, "llvmlite/tests/*"),
    "wasmtime": (*_RECORDS, "wasmtime/component/*"),
    "pyelftools": _RECORDS,
    # These ask for their own versions. Entry points would be further plugins.
    "pytest": (
        "*.pyc", "*.dist-info/RECORD", "*.dist-info/licenses/*", "*.dist-info/entry_points.txt",
    ),
    "ziglang": (
        *_RECORDS,
        "ziglang/lib/docs/*",
        "ziglang/lib/lldb/*",
        "ziglang/lib/libtsan/*",
        "ziglang/lib/libc/mingw/*",
        "ziglang/lib/libc/glibc/*",
        "ziglang/lib/libc/darwin/*",
        "ziglang/lib/libc/*bsd/*",
        "ziglang/lib/libc/include/*-linux-*",
        "ziglang/lib/libc/include/*-windows-*",
        "ziglang/lib/libc/include/*-darwin-*",
        "ziglang/lib/libc/include/*bsd*/*",
        "ziglang/lib/libc/include/*-glibc/*",
    ),
}


@dataclass(frozen=True)
class ToolRequest:
    """One distribution of the lock file; of pytest's own, all."""

    distribution: str


@dataclass(frozen=True)
class Tool:
    """An unpacked wheel; mount it as an immutable input."""

    digest: Digest


def pinned_requirement(lock: str, distribution: str) -> str:
    """Return the lines of a pip lock file that pin one distribution, hashes included."""
    lines = lock.splitlines()
    for start, line in enumerate(lines):
        if line.startswith(f"{distribution}=="):
            end = start
            while lines[end].endswith("\\"):
                end += 1
            return "\n".join(lines[start : end + 1]) + "\n"
    raise KeyError(distribution)


def download_failure(name: str, lock: str, output: str) -> str:
    """Return the message for wheels that could not be fetched: what, why, and what to do."""
    reason = "\n".join(f"    {line}" for line in output.strip().splitlines()[-6:])
    return (
        f"could not fetch the pinned wheel {name} ({lock}):\n{reason}\n"
        "  fix: check the network; or use a mirror (`PIP_INDEX_URL`, or "
        '`[mew-toolchain].pip_args = ["--index-url=..."]`); or put the wheel into a folder and '
        "set `[mew-toolchain].find_links` to it, with `offline = true` to ask no index at all."
    )


@dataclass(frozen=True)
class WheelRequest:
    """The pinned lines of one distribution, or of several, and what to call them."""

    name: str
    requirement: str
    lock: str


@dataclass(frozen=True)
class Wheel:
    """A directory `wheels` with one file."""

    digest: Digest


def _wheel(request: WheelRequest) -> Get:
    return Get(Wheel, WheelRequest, request)


@rule(desc="Fetch a pinned wheel", level=LogLevel.DEBUG)
async def fetch_wheel(
    request: WheelRequest, python: CompilerPython, toolchain: ToolchainSubsystem
) -> Wheel:
    environment = await engine.environment_variables(toolchain.env_vars)
    inputs = await engine.create_digest([FileContent(_REQUIREMENTS, request.requirement.encode())])
    result = await engine.run_process(
        Process(
            argv.pip_download_argv(
                python.path,
                requirements=_REQUIREMENTS,
                output=_WHEELS,
                find_links=toolchain.find_links,
                offline=toolchain.offline,
                extra=toolchain.pip_args,
            ),
            description=f"Fetch {request.name}",
            input_digest=inputs,
            output_directories=[_WHEELS],
            env={**environment, **argv.python_environment(python.fingerprint, ())},
        )
    )
    if result.exit_code != 0:
        output = (result.stderr + result.stdout).decode(errors="replace")
        raise MissingToolError(download_failure(request.name, request.lock, output))
    return Wheel(result.output_digest)


@rule(desc="Unpack a pinned wheel", level=LogLevel.DEBUG)
async def unpack_tool(request: ToolRequest, python: CompilerPython) -> Tool:
    is_pytest = request.distribution == "pytest"
    lock = await sources(SourcesRequest(PYTEST_LOCK if is_pytest else TOOLCHAIN_LOCK))
    scripts = await sources(SourcesRequest(SCRIPTS))
    (lock_file,) = await engine.digest_contents(lock.digest)
    pins = lock_file.content.decode()
    if not is_pytest:
        pins = pinned_requirement(pins, request.distribution)
    name = request.distribution if is_pytest else pins.split(" ")[0]
    wheel = await _wheel(WheelRequest(name, pins, os.path.basename(lock_file.path)))
    result = await engine.run_process(
        Process(
            argv.script_argv(
                python.path, "unpack", _WHEELS, _TREE, *DROPPED[request.distribution]
            ),
            description=f"Unpack {request.distribution}",
            input_digest=wheel.digest,
            immutable_input_digests={argv.MEW: scripts.digest},
            output_directories=[_TREE],
            env=argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"]),
        )
    )
    if result.exit_code != 0:
        raise MissingToolError(
            f"could not unpack {request.distribution}: {result.stderr.decode(errors='replace')}"
            "\n  fix: free disk space, or remove the local Pants store and run again"
        )
    return Tool(await engine.remove_prefix(result.output_digest, _TREE))


def tool(request: ToolRequest) -> Get:
    """Ask for a Tool."""
    return Get(Tool, ToolRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
