# SPDX-License-Identifier: Apache-2.0
"""Python trees with their byte code beside the sources.

A process of the compiler would otherwise compile the compiler first: half of its start. The byte
code is made once per interpreter and state of the sources, by a process that is cached like any
other.
"""
from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import MissingToolError
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SCRIPTS
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources

_TREE = "__tree"
_OUTPUT = "__bytecode"


@dataclass(frozen=True)
class ByteCodeRequest:
    """A tree with Python sources. `name` is for people."""

    tree: Digest
    name: str


@dataclass(frozen=True)
class WithByteCode:
    """The tree, and the byte code of its sources."""

    digest: Digest


@rule(desc="Compile Python to byte code", level=LogLevel.DEBUG)
async def add_byte_code(request: ByteCodeRequest, python: CompilerPython) -> WithByteCode:
    scripts = await sources(SourcesRequest(SCRIPTS))
    environment = argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"])
    result = await engine.run_process(
        Process(
            argv.script_argv(python.path, "precompile", _TREE, _OUTPUT),
            description=f"Compile {request.name} to Python byte code",
            immutable_input_digests={argv.MEW: scripts.digest, _TREE: request.tree},
            output_directories=(_OUTPUT,),
            # The order of a set among a function's constants.
            env={**environment, "PYTHONHASHSEED": "0"},
        )
    )
    if result.exit_code != 0:
        raise MissingToolError(
            f"could not compile {request.name} to byte code: "
            f"{result.stderr.decode(errors='replace')}\n"
            "  fix: report it; the sources are mew's own or those of a pinned wheel"
        )
    added = await engine.remove_prefix(result.output_digest, _OUTPUT)
    return WithByteCode(await engine.merge_digests([request.tree, added]))


def with_byte_code(request: ByteCodeRequest) -> Get:
    """Ask for WithByteCode."""
    return Get(WithByteCode, ByteCodeRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
