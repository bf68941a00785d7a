# SPDX-License-Identifier: Apache-2.0
"""Field sets of the two program targets, and their images: shared by all goals."""
from __future__ import annotations

import os
from dataclasses import dataclass

from pants.core.goals.package import OutputPathField
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.target import FieldSet

from mew_plugin.argv import CompileOptions
from mew_plugin.target_types import CpuField
from mew_plugin.target_types import ExecutableSourcesField
from mew_plugin.target_types import MachineField
from mew_plugin.target_types import MemoryField
from mew_plugin.target_types import ModuleDependenciesField
from mew_plugin.target_types import ModuleSourcesField
from mew_plugin.target_types import OptimizationField
from mew_plugin.target_types import UnikernelSourcesField
from mew_plugin.target_types import WasiFeaturesField
from mew_plugin.util_rules.compile import CompileRequest
from mew_plugin.util_rules.image import ImageRequest
from mew_plugin.util_rules.module import ModuleRequest


@dataclass(frozen=True)
class ProgramFieldSet(FieldSet):
    """What decides the object of either target."""

    required_fields = (ModuleSourcesField,)

    sources: ModuleSourcesField
    dependencies: ModuleDependenciesField
    wasi: WasiFeaturesField
    cpu: CpuField
    optimization: OptimizationField
    environment: EnvironmentField

    def compile_options(self) -> CompileOptions:
        """Return the compiler's switches."""
        return CompileOptions(
            cpu=self.cpu.value or "",
            optimization_level=int(self.optimization.value or 0),
            features=self.wasi.value or (),
        )

    def module_request(self) -> ModuleRequest:
        """Return the request for the target's one module."""
        return ModuleRequest(self.address, self.sources, self.dependencies)

    def image_request(self, system: str, file_name: str) -> ImageRequest:
        """Return the request for the image with one of the systems."""
        program = CompileRequest(self.module_request(), self.compile_options())
        return ImageRequest(program, system=system, image=file_name)


@dataclass(frozen=True)
class UnikernelFieldSet(ProgramFieldSet):
    """A `wasm_unikernel`."""

    required_fields = (UnikernelSourcesField,)

    output_path: OutputPathField
    memory: MemoryField
    machine: MachineField

    def unikernel_path(self) -> str:
        """Return where the image goes below dist/."""
        return self.output_path.value_or_default(file_ending="elf")

    def unikernel_request(self) -> ImageRequest:
        """Return the request for the bootable image."""
        return self.image_request("kernel", os.path.basename(self.unikernel_path()))


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
        return self.image_request("linux", os.path.basename(self.executable_path()))
