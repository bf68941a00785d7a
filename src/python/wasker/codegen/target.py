# SPDX-License-Identifier: Apache-2.0
"""The one target: x86-64 ELF at a named CPU level, never the machine that compiles."""
from __future__ import annotations

import llvmlite.binding as llvm

TRIPLE = "x86_64-unknown-linux-gnu"
# LLVM's names of the CPU levels; the first has no number there.
LLVM_CPUS = {"x86-64-v1": "x86-64", "x86-64-v2": "x86-64-v2", "x86-64-v3": "x86-64-v3"}


def target_machine(cpu: str, optimisation: int) -> llvm.TargetMachine:
    """Code for static images in the low 2 GiB (absolute addresses, small code model).

    Position independent code would reach linear memory relative to the instruction pointer, which
    ties the distance between both, and costs an instruction for each indexed table.
    """
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(TRIPLE)
    return target.create_target_machine(
        cpu=LLVM_CPUS[cpu], opt=optimisation, reloc="static", codemodel="small"
    )
