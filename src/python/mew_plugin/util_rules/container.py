# SPDX-License-Identifier: Apache-2.0
"""Container images: a unikernel's module, files and kernel as one tar file, by a cached process."""
from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Mapping
from typing import Optional
from typing import Tuple

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

from mew.image.options import prelinks
from mew.image.options import repository_fault
from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.container_types import CompressField
from mew_plugin.container_types import ImageArgumentsField
from mew_plugin.container_types import ImageEnvironmentField
from mew_plugin.container_types import ImageFilesField
from mew_plugin.container_types import ImageKernelField
from mew_plugin.container_types import ImageLabelsField
from mew_plugin.container_types import ImageTagsField
from mew_plugin.container_types import PlatformField
from mew_plugin.container_types import PortsField
from mew_plugin.container_types import PrelinkField
from mew_plugin.container_types import RepositoryField
from mew_plugin.container_types import StopSignalField
from mew_plugin.container_types import default_repository
from mew_plugin.errors import CompileError
from mew_plugin.errors import ContainerImageError
from mew_plugin.errors import FilesError
from mew_plugin.errors import with_address
from mew_plugin.util_rules.compiler import Run
from mew_plugin.util_rules.compiler import run_compiler
from mew_plugin.util_rules.files import FilesRequest
from mew_plugin.util_rules.files import collected_files
from mew_plugin.util_rules.image import image
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.module import ModuleRequest
from mew_plugin.util_rules.module import WasmModule
from mew_plugin.util_rules.module import wasm_module
from mew_plugin.util_rules.program import UnikernelFieldSet
from mew_plugin.util_rules.sources import COMPILER
from mew_plugin.util_rules.sources import IMAGE_MAKER
from mew_plugin.util_rules.sources import LINKER
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import TOOLCHAIN_LOCK
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources

# Preopens of these kinds show the files that the kernel embeds.
_KINDS_WITH_FILES = ("image", "overlay")
# What leaves its mark on kernels.
_TOOLS = ("llvmlite", "ziglang")


@dataclass(frozen=True)
class ContainerImageFieldSet(FieldSet):
    """A `wasm_unikernel_image`."""

    required_fields = (ImageKernelField,)

    dependencies: ImageFilesField
    kernel: ImageKernelField
    repository: RepositoryField
    image_tags: ImageTagsField
    platform: PlatformField
    prelink: PrelinkField
    arguments: ImageArgumentsField
    env: ImageEnvironmentField
    labels: ImageLabelsField
    ports: PortsField
    stop_signal: StopSignalField
    compress: CompressField
    output_path: OutputPathField
    environment: EnvironmentField

    def image_path(self) -> str:
        """Return where the image goes below dist/."""
        return self.output_path.value_or_default(file_ending="oci.tar")

    def references(self) -> Tuple[str, ...]:
        """Return the image's names. Raises ContainerImageError when the folder's name is none."""
        repository = self.repository.value or default_repository(self.address)
        fault = repository_fault(repository)
        if fault:
            raise ContainerImageError(
                f"{self.address}: the folder's name gives {fault.split(';')[0]}, which no engine "
                'takes.\n  fix: name the image with `repository`, as in repository="localhost/app".'
            )
        return tuple(f"{repository}:{tag}" for tag in self.image_tags.value or ())

    def has_kernel(self) -> bool:
        """Return whether the image holds the kernel."""
        return prelinks(self.platform.value or "", self.prelink.value)

    def image_options(
        self,
        features: Tuple[str, ...],
        link: argv.LinkOptions,
        toolchain: Tuple[Tuple[str, str], ...],
        key: str,
    ) -> argv.ContainerImageOptions:
        """Return what the process that makes the image is told."""
        return argv.ContainerImageOptions(
            image=os.path.basename(self.image_path()),
            references=self.references(),
            platform=self.platform.value or "",
            arguments=self.arguments.value or (),
            env=tuple((self.env.value or {}).items()),
            labels=tuple(sorted((self.labels.value or {}).items())),
            ports=self.ports.value or (),
            stop_signal=self.stop_signal.value or "",
            is_compressed=bool(self.compress.value),
            features=features,
            link=link,
            toolchain=toolchain,
            key=key,
        )


@dataclass(frozen=True)
class ContainerImageRequest:
    """Make the image of a target."""

    field_set: ContainerImageFieldSet


@dataclass(frozen=True)
class ContainerImage:
    """A tree with the one file `path`."""

    digest: Digest
    path: str


@dataclass(frozen=True)
class BinaryRequest:
    """The binary of a target's module."""

    module: ModuleRequest


def file_prefixes(preopens: Mapping[str, str]) -> Tuple[str, ...]:
    """Return where the program expects its embedded files, as paths in the image.

    A container's root directory takes the place of a preopen `/`.
    """
    return tuple(
        name.strip("/") for name, kind in preopens.items() if kind in _KINDS_WITH_FILES
    )


