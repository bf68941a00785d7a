# SPDX-License-Identifier: Apache-2.0
"""`tailor`: a `wasm_unikernel` for each module that has no target yet."""
from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import Dict
from typing import Iterable
from typing import List
from typing import Tuple

from pants.core.goals.tailor import AllOwnedSources
from pants.core.goals.tailor import PutativeTarget
from pants.core.goals.tailor import PutativeTargets
from pants.core.goals.tailor import PutativeTargetsRequest
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.subsystems import MewSubsystem
from mew_plugin.target_types import MODULE_SUFFIXES
from mew_plugin.target_types import WasmUnikernelTarget


@dataclass(frozen=True)
class PutativeUnikernelsRequest(PutativeTargetsRequest):
    """Directories to look for modules in."""


def unikernel_names(paths: Iterable[str]) -> Dict[str, str]:
    """Return a target name for each module: its stem, or its file name where two share a stem."""
    by_place: Dict[Tuple[str, str], List[str]] = defaultdict(list)
    for path in sorted(paths):
        directory, file_name = os.path.split(path)
        by_place[directory, os.path.splitext(file_name)[0]].append(path)
    return {
        path: stem if len(siblings) == 1 else os.path.basename(path).replace(".", "_")
        for (_, stem), siblings in by_place.items()
        for path in siblings
    }


@rule(desc="Find WebAssembly modules without a target", level=LogLevel.DEBUG)
async def find_putative_unikernels(
    request: PutativeUnikernelsRequest, owned: AllOwnedSources, mew: MewSubsystem
) -> PutativeTargets:
    if not mew.tailor:
        return PutativeTargets()
    found = await engine.list_paths(
        request.path_globs(*(f"*{suffix}" for suffix in MODULE_SUFFIXES))
    )
    names = unikernel_names(set(found.files) - set(owned))
    return PutativeTargets(
        PutativeTarget.for_target_type(
            WasmUnikernelTarget,
            path=os.path.dirname(path),
            name=name,
            triggering_sources=[os.path.basename(path)],
            kwargs={"sources": (os.path.basename(path),)},
        )
        for path, name in names.items()
    )


def rules():
    """Return this module's rules."""
    return [*collect_rules(), UnionRule(PutativeTargetsRequest, PutativeUnikernelsRequest)]
