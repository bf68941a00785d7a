# SPDX-License-Identifier: Apache-2.0
"""Optimise a module of LLVM IR text and emit it."""
from __future__ import annotations

from dataclasses import dataclass

import llvmlite.binding as llvm

from wasker.codegen.oversize import leave_oversized
from wasker.codegen.target import TRIPLE
from wasker.codegen.target import search_for_loads
from wasker.codegen.target import target_machine

# From here on, LLVM's search through whole functions for a load's earlier value would take longer
# than everything else together (hours for an interpreter of a million instructions).
LARGE_IR_BYTES = 32_000_000


@dataclass(frozen=True)
class Emitted:
    """An object file's bytes; the texts are "" unless they were asked for.

    `note` says what was left out of the optimisation because of the program's size, or is "".
    """

    object_bytes: bytes
    note: str = ""
    optimised_ir: str = ""
    assembly: str = ""


def emit_object(
    ir_text: str, cpu: str, optimisation: int, *, keep_texts: bool = False
) -> Emitted:
    """Compile IR text; deterministic. IR that LLVM refuses is a bug, and raises RuntimeError."""
    machine = target_machine(cpu, optimisation)
    is_large = len(ir_text) > LARGE_IR_BYTES
    notes = ["large program: loads are shared within blocks and loops only"] if is_large else []
    if optimisation:
        ir_text, oversized = leave_oversized(ir_text)
        notes += [f"too large to be optimised: {symbol}" for symbol in oversized]
    module = parse_ir(ir_text, machine)
    passes = pass_builder(machine, optimisation, is_large=is_large)
    passes.getModulePassManager().run(module, passes)
    optimised_ir = str(module) if keep_texts else ""
    assembly = machine.emit_assembly(module) if keep_texts else ""
    return Emitted(machine.emit_object(module), "; ".join(notes), optimised_ir, assembly)


def parse_ir(ir_text: str, machine: llvm.TargetMachine) -> llvm.ModuleRef:
    """A module for the machine, in a context of its own."""
    module = llvm.parse_assembly(ir_text, llvm.create_context())
    module.triple = TRIPLE
    module.data_layout = str(machine.target_data)
    return module


def pass_builder(
    machine: llvm.TargetMachine, level: int, *, is_large: bool
) -> llvm.PassBuilder:
    """Builds LLVM's passes for -O`level`; a module is optimised before the next call."""
    search_for_loads(not is_large)
    tuning = llvm.create_pipeline_tuning_options(speed_level=level)
    tuning.loop_vectorization = level >= 2
    tuning.slp_vectorization = level >= 2
    tuning.loop_interleaving = level >= 2
    tuning.loop_unrolling = level >= 2
    return llvm.create_pass_builder(machine, tuning)
