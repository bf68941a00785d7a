# SPDX-License-Identifier: Apache-2.0
"""Codegen units: one cached process each, as many at a time as there are cores.

The key of a unit's process is the unit's content, the options and the compiler. The file has the
same name in every sandbox, so neither the unit's place in the program nor the program matters.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import field
from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.fs import FileDigest
from pants.engine.fs import FileEntry
from pants.engine.fs import PathGlobs
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import CompileError
from mew_plugin.errors import with_address
from mew_plugin.util_rules.compiler import Run
from mew_plugin.util_rules.compiler import run_compiler
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.module import WasmModule


@dataclass(frozen=True)
class SplitRequest:
    """Cut a module into units. `address` is for messages only."""

    module: WasmModule
    features: Tuple[str, ...]
    address: str = field(compare=False)


@dataclass(frozen=True)
class UnitFile:
    """A unit's content, and the number of functions in it."""

    content: FileDigest
    functions: int


@dataclass(frozen=True)
class Units:
    """All units of a module, in link order."""

    files: Tuple[UnitFile, ...]


@dataclass(frozen=True)
class UnitRequest:
    """Compile one unit. `description` is for people only."""

    content: FileDigest
    cpu: str
    optimization_level: int
    description: str = field(compare=False)


@dataclass(frozen=True)
class UnitObject:
    """A tree with the one file `argv.UNIT_OBJECT`, or the compiler's message in its place.

    `note` is what the compiler says of an object that is as it should be.
    """

    digest: Digest
    message: str
    note: str


@rule(desc="Split WebAssembly", level=LogLevel.DEBUG)
async def split_module(request: SplitRequest, python: CompilerPython) -> Units:
    result = await run_compiler(
        Run(
            argv.split_argv(python.path, request.module.path, request.features),
            request.module.digest,
            f"Split {request.module.path}",
            output_directories=(argv.UNITS,),
        ),
        python,
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise CompileError(with_address(request.address, text))
    manifest = await engine.subset(
        result.output_digest, PathGlobs([f"{argv.UNITS}/{argv.UNITS_MANIFEST}"])
    )
    contents = await engine.digest_contents(manifest)
    entries = await engine.digest_entries(result.output_digest)
    digests = {entry.path: entry.file_digest for entry in entries}
    listed = json.loads(contents[0].content)["units"]
    return Units(
        tuple(
            UnitFile(digests[f"{argv.UNITS}/{unit['file']}"], unit["functions"])
            for unit in listed
        )
    )


@rule(desc="Compile a codegen unit", level=LogLevel.DEBUG)
async def compile_unit(request: UnitRequest, python: CompilerPython) -> UnitObject:
    inputs = await engine.create_digest([FileEntry(argv.UNIT, request.content)])
    result = await run_compiler(
        Run(
            argv.codegen_argv(python.path, request.cpu, request.optimization_level),
            inputs,
            request.description,
            output_files=(argv.UNIT_OBJECT,),
        ),
        python,
    )
    said = result.stderr.decode(errors="replace")
    failed = result.exit_code != 0
    return UnitObject(result.output_digest, said if failed else "", "" if failed else said)


def units(request: SplitRequest) -> Get:
    """Ask for Units."""
    return Get(Units, SplitRequest, request)


def unit_object(request: UnitRequest) -> Get:
    """Ask for a UnitObject."""
    return Get(UnitObject, UnitRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
