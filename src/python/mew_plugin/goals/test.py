# SPDX-License-Identifier: Apache-2.0
"""`test`: boot an image and compare how it ends, or run pytest files that talk to it."""
from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.test import TestFieldSet
from pants.core.goals.test import TestRequest
from pants.core.goals.test import TestResult
from pants.core.goals.test import TestSubsystem
from pants.core.util_rules.environments import EnvironmentField
from pants.engine.process import Process
from pants.engine.process import ProcessCacheScope
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.errors import FilesError
from mew_plugin.errors import ModuleError
from mew_plugin.subsystems import MewSubsystem
from mew_plugin.subsystems import QemuSubsystem
from mew_plugin.target_types import DEFAULT_MACHINE
from mew_plugin.target_types import DEFAULT_MEMORY_MIB
from mew_plugin.unikernel_test_types import ExpectedExitCodeField
from mew_plugin.unikernel_test_types import ExpectedStderrField
from mew_plugin.unikernel_test_types import ExpectedStdoutField
from mew_plugin.unikernel_test_types import KernelField
from mew_plugin.unikernel_test_types import TestArgumentsField
from mew_plugin.unikernel_test_types import TestEnvironmentField
from mew_plugin.unikernel_test_types import TestMachineField
from mew_plugin.unikernel_test_types import TestMemoryField
from mew_plugin.unikernel_test_types import TestTimeoutField
from mew_plugin.unikernel_test_types import UnikernelTestDependenciesField
from mew_plugin.unikernel_test_types import UnikernelTestSourcesField
from mew_plugin.util_rules.disk import UnikernelDisk
from mew_plugin.util_rules.disk import unikernel_disk
from mew_plugin.util_rules.image import image
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.program import UnikernelFieldSet
from mew_plugin.util_rules.qemu import Qemu
from mew_plugin.util_rules.runner import RunnerRequest
from mew_plugin.util_rules.runner import runner
from mew_plugin.util_rules.tested_run import ExpectRequest
from mew_plugin.util_rules.tested_run import PytestRequest
from mew_plugin.util_rules.tested_run import TestedBoot
from mew_plugin.util_rules.tested_run import expect_run
from mew_plugin.util_rules.tested_run import pytest_run
from mew_plugin.util_rules.tested_run import to_json


@dataclass(frozen=True)
class UnikernelTestFieldSet(TestFieldSet):
    """A `wasm_unikernel_test`."""

    required_fields = (KernelField,)

    kernel: KernelField
    sources: UnikernelTestSourcesField
    dependencies: UnikernelTestDependenciesField
    arguments: TestArgumentsField
    program_environment: TestEnvironmentField
    stdout: ExpectedStdoutField
    stderr: ExpectedStderrField
    exit_code: ExpectedExitCodeField
    timeout: TestTimeoutField
    memory: TestMemoryField
    machine: TestMachineField
    environment: EnvironmentField

    def expectations(self) -> bytes:
        """Return what `scripts/expect.py` compares with, as JSON."""
        content = argv.expectations(
            stdout=self.stdout.value,
            stderr_contains=self.stderr.value or (),
            exit_code=int(self.exit_code.value or 0),
        )
        return to_json(content)

    def has_pytest_files(self) -> bool:
        """Whether tests talk to the machine. Raises FilesError when the fields contradict."""
        expected = (self.stdout, self.stderr, self.exit_code)
        given = [field.alias for field in expected if field.value != field.default]
        if self.sources.value and given:
            raise FilesError(
                f"{self.address}: `sources` and `{given[0]}`.\n  fix: with `sources` the tests "
                "compare: assert on `unikernel.output`, `unikernel.error_output` and "
                "`unikernel.stop()`, and remove the field."
            )
        return bool(self.sources.value)

    def boot_options(
        self, kernel: UnikernelFieldSet, disk: UnikernelDisk, qemu: str, accelerator: str
    ) -> argv.BootOptions:
        """Return the machine: the test's own fields, else those of the image."""
        return argv.BootOptions(
            machine=self.machine.value or kernel.machine.value or DEFAULT_MACHINE,
            memory_mib=self.memory.value or kernel.memory.value or DEFAULT_MEMORY_MIB,
            accelerator=accelerator,
            qemu=qemu,
            timeout_s=self.timeout.value,
            env=tuple(sorted((self.program_environment.value or {}).items())),
            disk=disk.path,
            publish=kernel.tested_publications() if self.has_pytest_files() else (),
            has_network=kernel.uses_network(),
        )


class UnikernelTestRequest(TestRequest):
    """Pants' handle of this kind of test."""

    tool_subsystem = MewSubsystem
    field_set_type = UnikernelTestFieldSet


async def _kernel_under_test(field_set: UnikernelTestFieldSet) -> UnikernelFieldSet:
    addresses = await engine.parse_addresses(field_set.kernel.to_unparsed_address_inputs())
    targets = await engine.load_targets(addresses)
    (target,) = targets
    if not UnikernelFieldSet.is_applicable(target):
        raise ModuleError(
            f"{field_set.address}: the field `kernel` names {target.address}, which is a "
            f"`{target.alias}`.\n  fix: name a `wasm_unikernel`."
        )
    return UnikernelFieldSet.create(target)


@rule(desc="Test a unikernel", level=LogLevel.DEBUG)
async def run_unikernel_test(
    batch: UnikernelTestRequest.Batch[UnikernelTestFieldSet, None],
    python: CompilerPython,
    qemu: Qemu,
    options: QemuSubsystem,
    test: TestSubsystem,
) -> TestResult:
    field_set = batch.single_element
    kernel = await _kernel_under_test(field_set)
    built, disk, tools = await engine.concurrently(
        image(kernel.unikernel_request()),
        unikernel_disk(kernel.disk_request()),
        runner(RunnerRequest(bool(kernel.debug_lines.value), field_set.has_pytest_files())),
    )
    boot = TestedBoot(
        field_set.address,
        built.path,
        field_set.boot_options(kernel, disk, qemu.path, options.accelerator),
        field_set.arguments.value or (),
        report=f"{field_set.address.path_safe_spec}.xml",
    )
    if field_set.has_pytest_files():
        run = await pytest_run(PytestRequest(boot, field_set.sources, field_set.dependencies))
    else:
        run = await expect_run(ExpectRequest(boot, field_set.expectations()))
    result = await engine.run_process(
        Process(
            run.command,
            description=f"Boot {kernel.address} for {field_set.address}",
            level=LogLevel.DEBUG,
            input_digest=await engine.merge_digests([built.digest, disk.digest, run.digest]),
            immutable_input_digests=tools.trees,
            output_files=(boot.report,),
            env={
                **argv.python_environment(python.fingerprint, tools.roots),
                "MEW_QEMU": qemu.fingerprint,
            },
            timeout_seconds=run.timeout_s,
            cache_scope=(
                ProcessCacheScope.PER_SESSION if test.force else ProcessCacheScope.SUCCESSFUL
            ),
        )
    )
    return TestResult.from_fallible_process_result(
        result,
        address=field_set.address,
        output_setting=test.output,
        xml_results=await engine.snapshot(result.output_digest),
    )


def rules():
    """Return this module's rules."""
    return [*collect_rules(), *UnikernelTestRequest.rules()]
