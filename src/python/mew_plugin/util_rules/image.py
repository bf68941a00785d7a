# SPDX-License-Identifier: Apache-2.0
"""Object and system to image. A system (kernel or Linux host) is compiled once per feature list."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable
from typing import Optional
from typing import Sequence
from typing import Tuple

from pants.engine.addresses import Address
from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.engine.rules import Get
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import FilesError
from mew_plugin.errors import LinkError
from mew_plugin.errors import with_address
from mew_plugin.util_rules.compile import CompileRequest
from mew_plugin.util_rules.compile import program_object
from mew_plugin.util_rules.files import FilesRequest
from mew_plugin.util_rules.files import collected_files
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.sources import KERNEL_ROOT
from mew_plugin.util_rules.sources import LINKER
from mew_plugin.util_rules.sources import PYTHON_ROOT
from mew_plugin.util_rules.sources import SourcesRequest
from mew_plugin.util_rules.sources import sources
from mew_plugin.util_rules.toolchain import ToolRequest
from mew_plugin.util_rules.toolchain import tool


@dataclass(frozen=True)
class SystemRequest:
    """A system by name, with the WASI feature sets that it has to offer."""

    name: str
    features: Tuple[str, ...]


@dataclass(frozen=True)
class System:
    """A directory `argv.SYSTEM_OBJECTS` with what a program is linked with."""

    digest: Digest


@dataclass(frozen=True)
class ImageRequest:
    """Link a target's program with a system, and with its files if it embeds any."""

    program: CompileRequest
    options: argv.LinkOptions
    files: Optional[FilesRequest] = None

    @property
    def address(self) -> Address:
        """The target that is built."""
        return self.program.module.address


@dataclass(frozen=True)
class Image:
    """A tree with the one file `path`."""

    digest: Digest
    path: str


def require_feature(address: object, paths: Sequence[str], features: Iterable[str]) -> None:
    """Raise FilesError when the program could not read the files that it is given."""
    if paths and "filesystem" not in features:
        raise FilesError(
            f"{address}: the dependencies give the image {len(paths)} files ({paths[0]}, ...), "
            'but `wasi` does not name "filesystem", so the program could not read them.\n'
            '  fix: add "filesystem" to `wasi`, or remove the dependency.'
        )


def _system(request: SystemRequest) -> Get:
    return Get(System, SystemRequest, request)


@rule(desc="Compile a system", level=LogLevel.DEBUG)
async def build_system(request: SystemRequest, python: CompilerPython) -> System:
    mew = await sources(SourcesRequest(LINKER, kernel=True))
    zig = await tool(ToolRequest("ziglang"))
    result = await engine.run_process(
        Process(
            argv.build_system_argv(
                python.path, request.name, f"{argv.MEW}/{KERNEL_ROOT}", request.features
            ),
            description=f"Compile the system `{request.name}` ({', '.join(request.features)})",
            immutable_input_digests={argv.MEW: mew.digest, argv.ZIG: zig.digest},
            output_directories=(argv.SYSTEM_OBJECTS,),
            env=argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"]),
        )
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise LinkError(with_address(f"system `{request.name}`", text))
    return System(result.output_digest)


@rule(desc="Link an image", level=LogLevel.DEBUG)
async def link_image(request: ImageRequest, python: CompilerPython) -> Image:
    program, system, mew, zig = await engine.concurrently(
        program_object(request.program),
        _system(SystemRequest(request.options.system, request.program.options.features)),
        sources(SourcesRequest(LINKER)),
        tool(ToolRequest("ziglang")),
    )
    trees = [program.digest, system.digest]
    has_files = False
    if request.files is not None:
        files = await collected_files(request.files)
        require_feature(request.address, files.paths, request.program.options.features)
        has_files = bool(files.paths)
        trees.append(await engine.add_prefix(files.digest, argv.FILES))
    inputs = await engine.merge_digests(trees)
    result = await engine.run_process(
        Process(
            argv.link_argv(
                python.path, request.options, has_files=has_files, objects=program.paths
            ),
            description=f"Link {request.address}",
            input_digest=inputs,
            immutable_input_digests={argv.MEW: mew.digest, argv.ZIG: zig.digest},
            output_files=(request.options.image,),
            env=argv.python_environment(python.fingerprint, [f"{argv.MEW}/{PYTHON_ROOT}"]),
        )
    )
    if result.exit_code != 0:
        text = result.stderr.decode(errors="replace")
        raise LinkError(with_address(request.address, text))
    return Image(result.output_digest, request.options.image)


def image(request: ImageRequest) -> Get:
    """Ask for an Image."""
    return Get(Image, ImageRequest, request)


def rules():
    """Return this module's rules."""
    return collect_rules()
