# SPDX-License-Identifier: Apache-2.0
"""`package`: write images, with their disks, disks and container images below dist/."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Sequence

from pants.core.goals.package import BuiltPackage
from pants.core.goals.package import BuiltPackageArtifact
from pants.core.goals.package import PackageFieldSet
from pants.engine.fs import Digest
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.util_rules.container import ContainerImageFieldSet
from mew_plugin.util_rules.container import ContainerImageRequest
from mew_plugin.util_rules.container import container_image
from mew_plugin.util_rules.disk import DiskFieldSet
from mew_plugin.util_rules.disk import disk
from mew_plugin.util_rules.disk import unikernel_disk
from mew_plugin.util_rules.image import image
from mew_plugin.util_rules.program import ExecutableFieldSet
from mew_plugin.util_rules.program import UnikernelFieldSet


@dataclass(frozen=True)
class PackageUnikernelFieldSet(UnikernelFieldSet, PackageFieldSet):
    """A `wasm_unikernel` to package."""


@dataclass(frozen=True)
class PackageExecutableFieldSet(ExecutableFieldSet, PackageFieldSet):
    """A `wasm_executable` to package."""


@dataclass(frozen=True)
class PackageDiskFieldSet(DiskFieldSet, PackageFieldSet):
    """A `fat32_image` to package."""


@dataclass(frozen=True)
class PackageContainerImageFieldSet(ContainerImageFieldSet, PackageFieldSet):
    """A `wasm_unikernel_image` to package."""


async def _package(digest: Digest, files: Sequence[str], folder: str) -> BuiltPackage:
    artifacts = tuple(BuiltPackageArtifact(os.path.join(folder, file)) for file in files)
    return BuiltPackage(await engine.add_prefix(digest, folder), artifacts)


@rule(desc="Package a unikernel", level=LogLevel.DEBUG)
async def package_unikernel(field_set: PackageUnikernelFieldSet) -> BuiltPackage:
    built, disk_of_image = await engine.concurrently(
        image(field_set.unikernel_request()), unikernel_disk(field_set.disk_request())
    )
    digest = await engine.merge_digests([built.digest, disk_of_image.digest])
    paths = [built.path]
    if disk_of_image.path is not None:
        paths.append(disk_of_image.path)
    return await _package(digest, paths, os.path.dirname(field_set.unikernel_path()))


@rule(desc="Package a Linux executable", level=LogLevel.DEBUG)
async def package_executable(field_set: PackageExecutableFieldSet) -> BuiltPackage:
    built = await image(field_set.executable_request())
    folder = os.path.dirname(field_set.executable_path())
    return await _package(built.digest, [built.path], folder)


@rule(desc="Package a disk", level=LogLevel.DEBUG)
async def package_disk(field_set: PackageDiskFieldSet) -> BuiltPackage:
    made = await disk(field_set.disk_request())
    return await _package(made.digest, [made.path], os.path.dirname(field_set.disk_path()))


@rule(desc="Package a container image", level=LogLevel.DEBUG)
async def package_container_image(field_set: PackageContainerImageFieldSet) -> BuiltPackage:
    made = await container_image(ContainerImageRequest(field_set))
    return await _package(made.digest, [made.path], os.path.dirname(field_set.image_path()))


def rules():
    """Return this module's rules."""
    return [
        *collect_rules(),
        UnionRule(PackageFieldSet, PackageUnikernelFieldSet),
        UnionRule(PackageFieldSet, PackageExecutableFieldSet),
        UnionRule(PackageFieldSet, PackageDiskFieldSet),
        UnionRule(PackageFieldSet, PackageContainerImageFieldSet),
    ]
