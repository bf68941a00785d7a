# SPDX-License-Identifier: Apache-2.0
"""The one WebAssembly module of a target, whether checked in or generated."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Sequence
from typing import Tuple

from pants.core.target_types import FileSourceField
from pants.core.util_rules.source_files import SourceFilesRequest
from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.fs import PathGlobs
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.target import DependenciesRequest
from pants.engine.target import SourcesField

from mew_plugin import engine
from mew_plugin.errors import ModuleError
from mew_plugin.file_types import ProgramDependenciesField
from mew_plugin.target_types import MODULE_SUFFIXES
from mew_plugin.target_types import ModuleSourcesField


@dataclass(frozen=True)
class ModuleRequest:
    """The fields of a target that say where its module comes from."""

    address: Address
    sources: ModuleSourcesField
    dependencies: ProgramDependenciesField


@dataclass(frozen=True)
class WasmModule:
    """A tree with one file, and its path: where a person finds it, for messages."""

    digest: Digest
    path: str

    @property
    def is_text(self) -> bool:
        """Whether the text parser is needed."""
        return self.path.endswith(".wat")


def only_module(address: object, files: Sequence[str]) -> str:
    """Return the one module among `files`; raises ModuleError for none or several."""
    modules = [path for path in files if PurePath(path).suffix in MODULE_SUFFIXES]
    if len(modules) == 1:
        return modules[0]
    if modules:
        raise ModuleError(
            f"{address}: {len(modules)} WebAssembly modules, but a program is exactly one: "
            f"{', '.join(sorted(modules))}.\n"
            "  fix: name one file in `sources`, or depend on one target that makes a module; "
            "give every program a target of its own."
        )
    others = f" (the files found are {', '.join(sorted(files))})" if files else ""
    raise ModuleError(
        f"{address}: no WebAssembly module{others}.\n"
        '  fix: set sources=["app.wasm"] (or .wat) to an existing file, or put the target that '
        "makes the module, such as a wasi_module, into `dependencies`."
    )


def _source_fields(targets: Sequence) -> Tuple[SourcesField, ...]:
    return tuple(target.get(SourcesField) for target in targets)


@rule(desc="Find the WebAssembly module of a target")
async def find_module(request: ModuleRequest) -> WasmModule:
    dependencies = await engine.direct_dependencies(DependenciesRequest(request.dependencies))
    sources = await engine.source_files(
        SourceFilesRequest(
            (request.sources, *_source_fields(dependencies)),
            for_sources_types=(ModuleSourcesField, FileSourceField),
            enable_codegen=True,
        )
    )
    path = only_module(request.address, sources.snapshot.files)
    digest = await engine.subset(sources.snapshot.digest, PathGlobs([path]))
    return WasmModule(digest, path)


def wasm_module(request: ModuleRequest) -> Get:
    """Ask for a WasmModule."""
    return Get(WasmModule, ModuleRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
