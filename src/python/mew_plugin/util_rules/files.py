# SPDX-License-Identifier: Apache-2.0
"""The files that an image embeds: those of a target's dependencies, but for the module."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable
from typing import Tuple

from pants.core.target_types import FileSourceField
from pants.core.target_types import ResourceSourceField
from pants.core.util_rules.source_files import SourceFilesRequest
from pants.engine.fs import Digest
from pants.engine.fs import PathGlobs
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.target import DependenciesRequest
from pants.engine.target import SourcesField
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.errors import FilesError
from mew_plugin.util_rules.module import ModuleRequest
from mew_plugin.util_rules.module import wasm_module


@dataclass(frozen=True)
class FilesRequest:
    """The target whose dependencies give the files, and the feature sets that it declares."""

    module: ModuleRequest
    features: Tuple[str, ...]


@dataclass(frozen=True)
class EmbeddedFiles:
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


def require_feature(address: object, paths: Tuple[str, ...], features: Iterable[str]) -> None:
    """Raise FilesError when the program could not read the files that it is given."""
    if paths and "filesystem" not in features:
        raise FilesError(
            f"{address}: the dependencies give the image {len(paths)} files ({paths[0]}, ...), "
            'but `wasi` does not name "filesystem", so the program could not read them.\n'
            '  fix: add "filesystem" to `wasi`, or remove the dependency.'
        )


@rule(desc="Collect the files of an image", level=LogLevel.DEBUG)
async def embed_files(request: FilesRequest) -> EmbeddedFiles:
    address = request.module.address
    dependencies = await engine.direct_dependencies(
        DependenciesRequest(request.module.dependencies)
    )
    fields = tuple(target.get(SourcesField) for target in dependencies)
    module, files, resources = await engine.concurrently(
        wasm_module(request.module),
        engine.source_files(
            SourceFilesRequest(fields, for_sources_types=(FileSourceField,), enable_codegen=True)
        ),
        # Only these have source roots; code that is generated as files must not lose a part of
        # its path.
        engine.stripped_source_files(
            SourceFilesRequest(
                fields, for_sources_types=(ResourceSourceField,), enable_codegen=True
            )
        ),
    )
    kept = await engine.snapshot(
        await engine.subset(files.snapshot.digest, PathGlobs(["**", f"!{module.path}"]))
    )
    require_disjoint(address, kept.files, resources.snapshot.files)
    digest = await engine.merge_digests([kept.digest, resources.snapshot.digest])
    paths = tuple(sorted((*kept.files, *resources.snapshot.files)))
    require_feature(address, paths, request.features)
    return EmbeddedFiles(digest, paths)


def embedded_files(request: FilesRequest) -> Get:
    """Ask for EmbeddedFiles."""
    return Get(EmbeddedFiles, FilesRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