def pinned_versions(lock: str) -> Tuple[Tuple[str, str], ...]:
    """Return name and version of the tools that make kernels, from a pip lock file."""
    pins = [line.split()[0].split("==") for line in lock.splitlines() if "==" in line]
    return tuple((name, version) for name, version in sorted(pins) if name in _TOOLS)


def kernel_key(*parts: object) -> str:
    """Return the digest that tells a kernel from those made from anything else."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@rule(desc="Make a module binary", level=LogLevel.DEBUG)
async def module_binary(request: BinaryRequest, python: CompilerPython) -> WasmModule:
    module = await wasm_module(request.module)
    if not module.is_text:
        return module
    result = await run_compiler(
        Run(
            argv.binary_argv(python.path, module.path),
            module.digest,
            f"Read {module.path}",
            output_files=(argv.MODULE,),
            reads_text=True,
        ),
        python,
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise CompileError(with_address(request.module.address, text))
    return WasmModule(result.output_digest, argv.MODULE)


def _binary(request: BinaryRequest) -> Get:
    return Get(WasmModule, BinaryRequest, request)


async def _program(field_set: ContainerImageFieldSet) -> UnikernelFieldSet:
    """The program's target. Raises when the field names another kind of target."""
    address = field_set.address
    addresses = await engine.parse_addresses(field_set.kernel.to_unparsed_address_inputs())
    (target,) = await engine.load_targets(addresses)
    if not UnikernelFieldSet.is_applicable(target):
        raise ContainerImageError(
            f"{address}: the field `kernel` names {target.address}, which is a "
            f"`{target.alias}`.\n  fix: name a `wasm_unikernel`."
        )
    program = UnikernelFieldSet.create(target)
    if program.disk.value:
        raise ContainerImageError(
            f"{address}: {target.address} has a disk, and containers have none.\n"
            "  fix: put its files into `dependencies` of the image, and give the kernel of the "
            "image no `disk`."
        )
    return program


async def _files(field_set: ContainerImageFieldSet, program: UnikernelFieldSet) -> Digest:
    """The image's files, as a tree below argv.FILES."""
    request = FilesRequest(program.address, program.dependencies, program.module_request())
    own, embedded = await engine.concurrently(
        collected_files(FilesRequest(field_set.address, field_set.dependencies)),
        collected_files(request),
    )
    prefixes = file_prefixes(program.preopens.value or {}) if embedded.paths else ()
    for prefix in prefixes:
        twice = sorted({f"{prefix}/{path}".strip("/") for path in embedded.paths} & set(own.paths))
        if twice:
            raise FilesError(
                f"{field_set.address}: {twice[0]} is a file of {program.address} too.\n"
                "  fix: remove one of the two dependencies."
            )
    placed = await engine.concurrently(
        engine.add_prefix(embedded.digest, os.path.join(argv.FILES, prefix).rstrip("/"))
        for prefix in prefixes
    )
    here = await engine.add_prefix(own.digest, argv.FILES)
    return await engine.merge_digests([here, *placed])


@rule(desc="Make a container image", level=LogLevel.DEBUG)
async def make_container_image(
    request: ContainerImageRequest, python: CompilerPython
) -> ContainerImage:
    field_set = request.field_set
    program = await _program(field_set)
    module, compiler, linker, lock, mew = await engine.concurrently(
        _binary(BinaryRequest(program.module_request())),
        sources(SourcesRequest(COMPILER)),
        sources(SourcesRequest(LINKER, kernel=True)),
        sources(SourcesRequest(TOOLCHAIN_LOCK)),
        sources(SourcesRequest((*IMAGE_MAKER, *TOOLCHAIN_LOCK))),
    )
    (lock_file,) = await engine.digest_contents(lock.digest)
    files = await _files(field_set, program)
    has_files = bool((await engine.snapshot(files)).files)
    inputs = [module.digest, files]
    kernel: Optional[str] = None
    if field_set.has_kernel():
        built = await image(program.unikernel_request())
        inputs.append(built.digest)
        kernel = built.path
    link = program.unikernel_request().options
    key = kernel_key(
        module.digest.fingerprint, program.compile_options().cpu,
        program.compile_options().optimization_level, link.stack_size, link.preopens,
        link.listeners,
        compiler.digest.fingerprint, linker.digest.fingerprint, lock.digest.fingerprint,
    )
    options = field_set.image_options(
        program.wasi.value or (), link, pinned_versions(lock_file.content.decode()), key
    )
    result = await engine.run_process(
        Process(
            argv.container_image_argv(
                python.path, module.path, options, kernel=kernel, has_files=has_files
            ),
            description=f"Make the container image {field_set.address}",
            input_digest=await engine.merge_digests(inputs),
            immutable_input_digests={argv.MEW: mew.digest},
            output_files=(options.image,),
            env=argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"]),
        )
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise ContainerImageError(with_address(field_set.address, text))
    return ContainerImage(result.output_digest, options.image)


def container_image(request: ContainerImageRequest) -> Get:
    """Ask for a ContainerImage."""
    return Get(ContainerImage, ContainerImageRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
