# SPDX-License-Identifier: Apache-2.0
"""`package`: write the image below dist/."""
from __future__ import annotations

import os
from dataclasses import dataclass

from pants.core.goals.package import BuiltPackage
from pants.core.goals.package import BuiltPackageArtifact
from pants.core.goals.package import PackageFieldSet
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.util_rules.image import ImageRequest
from mew_plugin.util_rules.image import image
from mew_plugin.util_rules.program import ExecutableFieldSet
from mew_plugin.util_rules.program import UnikernelFieldSet


@dataclass(frozen=True)
class PackageUnikernelFieldSet(UnikernelFieldSet, PackageFieldSet):
    """A `wasm_unikernel` to package."""


@dataclass(frozen=True)
class PackageExecutableFieldSet(ExecutableFieldSet, PackageFieldSet):
    """A `wasm_executable` to package."""


async def _package(request: ImageRequest, path: str) -> BuiltPackage:
    built = await image(request)
    digest = await engine.add_prefix(built.digest, os.path.dirname(path))
    return BuiltPackage(digest, (BuiltPackageArtifact(path),))


@rule(desc="Package a unikernel", level=LogLevel.DEBUG)
async def package_unikernel(field_set: PackageUnikernelFieldSet) -> BuiltPackage:
    return await _package(field_set.unikernel_request(), field_set.unikernel_path())


@rule(desc="Package a Linux executable", level=LogLevel.DEBUG)
async def package_executable(field_set: PackageExecutableFieldSet) -> BuiltPackage:
    return await _package(field_set.executable_request(), field_set.executable_path())


def rules():
    """Return this module's rules."""
    return [
        *collect_rules(),
        UnionRule(PackageFieldSet, PackageUnikernelFieldSet),
        UnionRule(PackageFieldSet, PackageExecutableFieldSet),
    ]
