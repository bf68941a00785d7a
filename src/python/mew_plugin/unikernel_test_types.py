# SPDX-License-Identifier: Apache-2.0
"""The target `wasm_unikernel_test` and its fields."""
from __future__ import annotations

from typing import Optional

from pants.core.util_rules.environments import EnvironmentField
from pants.engine.addresses import Address
from pants.engine.target import COMMON_TARGET_FIELDS
from pants.engine.target import Dependencies
from pants.engine.target import DictStringToStringField
from pants.engine.target import IntField
from pants.engine.target import InvalidFieldException
from pants.engine.target import MultipleSourcesField
from pants.engine.target import StringField
from pants.engine.target import StringSequenceField
from pants.engine.target import Target
from pants.util.strutil import help_text

from mew_plugin.single_address import SingleAddressField
from mew_plugin.target_types import MachineField
from mew_plugin.target_types import MemoryField

DEFAULT_TIMEOUT_S = 60


class KernelField(SingleAddressField):
    """The image under test."""

    alias = "kernel"
    required = True
    help = help_text("The `wasm_unikernel` to boot, for example `:kernel`.")


class TestArgumentsField(StringSequenceField):
    """Program arguments after argv[0]."""

    alias = "args"
    default = ()
    help = "Arguments of the program, after its own name."


class TestEnvironmentField(DictStringToStringField):
    """Environment of the program."""

    alias = "env"
    help = "Environment variables of the program. It sees no others."


class ExpectedStdoutField(StringField):
    """Whole standard output."""

    alias = "expect_stdout"
    help = "What the program has to write to standard output, exactly. Left out: anything."


class ExpectedStderrField(StringSequenceField):
    """Parts of standard error."""

    alias = "expect_stderr_contains"
    default = ()
    help = "Texts that have to appear in standard error, such as a trap's name."


class ExpectedExitCodeField(IntField):
    """Exit code of the run."""

    alias = "expect_exit_code"
    default = 0
    help = help_text(
        """
        The exit code that the run has to end with: the program's own, or 134 for a trap.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Optional[int]:
        """Refuse what no process can exit with."""
        value = super().compute_value(raw_value, address)
        if value is not None and not 0 <= value <= 255:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} is {value}. "
                "Use a number from 0 to 255: that is all a process can exit with."
            )
        return value


class TestTimeoutField(IntField):
    """Longest run."""

    alias = "timeout"
    default = DEFAULT_TIMEOUT_S
    help = "Seconds after which the virtual machine is stopped and the test fails."

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Optional[int]:
        """Refuse limits that nothing can keep."""
        value = super().compute_value(raw_value, address)
        if value is not None and value < 1:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} is {value}. Give at least 1 second."
            )
        return value


class TestMemoryField(MemoryField):
    """RAM of the VM, if not the image's."""

    default = None
    help = "RAM of the virtual machine in MiB, if it is to differ from the image's `memory_mib`."


class TestMachineField(MachineField):
    """Machine type, if not the image's."""

    default = None
    help = "QEMU's machine type, if it is to differ from the image's `machine`."


class UnikernelTestSourcesField(MultipleSourcesField):
    """Tests that talk to the machine."""

    alias = "sources"
    expected_file_extensions = (".py",)
    uses_source_roots = False
    help = help_text(
        """
        Pytest files, and modules that they import. The fixture `unikernel` boots the image, once
        for all tests of this target: `unikernel.url(8080, "/path")` and `unikernel.port(8080)`
        lead to the program's ports, `unikernel.output` is what it has written, `unikernel.stop()`
        ends it. Files named `test_*.py` and `*_test.py` hold tests. They can import pytest and
        Python's own modules. Left out: the machine runs to its end, which the `expect_*` fields
        are about.
        """
    )


class UnikernelTestDependenciesField(Dependencies):
    """Further files for the tests."""

    help = "Targets whose files the tests in `sources` read, by their paths from the build root."


class WasmUnikernelTestTarget(Target):
    """One boot and its expected end, or tests of what it does meanwhile."""

    alias = "wasm_unikernel_test"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        UnikernelTestDependenciesField,
        UnikernelTestSourcesField,
        KernelField,
        TestArgumentsField,
        TestEnvironmentField,
        ExpectedStdoutField,
        ExpectedStderrField,
        ExpectedExitCodeField,
        TestTimeoutField,
        TestMemoryField,
        TestMachineField,
        EnvironmentField,
    )
    help = help_text(
        """
        Boots a `wasm_unikernel` in a virtual machine and compares how it ends; or, with `sources`,
        runs pytest files that talk to it.

        A success is cached until the image, the expectations or QEMU change.
        """
    )
