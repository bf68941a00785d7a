# SPDX-License-Identifier: Apache-2.0
"""Field sets of the two program targets, and their images: shared by all goals."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping
from typing import Sequence
from typing import Tuple

from pants.core.goals.package import OutputPathField
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.target import FieldSet

from mew.vm.network import Publication
from mew_abi import preopens
from mew_plugin.argv import CompileOptions
from mew_plugin.argv import LinkOptions
from mew_plugin.errors import FilesError
from mew_plugin.errors import NetworkError
from mew_plugin.file_types import DiskField
from mew_plugin.file_types import PreopensField
from mew_plugin.file_types import ProgramDependenciesField
from mew_plugin.network_types import ForwardPortsField
from mew_plugin.network_types import ListenField
from mew_plugin.target_types import CpuField
from mew_plugin.target_types import DebugLinesField
from mew_plugin.target_types import ExecutableSourcesField
from mew_plugin.target_types import MachineField
from mew_plugin.target_types import MemoryField
from mew_plugin.target_types import ModuleSourcesField
from mew_plugin.target_types import OptimizationField
from mew_plugin.target_types import StackSizeField
from mew_plugin.target_types import UnikernelSourcesField
from mew_plugin.target_types import WasiFeaturesField
from mew_plugin.util_rules.compile import CompileRequest
from mew_plugin.util_rules.disk import UnikernelDiskRequest
from mew_plugin.util_rules.files import FilesRequest
from mew_plugin.util_rules.image import ImageRequest
from mew_plugin.util_rules.module import ModuleRequest


def usable_preopens(
    address: object, table: Mapping[str, str], features: Sequence[str]
) -> Tuple[Tuple[str, str], ...]:
    """Return the directories for the image: none where the program cannot use any.

    Raises FilesError when the target asks for directories that its program cannot use.
    """
    if "filesystem" in features:
        return tuple(table.items())
    if table and dict(table) != preopens.DEFAULT:
        raise FilesError(
            f'{address}: `preopens` gives the program directories, but `wasi` does not name '
            '"filesystem".\n  fix: add "filesystem" to `wasi`, or remove `preopens`.'
        )
    return ()


def usable_listeners(
    address: object, listeners: Sequence[str], features: Sequence[str]
) -> Tuple[str, ...]:
    """Return the sockets that the program starts with.

    Raises NetworkError when it could not use them.
    """
    if listeners and "sockets" not in features:
        raise NetworkError(
            f"{address}: `listen` gives the program the socket {listeners[0]!r}, but `wasi` does "
            'not name "sockets".\n  fix: add "sockets" to `wasi`, or remove `listen`.'
        )
    return tuple(listeners)


@dataclass(frozen=True)
class ProgramFieldSet(FieldSet):
    """What decides the object of either target."""

    required_fields = (ModuleSourcesField,)

    sources: ModuleSourcesField
    dependencies: ProgramDependenciesField
    wasi: WasiFeaturesField
    cpu: CpuField
    optimization: OptimizationField
    debug_lines: DebugLinesField
    stack_size: StackSizeField
    environment: EnvironmentField

    def compile_options(self) -> CompileOptions:
        """Return the compiler's switches."""
        return CompileOptions(
            cpu=self.cpu.value or "",
            optimization_level=int(self.optimization.value or 0),
            features=self.wasi.value or (),
            debug_lines=bool(self.debug_lines.value),
        )

    def module_request(self) -> ModuleRequest:
        """Return the request for the target's one module."""
        return ModuleRequest(self.address, self.sources, self.dependencies)

    def compile_request(self) -> CompileRequest:
        """Return the request for the object, which is the same for all systems."""
        return CompileRequest(self.module_request(), self.compile_options())


@dataclass(frozen=True)
class UnikernelFieldSet(ProgramFieldSet):
    """A `wasm_unikernel`."""

    required_fields = (UnikernelSourcesField,)

    output_path: OutputPathField
    preopens: PreopensField
    disk: DiskField
    listen: ListenField
    forward_ports: ForwardPortsField
    memory: MemoryField
    machine: MachineField

    def unikernel_path(self) -> str:
        """Return where the image goes below dist/."""
        return self.output_path.value_or_default(file_ending="elf")

    def unikernel_request(self) -> ImageRequest:
        """Return the request for the bootable image."""
        features = self.wasi.value or ()
        options = LinkOptions(
            system="kernel",
            image=os.path.basename(self.unikernel_path()),
            stack_size=self.stack_size.value,
            preopens=usable_preopens(self.address, self.preopens.value or {}, features),
            listeners=usable_listeners(self.address, self.listen.value or (), features),
        )
        files = FilesRequest(self.address, self.dependencies, self.module_request())
        return ImageRequest(self.compile_request(), options, files)

    def publications(self) -> Tuple[Publication, ...]:
        """Return the ports of this host that lead to the program in `run`."""
        return self.forward_ports.publications(self.listen.listeners())

    def tested_publications(self) -> Tuple[str, ...]:
        """Return what publishes each of the program's ports at a free port of this host."""
        listened = {(one.protocol, one.port) for one in self.listen.listeners()}
        forwarded = {(one.protocol, one.guest_port) for one in self.publications()}
        return tuple(
            Publication(0, port, protocol).text() for protocol, port in sorted(listened | forwarded)
        )

    def uses_network(self) -> bool:
        """Whether a machine without a network would be of no use."""
        return "sockets" in (self.wasi.value or ())

    def disk_request(self) -> UnikernelDiskRequest:
        """Return the request for the disk that the target names, if it names one."""
        has_preopen = "disk" in (self.preopens.value or {}).values()
        return UnikernelDiskRequest(self.address, self.disk, has_preopen)


@dataclass(frozen=True)
class ExecutableFieldSet(ProgramFieldSet):
    """A `wasm_executable`."""

    required_fields = (ExecutableSourcesField,)

    output_path: OutputPathField

    def executable_path(self) -> str:
        """Return where the executable goes below dist/."""
        return self.output_path.value_or_default(file_ending=None)

    def executable_request(self) -> ImageRequest:
        """Return the request for the Linux executable."""
        options = LinkOptions(
            system="linux",
            image=os.path.basename(self.executable_path()),
            stack_size=self.stack_size.value,
        )
        return ImageRequest(self.compile_request(), options)
