# SPDX-License-Identifier: Apache-2.0
"""The one target: x86-64 ELF at a named CPU level, never the machine that compiles."""
from __future__ import annotations

from functools import cache

import llvmlite.binding as llvm

TRIPLE = "x86_64-unknown-linux-gnu"
# LLVM's names of the CPU levels; the first has no number there.
LLVM_CPUS = {"x86-64-v1": "x86-64", "x86-64-v2": "x86-64-v2", "x86-64-v3": "x86-64-v3"}


# Switches that LLVM has on its command line only.
_LLVM_SWITCHES = (
    # Loop counters stay 32 bits wide. Widened ones hide how often a loop runs that counts from a
    # negative number up to 0, as compilers write them for Wasm, and it is not vectorised.
    "-indvars-widen-indvars=false",
    # A conditional move stays one: guesses about branches go wrong without profiles.
    "-x86-cmov-converter=false",
)


@cache
def _initialise() -> None:
    """Once a process: LLVM refuses a switch that it is given twice."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    for switch in _LLVM_SWITCHES:
        llvm.set_option("wasker", switch)


def search_for_loads(enabled: bool) -> None:
    """Whether global value numbering looks for a load's value in other blocks."""
    llvm.set_option("wasker", f"-enable-gvn-memdep={'true' if enabled else 'false'}")


def target_machine(cpu: str, optimisation: int) -> llvm.TargetMachine:
    """Code for static images in the low 2 GiB (absolute addresses, small code model).

    Position independent code would reach linear memory relative to the instruction pointer, which
    ties the distance between both, and costs an instruction for each indexed table.
    """
    _initialise()
    target = llvm.Target.from_triple(TRIPLE)
    return target.create_target_machine(
        cpu=LLVM_CPUS[cpu], opt=optimisation, reloc="static", codemodel="small"
    )
