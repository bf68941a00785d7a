# SPDX-License-Identifier: Apache-2.0
"""Disks: files to a FAT32 image, and the disk that a `wasm_unikernel` names."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.core.goals.package import OutputPathField
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.target import FieldSet
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import FilesError
from mew_plugin.errors import with_address
from mew_plugin.file_types import DiskDependenciesField
from mew_plugin.file_types import DiskField
from mew_plugin.file_types import DiskLabelField
from mew_plugin.file_types import DiskSizeField
from mew_plugin.util_rules.files import FilesRequest
from mew_plugin.util_rules.files import collected_files
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.sources import DISK_MAKER
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources


@dataclass(frozen=True)
class DiskRequest:
    """Make the disk of a `fat32_image`."""

    files: FilesRequest
    options: argv.DiskOptions


@dataclass(frozen=True)
class Disk:
    """A tree with the one file `path`."""

    digest: Digest
    path: str


@dataclass(frozen=True)
class DiskFieldSet(FieldSet):
    """A `fat32_image`."""

    required_fields = (DiskDependenciesField, DiskSizeField)

    dependencies: DiskDependenciesField
    size: DiskSizeField
    label: DiskLabelField
    output_path: OutputPathField
    environment: EnvironmentField

    def disk_path(self) -> str:
        """Return where the image goes below dist/."""
        return self.output_path.value_or_default(file_ending="img")

    def disk_request(self) -> DiskRequest:
        """Return the request for the image."""
        options = argv.DiskOptions(
            image=os.path.basename(self.disk_path()),
            size_mib=int(self.size.value or 0),
            label=self.label.value or "",
        )
        return DiskRequest(FilesRequest(self.address, self.dependencies), options)


@dataclass(frozen=True)
class UnikernelDiskRequest:
    """The disk that a `wasm_unikernel` names, if it names one."""

    address: Address
    field: DiskField
    has_preopen: bool


@dataclass(frozen=True)
class UnikernelDisk:
    """Without a disk: an empty tree and no path."""

    digest: Digest
    path: Optional[str]


@rule(desc="Make a disk", level=LogLevel.DEBUG)
async def make_disk(request: DiskRequest, python: CompilerPython) -> Disk:
    files, mew = await engine.concurrently(
        collected_files(request.files), sources(SourcesRequest(DISK_MAKER))
    )
    result = await engine.run_process(
        Process(
            argv.disk_argv(python.path, request.options, has_files=bool(files.paths)),
            description=f"Make the disk {request.files.address}",
            input_digest=await engine.add_prefix(files.digest, argv.FILES),
            immutable_input_digests={argv.MEW: mew.digest},
            output_files=(request.options.image,),
            env=argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"]),
        )
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise FilesError(with_address(request.files.address, text))
    return Disk(result.output_digest, request.options.image)


def disk(request: DiskRequest) -> Get:
    """Ask for a Disk."""
    return Get(Disk, DiskRequest, request)


@rule(desc="Find the disk of a unikernel", level=LogLevel.DEBUG)
async def find_unikernel_disk(request: UnikernelDiskRequest) -> UnikernelDisk:
    if not request.field.value:
        return UnikernelDisk(await engine.merge_digests([]), None)
    if not request.has_preopen:
        raise FilesError(
            f"{request.address}: `disk` names {request.field.value[0]}, but no preopen shows it.\n"
            '  fix: add one of the kind "disk", such as preopens={"/": "image", "/data": "disk"}.'
        )
    addresses = await engine.parse_addresses(request.field.to_unparsed_address_inputs())
    (target,) = await engine.load_targets(addresses)
    if not DiskFieldSet.is_applicable(target):
        raise FilesError(
            f"{request.address}: the field `disk` names {target.address}, which is a "
            f"`{target.alias}`.\n  fix: name a `fat32_image`."
        )
    made = await disk(DiskFieldSet.create(target).disk_request())
    return UnikernelDisk(made.digest, made.path)


def unikernel_disk(request: UnikernelDiskRequest) -> Get:
    """Ask for a UnikernelDisk."""
    return Get(UnikernelDisk, UnikernelDiskRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
