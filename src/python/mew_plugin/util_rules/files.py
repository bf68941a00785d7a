# SPDX-License-Identifier: Apache-2.0
"""The files of an image or a disk: those of a target's dependencies, but for the module."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable
from typing import Optional
from typing import Tuple

from pants.core.target_types import FileSourceField
from pants.core.target_types import ResourceSourceField
from pants.core.util_rules.source_files import SourceFilesRequest
from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.fs import PathGlobs
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.target import Dependencies
from pants.engine.target import DependenciesRequest
from pants.engine.target import SourcesField
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.errors import FilesError
from mew_plugin.util_rules.module import ModuleRequest
from mew_plugin.util_rules.module import wasm_module


@dataclass(frozen=True)
class FilesRequest:
    """A target's dependencies, and the module among them that is not a file of the program's."""

    address: Address
    dependencies: Dependencies
    module: Optional[ModuleRequest] = None


@dataclass(frozen=True)
class CollectedFiles:
    """A tree as the program is to find it; no paths: no tree."""

    digest: Digest
    paths: Tuple[str, ...]


def require_disjoint(address: object, files: Iterable[str], resources: Iterable[str]) -> None:
    """Raise FilesError when a file and a resource would have the same path in the image."""
    shared = sorted(set(files) & set(resources))
    if shared:
        raise FilesError(
            f"{address}: the dependencies give {shared[0]} twice, from a `files` and from a "
            "`resources` target.\n"
            "  fix: depend on one of them, or move one with `relocated_files`."
        )


@rule(desc="Collect files", level=LogLevel.DEBUG)
async def collect_files(request: FilesRequest) -> CollectedFiles:
    dependencies = await engine.direct_dependencies(DependenciesRequest(request.dependencies))
    fields = tuple(target.get(SourcesField) for target in dependencies)
    files, resources = await engine.concurrently(
        engine.source_files(
            SourceFilesRequest(fields, for_sources_types=(FileSourceField,), enable_codegen=True)
        ),
        # Only these have source roots; what is generated as files must not lose part of its path.
        engine.stripped_source_files(
            SourceFilesRequest(
                fields, for_sources_types=(ResourceSourceField,), enable_codegen=True
            )
        ),
    )
    kept = files.snapshot
    if request.module is not None:
        module = await wasm_module(request.module)
        globs = PathGlobs(["**", f"!{module.path}"])
        kept = await engine.snapshot(await engine.subset(kept.digest, globs))
    require_disjoint(request.address, kept.files, resources.snapshot.files)
    digest = await engine.merge_digests([kept.digest, resources.snapshot.digest])
    return CollectedFiles(digest, tuple(sorted((*kept.files, *resources.snapshot.files))))


def collected_files(request: FilesRequest) -> Get:
    """Ask for CollectedFiles."""
    return Get(CollectedFiles, FilesRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
