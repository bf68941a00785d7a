# SPDX-License-Identifier: Apache-2.0
"""Module to object: the slow, cached step. Its key is the module, the options and the compiler.

The object says nothing about the system, so a `wasm_unikernel` and a `wasm_executable` of the
same program share it. A large module is compiled in units (`units.py`). A refused module is a
failed process, which is never cached: its diagnostic shows in every run.
"""
from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Tuple

from pants.engine.fs import Digest
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
from mew_plugin.util_rules.module import ModuleRequest
from mew_plugin.util_rules.module import WasmModule
from mew_plugin.util_rules.module import wasm_module
from mew_plugin.util_rules.units import SplitRequest
from mew_plugin.util_rules.units import UnitRequest
from mew_plugin.util_rules.units import unit_object
from mew_plugin.util_rules.units import units

_logger = logging.getLogger(__name__)

# From this size on, a module is compiled in units.
SPLIT_BYTES_MIN = 64_000


@dataclass(frozen=True)
class CompileRequest:
    """Compile a target's module."""

    module: ModuleRequest
    options: argv.CompileOptions


@dataclass(frozen=True)
class ProgramObject:
    """A tree with the program's objects, and their paths in link order."""

    digest: Digest
    paths: Tuple[str, ...]


@dataclass(frozen=True)
class ValidateRequest:
    """Only validate a target's module and its imports."""

    module: ModuleRequest
    options: argv.CompileOptions


@dataclass(frozen=True)
class Validated:
    """Whether the module is good, and else the diagnostic."""

    exit_code: int
    message: str


def validated(request: ValidateRequest) -> Get:
    """Ask for Validated."""
    return Get(Validated, ValidateRequest, request)


def is_split(options: argv.CompileOptions, size_bytes: int, *, is_text: bool) -> bool:
    """Whether a module is compiled in units; one process is quicker for a small one."""
    return size_bytes >= SPLIT_BYTES_MIN and not is_text and not options.debug_lines


def unit_description(number: int, count: int, address: object, functions: int) -> str:
    """What a person reads while a unit is compiled; `number` counts from 1."""
    what = f"{functions} functions" if functions else "data, tables and exports"
    return f"Compile unit {number}/{count} of {address} ({what})"


def _show_note(address: object, said: str) -> None:
    """What the compiler says of a program that it has compiled, such as what it left slow."""
    if said:
        _logger.warning(with_address(address, said))


async def _compile_units(request: CompileRequest, module: WasmModule) -> ProgramObject:
    address = request.module.address
    options = request.options
    found = await units(SplitRequest(module, options.features, str(address)))
    count = len(found.files)
    objects = await engine.concurrently(
        unit_object(
            UnitRequest(
                unit.content, options.cpu, options.optimization_level,
                unit_description(number, count, address, unit.functions),
            )
        )
        for number, unit in enumerate(found.files, 1)
    )  # fmt: skip
    messages = [result.message for result in objects if result.message]
    if messages:
        # Offsets in a unit say little: validation of the whole module names the place in it.
        verdict = await validated(ValidateRequest(request.module, options))
        raise CompileError(verdict.message or with_address(address, messages[0]))
    for result in objects:
        _show_note(address, result.note)
    folders = [f"{argv.UNITS}/{number:05}" for number in range(count)]
    placed = await engine.concurrently(
        engine.add_prefix(result.digest, folder) for result, folder in zip(objects, folders)
    )
    digest = await engine.merge_digests(placed)
    return ProgramObject(digest, tuple(f"{folder}/{argv.UNIT_OBJECT}" for folder in folders))


@rule(desc="Compile WebAssembly", level=LogLevel.DEBUG)
async def compile_module(request: CompileRequest, python: CompilerPython) -> ProgramObject:
    module = await wasm_module(request.module)
    (entry,) = await engine.digest_entries(module.digest)
    size = entry.file_digest.serialized_bytes_length
    if is_split(request.options, size, is_text=module.is_text):
        return await _compile_units(request, module)
    result = await run_compiler(
        Run(
            argv.compile_argv(python.path, module.path, request.options),
            module.digest,
            f"Compile {module.path}",
            output_files=(argv.OBJECT,),
            reads_text=module.is_text,
            reads_debug_lines=request.options.debug_lines,
        ),
        python,
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise CompileError(with_address(request.module.address, text))
    _show_note(request.module.address, result.stderr.decode(errors="replace"))
    return ProgramObject(result.output_digest, (argv.OBJECT,))


@rule(desc="Validate WebAssembly", level=LogLevel.DEBUG)
async def validate_module(request: ValidateRequest, python: CompilerPython) -> Validated:
    module = await wasm_module(request.module)
    result = await run_compiler(
        Run(
            argv.check_argv(python.path, module.path, request.options),
            module.digest,
            f"Validate {module.path}",
            reads_text=module.is_text,
        ),
        python,
    )
    text = result.stderr.decode(errors="replace")
    return Validated(
        result.exit_code, with_address(request.module.address, text) if text else ""
    )


def program_object(request: CompileRequest) -> Get:
    """Ask for a ProgramObject."""
    return Get(ProgramObject, CompileRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
