# SPDX-License-Identifier: Apache-2.0
"""mew's own sources, as inputs of processes.

In mew's repository they come from the workspace, where the engine tracks them; else from the
installed packages. The layout is the same in both cases, and so are the cache keys.
"""
from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Dict
from typing import Iterator
from typing import List
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
RUNNER = (
    "mew/*.py", "mew/vm/**/*.py", "mew/debug/**/*.py", "mew/link/__init__.py", "mew/link/elf.py",
    "mew_abi/*.py",
)  # fmt: skip
DISK_MAKER = (
    "mew/*.py", "mew/disk/**/*.py", "mew/link/__init__.py", "mew/link/archive.py", "mew_abi/*.py",
)  # fmt: skip
IMAGE_MAKER = (
    "mew/*.py", "mew/image/**/*.py", "mew/kernels/__init__.py", "mew/kernels/defaults.py",
    "mew/kernels/keys.py", "mew/kernels/linkfacts.py", "mew/kernels/module.py",
    "mew/kernels/options.py",
    "mew/link/__init__.py", "mew/link/archive.py", "mew_abi/*.py",
)  # fmt: skip
SCRIPTS = ("mew_plugin/scripts/*.py",)
TESTER = ("mew/testing/*.py",)
TOOLCHAIN_LOCK = ("mew_plugin/locks/toolchain.txt",)
PYTEST_LOCK = ("mew_plugin/locks/pytest.txt",)
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


def installed_files(package: str, globs: Tuple[str, ...], target: str) -> Iterator[FileContent]:
    """Yield an installed package's files that match globs inside it, placed below `target`."""
    spec = importlib.util.find_spec(package)
    for location in spec.submodule_search_locations or () if spec else ():
        root = Path(location)
        for path in sorted({path for glob in globs for path in root.glob(glob)}):
            yield FileContent(f"{target}/{path.relative_to(root)}", path.read_bytes())


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
    by_package: Dict[str, List[str]] = {}
    for glob in globs:
        package, _, inside = glob.partition("/")
        by_package.setdefault(package, []).append(inside)
    return await engine.create_digest(
        file
        for package, inside in sorted(by_package.items())
        for file in installed_files(package, tuple(inside), f"{PYTHON_ROOT}/{package}")
    )


async def _kernel_tree(root: Optional[str]) -> Digest:
    if root is not None:
        return await _workspace_tree(
            root, KERNEL_ROOT, _workspace_globs(root, KERNEL, "kernel_sources")
        )
    return await engine.create_digest(installed_files(KERNEL_PACKAGE, KERNEL, KERNEL_ROOT))


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
