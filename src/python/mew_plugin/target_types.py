# SPDX-License-Identifier: Apache-2.0
"""Target types and their fields; bad values are refused here, with the address and the fix."""
from __future__ import annotations

from typing import Iterable
from typing import Optional
from typing import Tuple

from pants.core.goals.package import OutputPathField
from pants.core.goals.run import RestartableField
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.addresses import Address
from pants.engine.target import COMMON_TARGET_FIELDS
from pants.engine.target import BoolField
from pants.engine.target import Dependencies
from pants.engine.target import IntField
from pants.engine.target import InvalidFieldException
from pants.engine.target import MultipleSourcesField
from pants.engine.target import StringField
from pants.engine.target import StringSequenceField
from pants.engine.target import Target
from pants.util.strutil import help_text

from mew.vm.machine import MACHINES
from mew.vm.machine import MEMORY_MIB_MIN
from mew_abi import layout
from mew_abi import wasi
from mew_plugin.file_types import DiskField
from mew_plugin.file_types import PreopensField
from mew_plugin.file_types import ProgramDependenciesField
from mew_plugin.network_types import ForwardPortsField
from mew_plugin.network_types import ListenField

MODULE_SUFFIXES = (".wasm", ".wat")
CPU_LEVELS = ("x86-64-v1", "x86-64-v2", "x86-64-v3")
OPTIMIZATION_LEVELS = (0, 1, 2, 3)
DEFAULT_MEMORY_MIB = 128
DEFAULT_MACHINE = "microvm"

_FEATURE_LIST = "; ".join(f'"{name}": {text}' for name, text in wasi.FEATURES.items())


class ModuleSourcesField(MultipleSourcesField):
    """At most one module; the others ways to give one are dependencies."""

    alias = "sources"
    expected_file_extensions = MODULE_SUFFIXES
    expected_num_files = range(0, 2)
    uses_source_roots = False
    help = help_text(
        """
        The program: one WebAssembly module, as a binary (`.wasm`) or as text (`.wat`).

        Leave it out when a dependency makes the module: a `wasi_module`, or a `shell_command`,
        `adhoc_tool` or other code generator with a `.wasm` file among its outputs.
        """
    )


class UnikernelSourcesField(ModuleSourcesField):
    """Tells a unikernel from an executable."""


class ExecutableSourcesField(ModuleSourcesField):
    """Tells an executable from a unikernel."""


class WasiFeaturesField(StringSequenceField):
    """WASI feature sets, in the order of the table, without repetition."""

    alias = "wasi"
    default = wasi.DEFAULT_FEATURES
    help = help_text(
        f"""
        WASI feature sets that the program may use; an import of any other is a build error, and
        the image holds no code for it. There are: {_FEATURE_LIST}.
        """
    )

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Refuse names that do not exist; bring the rest into one order for the cache's sake."""
        names = super().compute_value(raw_value, address) or ()
        for name in names:
            if name not in wasi.FEATURES:
                known = ", ".join(repr(feature) for feature in wasi.FEATURES)
                raise InvalidFieldException(
                    f"The {cls.alias!r} field in target {address} names the feature set {name!r}, "
                    f"which does not exist. Use some of {known}."
                )
        return tuple(name for name in wasi.FEATURES if name in names)


class CpuField(StringField):
    """Instruction set of the object."""

    alias = "cpu"
    default = "x86-64-v2"
    valid_choices = CPU_LEVELS
    help = help_text(
        """
        The oldest CPU that the program has to run on, as a psABI level. The system checks it
        before the program starts. `x86-64-v3` adds AVX2 and is often faster.
        """
    )


class OptimizationField(IntField):
    """LLVM's -O level."""

    alias = "opt_level"
    default = 2
    help = "How hard LLVM optimises, 0 to 3."

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Optional[int]:
        """Refuse levels that LLVM does not have."""
        value = super().compute_value(raw_value, address)
        if value not in OPTIMIZATION_LEVELS:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} is {value!r}. "
                f"Use one of {', '.join(map(str, OPTIMIZATION_LEVELS))}."
            )
        return value


class DebugLinesField(BoolField):
    """DWARF line tables."""

    alias = "debug_lines"
    default = False
    help = help_text(
        """
        Whether the image names source files and lines, for gdb and other tools. The module has to
        have them: compile it with `-g`; a `wasi_module` has `debug=True` for that. The code is the
        same either way.
        """
    )


