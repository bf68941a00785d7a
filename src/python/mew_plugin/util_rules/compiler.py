# SPDX-License-Identifier: Apache-2.0
"""A process of the compiler, with the tools that it needs."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.process import FallibleProcessResult
from pants.engine.process import Process

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.util_rules.bytecode import ByteCodeRequest
from mew_plugin.util_rules.bytecode import with_byte_code
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.sources import COMPILER
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources
from mew_plugin.util_rules.toolchain import ToolRequest
from mew_plugin.util_rules.toolchain import tool


@dataclass(frozen=True)
class Run:
    """What distinguishes one process of the compiler from another.

    `description` is what a person sees while it runs; it is no part of the cache's key.
    """

    command: Tuple[str, ...]
    inputs: Digest
    description: str
    output_files: Tuple[str, ...] = ()
    output_directories: Tuple[str, ...] = ()
    reads_text: bool = False
    reads_debug_lines: bool = False


async def run_compiler(run: Run, python: CompilerPython) -> FallibleProcessResult:
    """Run the compiler in a sandbox; the exit code is the caller's to judge."""
    compiler = await sources(SourcesRequest(COMPILER))
    llvm = await tool(ToolRequest("llvmlite"))
    ready_compiler, ready_llvm = await engine.concurrently(
        with_byte_code(ByteCodeRequest(compiler.digest, "the compiler")),
        with_byte_code(ByteCodeRequest(llvm.digest, "llvmlite")),
    )
    trees = {argv.MEW: ready_compiler.digest, argv.LLVM: ready_llvm.digest}
    if run.reads_text:
        text_reader = await tool(ToolRequest("wasmtime"))
        trees[argv.WASMTIME] = text_reader.digest
    if run.reads_debug_lines:
        line_reader = await tool(ToolRequest("pyelftools"))
        trees[argv.PYELFTOOLS] = line_reader.digest
    roots = [f"{argv.MEW}/{PYTHON_ROOT}", *(tree for tree in trees if tree != argv.MEW)]
    return await engine.run_process(
        Process(
            run.command,
            description=run.description,
            input_digest=run.inputs,
            immutable_input_digests=trees,
            output_files=run.output_files,
            output_directories=run.output_directories,
            env=argv.python_environment(python.fingerprint, roots),
        )
    )
