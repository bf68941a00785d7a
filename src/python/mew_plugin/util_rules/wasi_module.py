# SPDX-License-Identifier: Apache-2.0
"""C, C++ or Zig to a WASI module, with the pinned Zig: code generation in the eyes of Pants."""
from __future__ import annotations

import os

from pants.core.target_types import FileSourceField
from pants.core.util_rules.source_files import SourceFilesRequest
from pants.engine.process import Process
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.target import DependenciesRequest
from pants.engine.target import GeneratedSources
from pants.engine.target import GenerateSourcesRequest
from pants.engine.target import SourcesField
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import CompileError
from mew_plugin.errors import with_address
from mew_plugin.target_types import CompilerOptionsField
from mew_plugin.target_types import DebugField
from mew_plugin.target_types import LinkerOptionsField
from mew_plugin.target_types import ModuleSourcesField
from mew_plugin.target_types import NativeDependenciesField
from mew_plugin.target_types import NativeSourcesField
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SCRIPTS
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources
from mew_plugin.util_rules.toolchain import ToolRequest
from mew_plugin.util_rules.toolchain import tool

# The C library is compiled on first use; keeping it saves some 20 s per module. The content never
# decides a result, so it may outlive sandboxes.
_ZIG_CACHE = {"mew_zig": argv.ZIG_CACHE}


class WasiModuleSourcesRequest(GenerateSourcesRequest):
    """Generates a module from native sources."""

    input = NativeSourcesField
    output = ModuleSourcesField


@rule(desc="Compile a WASI module", level=LogLevel.DEBUG)
async def build_wasi_module(
    request: WasiModuleSourcesRequest, python: CompilerPython
) -> GeneratedSources:
    target = request.protocol_target
    dependencies = await engine.direct_dependencies(
        DependenciesRequest(target[NativeDependenciesField])
    )
    files = await engine.source_files(
        SourceFilesRequest(
            tuple(dependency.get(SourcesField) for dependency in dependencies),
            for_sources_types=(FileSourceField, NativeSourcesField),
            enable_codegen=True,
        )
    )
    scripts = await sources(SourcesRequest(SCRIPTS))
    zig = await tool(ToolRequest("ziglang"))
    inputs = await engine.merge_digests([request.protocol_sources.digest, files.snapshot.digest])
    output = os.path.join(target.address.spec_path, f"{target.address.target_name}.wasm")
    debug = bool(target[DebugField].value)
    try:
        command = argv.wasi_module_argv(
            request.protocol_sources.files,
            output,
            target[CompilerOptionsField].value or (),
            target[LinkerOptionsField].value or (),
            debug=debug,
        )
    except ValueError as error:
        raise CompileError(with_address(target.address, str(error))) from None
    result = await engine.run_process(
        Process(
            argv.script_argv(
                python.path, "native", output, "keep" if debug else "drop", *command
            ),
            description=f"Compile native sources to {output}",
            input_digest=inputs,
            immutable_input_digests={argv.MEW: scripts.digest, argv.ZIG: zig.digest},
            append_only_caches=_ZIG_CACHE,
            output_files=(output,),
            env={
                **argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"]),
                **argv.zig_environment(),
            },
        )
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise CompileError(with_address(target.address, text))
    return GeneratedSources(await engine.snapshot(result.output_digest))


def rules():
    """Return this module's rules."""
    return [
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, WasiModuleSourcesRequest),
    ]