class StackSizeField(IntField):
    """Bytes of the native stack."""

    alias = "stack_size"
    help = help_text(
        f"""
        Size of the program's native stack in bytes, a multiple of {layout.STACK_SIZE_UNIT}. It
        holds the frames of WebAssembly functions; a program that exceeds it ends with the trap
        "call stack exhausted". Variables whose address a C program takes are not there but in
        linear memory, on a stack that `-Wl,-z,stack-size=...` sizes. By default a unikernel has
        {layout.DEFAULT_STACK_SIZE >> 20} MiB, an executable 8 MiB.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Optional[int]:
        """Refuse sizes that cannot be linked."""
        value = super().compute_value(raw_value, address)
        wrong = "" if value is None else layout.stack_size_fault(value)
        if wrong:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} asks for {wrong}."
            )
        return value


class MemoryField(IntField):
    """RAM of the VM in MiB."""

    alias = "memory_mib"
    default = DEFAULT_MEMORY_MIB
    help = help_text(
        """
        RAM of the virtual machine, in MiB, for the goals `run` and `test`. Linear memory grows
        until it is used up; then `memory.grow` fails as the specification says.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Optional[int]:
        """Refuse what no kernel boots in."""
        value = super().compute_value(raw_value, address)
        if value is not None and value < MEMORY_MIB_MIN:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} is {value}. "
                f"Give the machine at least {MEMORY_MIB_MIN} MiB."
            )
        return value


class MachineField(StringField):
    """QEMU machine type."""

    alias = "machine"
    default = DEFAULT_MACHINE
    valid_choices = tuple(MACHINES)
    help = "QEMU's machine type for the goals `run` and `test`. `microvm` starts fastest."


_PROGRAM_FIELDS = (
    *COMMON_TARGET_FIELDS,
    ProgramDependenciesField,
    WasiFeaturesField,
    CpuField,
    OptimizationField,
    DebugLinesField,
    StackSizeField,
    OutputPathField,
    RestartableField,
    EnvironmentField,
)


class WasmUnikernelTarget(Target):
    """A bootable image."""

    alias = "wasm_unikernel"
    core_fields = (
        *_PROGRAM_FIELDS,
        UnikernelSourcesField,
        PreopensField,
        DiskField,
        ListenField,
        ForwardPortsField,
        MemoryField,
        MachineField,
    )
    help = help_text(
        """
        A WebAssembly program as a unikernel: an ELF file that a virtual machine boots.

        `package` writes the image, `run` boots it and passes arguments, streams and the exit code
        through, `check` validates the module and its imports.
        """
    )


class WasmExecutableTarget(Target):
    """A Linux executable."""

    alias = "wasm_executable"
    core_fields = (*_PROGRAM_FIELDS, ExecutableSourcesField)
    help = help_text(
        """
        A WebAssembly program as a static Linux executable for x86-64.

        It is linked from the same object bytes as a `wasm_unikernel` with the same fields. Its
        directories are those of the host that the variable MEW_PREOPENS names when it starts:
        `NAME=PATH` pairs with colons between; its listening sockets those of MEW_LISTEN, such as
        `tcp:8080`, with commas between.
        """
    )


class NativeSourcesField(MultipleSourcesField):
    """C, C++ and Zig sources."""

    alias = "sources"
    required = True
    uses_source_roots = False
    expected_file_extensions = (
        ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".inc", ".zig",
    )  # fmt: skip
    help = help_text(
        """
        C and C++ sources and their headers; or Zig sources, of which `main.zig` (or the only one)
        is the root. Headers are found relative to the file that includes them.
        """
    )


class NativeDependenciesField(Dependencies):
    """Further files for the compiler."""

    help = "Targets whose files (`files`, other `wasi_module` headers) the compiler needs to see."


class CompilerOptionsField(StringSequenceField):
    """Compiler flags."""

    alias = "copts"
    default = ()
    help = "Options of the C, C++ or Zig compiler, after `-O2` (C, C++) or `-O safe` (Zig)."


class LinkerOptionsField(StringSequenceField):
    """Linker flags."""

    alias = "linkopts"
    default = ()
    help = "Options of the link, such as `-lm` or `-Wl,--stack,65536`."


class DebugField(BoolField):
    """DWARF in the module."""

    alias = "debug"
    default = False
    help = help_text(
        """
        Whether the module holds debug information, so that a `wasm_unikernel` or `wasm_executable`
        with `debug_lines=True` can name source files and lines.
        """
    )


class WasiModuleTarget(Target):
    """A module from C, C++ or Zig."""

    alias = "wasi_module"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        NativeSourcesField,
        NativeDependenciesField,
        CompilerOptionsField,
        LinkerOptionsField,
        DebugField,
        EnvironmentField,
    )
    help = help_text(
        """
        A WebAssembly module compiled from C, C++ or Zig with the pinned Zig toolchain, for WASI
        preview1. Name it in the `dependencies` of a `wasm_unikernel` or `wasm_executable`.
        """
    )
