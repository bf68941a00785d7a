# SPDX-License-Identifier: Apache-2.0
"""`check`: validate modules and their imports, and compile nothing."""
from __future__ import annotations

from pants.core.goals.check import CheckRequest
from pants.core.goals.check import CheckResult
from pants.core.goals.check import CheckResults
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.subsystems import MewSubsystem
from mew_plugin.util_rules.compile import ValidateRequest
from mew_plugin.util_rules.compile import validated
from mew_plugin.util_rules.program import ProgramFieldSet


class ProgramCheckRequest(CheckRequest):
    """Pants' handle of this checker."""

    field_set_type = ProgramFieldSet
    tool_name = MewSubsystem.options_scope


@rule(desc="Check WebAssembly", level=LogLevel.DEBUG)
async def check_programs(request: ProgramCheckRequest, mew: MewSubsystem) -> CheckResults:
    if mew.skip:
        return CheckResults([], checker_name=request.tool_name)
    results = await engine.concurrently(
        validated(ValidateRequest(field_set.module_request(), field_set.compile_options()))
        for field_set in request.field_sets
    )
    refused = [
        CheckResult(result.exit_code, "", result.message, str(field_set.address))
        for field_set, result in zip(request.field_sets, results)
        if result.exit_code != 0
    ]
    # One line says that all is well; each refused module says its own.
    return CheckResults(refused or [CheckResult(0, "", "")], checker_name=request.tool_name)


def rules():
    """Return this module's rules."""
    return [*collect_rules(), UnionRule(CheckRequest, ProgramCheckRequest)]
