# SPDX-License-Identifier: Apache-2.0
"""mew's own sources, as inputs of processes.

In mew's repository they come from the workspace, where the engine tracks them; else from the
installed packages. The layout is the same in both cases, and so are the cache keys.
"""
from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator
from typing import Optional
from typing import Tuple

from pants.engine.fs import Digest
from pants.engine.fs import FileContent
from pants.engine.fs import GlobMatchErrorBehavior
from pants.engine.fs import PathGlobs
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule

from mew_plugin import engine
from mew_plugin.subsystems import MewSubsystem

# Each process gets the sources that it runs and no more: an edit elsewhere is not its business.
COMPILER = ("wasker/**/*.py", "mew_abi/*.py")
LINKER = ("mew/*.py", "mew/link/**/*.py", "mew_abi/*.py")
RUNNER = ("mew/*.py", "mew/vm/**/*.py", "mew_abi/*.py")
SCRIPTS = ("mew_plugin/scripts/*.py",)
TOOLCHAIN_LOCK = ("mew_plugin/locks/toolchain.txt",)
KERNEL = ("**/*.zig", "**/*.S", "**/*.ld")

# Layout of the tree: the repository's. Python is imported from PYTHON_ROOT.
PYTHON_ROOT = "src/python"
KERNEL_ROOT = "kernel"
# In an installed mew, the kernel's sources are the data of this package.
KERNEL_PACKAGE = "mew_kernel"


@dataclass(frozen=True)
class SourcesRequest:
    """Globs below the Python import root, and whether the kernel's sources are needed."""

    python: Tuple[str, ...]
    kernel: bool = False


@dataclass(frozen=True)
class Sources:
    """Files below PYTHON_ROOT and KERNEL_ROOT."""

    digest: Digest


def installed_files(globs: Tuple[str, ...], package: str, target: str) -> Iterator[FileContent]:
    """Yield files of an installed package, placed below `target`; globs start at its parent."""
    spec = importlib.util.find_spec(package)
    for location in spec.submodule_search_locations or () if spec else ():
        parent = Path(location).parent
        for path in sorted({path for glob in globs for path in parent.glob(glob)}):
            yield FileContent(f"{target}/{path.relative_to(parent)}", path.read_bytes())


def _workspace_globs(root: str, globs: Tuple[str, ...], option: str) -> PathGlobs:
    return PathGlobs(
        [f"{root}/{glob}" for glob in globs],
        glob_match_error_behavior=GlobMatchErrorBehavior.error,
        description_of_origin=f"the option `[mew].{option}`",
    )


async def _workspace_tree(root: str, target: str, globs: PathGlobs) -> Digest:
    captured = await engine.capture(globs)
    return await engine.add_prefix(await engine.remove_prefix(captured, root), target)


async def _python_tree(globs: Tuple[str, ...], root: Optional[str]) -> Digest:
    if root is not None:
        return await _workspace_tree(
            root, PYTHON_ROOT, _workspace_globs(root, globs, "python_sources")
        )
    packages = sorted({glob.split("/")[0] for glob in globs})
    return await engine.create_digest(
        file
        for package in packages
        for file in installed_files(
            tuple(glob for glob in globs if glob.startswith(package + "/")), package, PYTHON_ROOT
        )
    )


async def _kernel_tree(root: Optional[str]) -> Digest:
    if root is not None:
        return await _workspace_tree(
            root, KERNEL_ROOT, _workspace_globs(root, KERNEL, "kernel_sources")
        )
    installed = await engine.create_digest(
        installed_files(
            tuple(f"{KERNEL_PACKAGE}/{glob}" for glob in KERNEL), KERNEL_PACKAGE, KERNEL_ROOT
        )
    )
    return installed


@rule(desc="Collect mew's sources")
async def collect_sources(request: SourcesRequest, mew: MewSubsystem) -> Sources:
    python = await _python_tree(request.python, mew.python_sources)
    if not request.kernel:
        return Sources(python)
    kernel = await _kernel_tree(mew.kernel_sources)
    return Sources(await engine.merge_digests([python, kernel]))


def sources(request: SourcesRequest) -> Get:
    """Ask for Sources."""
    return Get(Sources, SourcesRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
