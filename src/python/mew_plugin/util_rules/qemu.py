# SPDX-License-Identifier: Apache-2.0
"""QEMU on this machine: found, never installed."""
from __future__ import annotations

from dataclasses import dataclass

from pants.core.util_rules.system_binaries import BinaryPathRequest
from pants.core.util_rules.system_binaries import BinaryPathTest
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.errors import MissingToolError
from mew_plugin.subsystems import QemuSubsystem


@dataclass(frozen=True)
class Qemu:
    """Path of QEMU, and what identifies its version in cache keys."""

    path: str
    fingerprint: str


@rule(desc="Find QEMU", level=LogLevel.DEBUG)
async def find_qemu(options: QemuSubsystem) -> Qemu:
    found = await engine.find_binaries(
        BinaryPathRequest(
            binary_name=options.binary,
            search_path=options.search_path,
            check_file_entries=True,
            test=BinaryPathTest(["--version"]),
        )
    )
    if not found.first_path:
        raise MissingToolError(
            f"`{options.binary}`, which boots unikernels, was not found in "
            f"{', '.join(options.search_path)}.\n"
            "  fix: install QEMU (`apt-get install qemu-system-x86`), or set "
            "`[mew-qemu].search_path` to the directory that has it."
        )
    return Qemu(found.first_path.path, found.first_path.fingerprint)


def rules():
    """Return this module's rules."""
    return collect_rules()
