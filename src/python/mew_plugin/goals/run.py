# SPDX-License-Identifier: Apache-2.0
"""`run`: boot the image, or start the executable; arguments, streams and exit code pass through."""
from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.run import RunFieldSet
from pants.core.goals.run import RunInSandboxBehavior
from pants.core.goals.run import RunRequest
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import argv
from mew_plugin import engine
from mew_plugin.subsystems import QemuSubsystem
from mew_plugin.util_rules.disk import unikernel_disk
from mew_plugin.util_rules.image import image
from mew_plugin.util_rules.interpreter import CompilerPython
from mew_plugin.util_rules.program import ExecutableFieldSet
from mew_plugin.util_rules.program import UnikernelFieldSet
from mew_plugin.util_rules.qemu import Qemu
from mew_plugin.util_rules.runner import RunnerRequest
from mew_plugin.util_rules.runner import runner

# Pants replaces it by the sandbox's absolute path: `run` starts in the user's directory.
_SANDBOX = "{chroot}/"


@dataclass(frozen=True)
class RunUnikernelFieldSet(UnikernelFieldSet, RunFieldSet):
    """A `wasm_unikernel` to boot."""

    run_in_sandbox_behavior = RunInSandboxBehavior.RUN_REQUEST_NOT_HERMETIC


@dataclass(frozen=True)
class RunExecutableFieldSet(ExecutableFieldSet, RunFieldSet):
    """A `wasm_executable` to start."""

    run_in_sandbox_behavior = RunInSandboxBehavior.RUN_REQUEST_HERMETIC


@rule(desc="Prepare to boot a unikernel", level=LogLevel.DEBUG)
async def run_unikernel(
    field_set: RunUnikernelFieldSet, python: CompilerPython, qemu: Qemu, options: QemuSubsystem
) -> RunRequest:
    built, disk, tools = await engine.concurrently(
        image(field_set.unikernel_request()),
        unikernel_disk(field_set.disk_request()),
        runner(RunnerRequest(bool(field_set.debug_lines.value))),
    )
    boot = argv.BootOptions(
        machine=field_set.machine.value or "",
        memory_mib=int(field_set.memory.value or 0),
        accelerator=options.accelerator,
        qemu=qemu.path,
        disk=None if disk.path is None else _SANDBOX + disk.path,
        publish=tuple(ports.text() for ports in field_set.publications()),
        has_network=field_set.uses_network(),
    )
    return RunRequest(
        digest=await engine.merge_digests([built.digest, disk.digest]),
        args=argv.interactive_boot_argv(python.path, _SANDBOX + built.path, boot),
        extra_env=argv.python_environment(python.fingerprint, tools.roots, prefix=_SANDBOX),
        immutable_input_digests=tools.trees,
    )


@rule(desc="Prepare to start a Linux executable", level=LogLevel.DEBUG)
async def run_executable(field_set: RunExecutableFieldSet) -> RunRequest:
    built = await image(field_set.executable_request())
    return RunRequest(digest=built.digest, args=(_SANDBOX + built.path,))


def rules():
    """Return this module's rules."""
    return [*collect_rules(), *RunUnikernelFieldSet.rules(), *RunExecutableFieldSet.rules()]
