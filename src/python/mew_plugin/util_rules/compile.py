# SPDX-License-Identifier: Apache-2.0
"""Module to object: the slow, cached step. Its key is the module, the options and the compiler.

The object says nothing about the system, so a `wasm_unikernel` and a `wasm_executable` of the
same program share it. A refused module is a failed process, which is never cached: its diagnostic
shows in every run.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.process import FallibleProcessResult
from pants.engine.process import Process
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import CompileError
from mew_plugin.errors import with_address
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.module import ModuleRequest
from mew_plugin.util_rules.module import WasmModule
from mew_plugin.util_rules.module import wasm_module
from mew_plugin.util_rules.sources import COMPILER
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources
from mew_plugin.util_rules.toolchain import ToolRequest
from mew_plugin.util_rules.toolchain import tool


@dataclass(frozen=True)
class CompileRequest:
    """Compile a target's module."""

    module: ModuleRequest
    options: argv.CompileOptions


@dataclass(frozen=True)
class ProgramObject:
    """A tree with the one file `argv.OBJECT`."""

    digest: Digest


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


async def _compiler_process(
    module: WasmModule,
    command: Tuple[str, ...],
    python: CompilerPython,
    *,
    description: str,
    outputs: Tuple[str, ...],
    reads_debug_lines: bool = False,
) -> FallibleProcessResult:
    compiler = await sources(SourcesRequest(COMPILER))
    llvm = await tool(ToolRequest("llvmlite"))
    trees = {argv.MEW: compiler.digest, argv.LLVM: llvm.digest}
    if module.is_text:
        text_reader = await tool(ToolRequest("wasmtime"))
        trees[argv.WASMTIME] = text_reader.digest
    if reads_debug_lines:
        line_reader = await tool(ToolRequest("pyelftools"))
        trees[argv.PYELFTOOLS] = line_reader.digest
    roots = [f"{argv.MEW}/{PYTHON_ROOT}", *(tree for tree in trees if tree != argv.MEW)]
    return await engine.run_process(
        Process(
            command,
            description=description,
            input_digest=module.digest,
            immutable_input_digests=trees,
            output_files=outputs,
            env=argv.python_environment(python.fingerprint, roots),
        )
    )


@rule(desc="Compile WebAssembly", level=LogLevel.DEBUG)
async def compile_module(request: CompileRequest, python: CompilerPython) -> ProgramObject:
    module = await wasm_module(request.module)
    result = await _compiler_process(
        module,
        argv.compile_argv(python.path, module.path, request.options),
        python,
        description=f"Compile {module.path}",
        outputs=(argv.OBJECT,),
        reads_debug_lines=request.options.debug_lines,
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise CompileError(with_address(request.module.address, text))
    return ProgramObject(result.output_digest)


@rule(desc="Validate WebAssembly", level=LogLevel.DEBUG)
async def validate_module(request: ValidateRequest, python: CompilerPython) -> Validated:
    module = await wasm_module(request.module)
    result = await _compiler_process(
        module,
        argv.check_argv(python.path, module.path, request.options),
        python,
        description=f"Validate {module.path}",
        outputs=(),
    )
    text = result.stderr.decode(errors="replace")
    return Validated(
        result.exit_code, with_address(request.module.address, text) if text else ""
    )


def program_object(request: CompileRequest) -> Get:
    """Ask for a ProgramObject."""
    return Get(ProgramObject, CompileRequest, request)


def validated(request: ValidateRequest) -> Get:
    """Ask for Validated."""
    return Get(Validated, ValidateRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
