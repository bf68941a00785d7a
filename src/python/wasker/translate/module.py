# SPDX-License-Identifier: Apache-2.0
"""A unit as LLVM IR text: a whole module, or a part of one."""
from __future__ import annotations

from itertools import chain
from itertools import islice
from typing import Iterable
from typing import Iterator
from typing import Sequence

from wasker.options import Options
from wasker.translate.context import ModuleTranslator
from wasker.translate.exception import ExceptionsFound
from wasker.translate.instance import Instance
from wasker.translate.part import Part
from wasker.translate.tailcall import TailCallFound
from wasker.wasm.code import decode_body
from wasker.wasm.debuglines import read_lines
from wasker.wasm.module import Instruction
from wasker.wasm.module import Module
from wasker.wasm.unit import Unit


def translate_module(
    module: Module, functions: Iterable[tuple[int, Sequence[Instruction]]], options: Options
) -> str:
    """LLVM IR text of a module; `functions` are its validated bodies in order.

    `functions` may validate as it goes, declarations before its first item. Raises Diagnostic
    E020, E06x. The text depends on the arguments alone.
    """
    unit = Unit(
        module, memory=options.memory, imported_memories=len(module.imported("memory"))
    )
    modes = {"tail_calls": False, "exceptions": False}
    bodies = iter(functions)
    lines = read_lines(module) if options.debug_lines else None
    done = list(islice(bodies, 1))
    stream: Iterable[tuple[int, Sequence[Instruction]]] = chain(done, _counted(bodies, done))
    while True:
        try:
            return _translate(ModuleTranslator(unit, options, lines, **modes), stream)
        except (TailCallFound, ExceptionsFound) as found:
            modes["tail_calls" if isinstance(found, TailCallFound) else "exceptions"] = True
        # What was consumed is valid; decode it again rather than keep it all.
        stream = chain(_decoded(module, len(done)), _counted(bodies, done))


def translate_unit(
    unit: Unit, functions: Iterable[tuple[int, Sequence[Instruction]]], options: Options
) -> str:
    """LLVM IR text of a part of a module; `functions` are its validated bodies in order."""
    modes = {"tail_calls": unit.tail_calls, "exceptions": unit.exceptions}
    return _translate(ModuleTranslator(unit, options, None, **modes), functions)


def _counted(bodies: Iterator, done: list) -> Iterator:
    """Pass items on, and let `done` grow by one for each."""
    for item in bodies:
        done.append(None)
        yield item


def _decoded(module: Module, count: int) -> Iterator[tuple[int, Sequence[Instruction]]]:
    imported = len(module.functions) - len(module.code)
    for position in range(count):
        yield imported + position, decode_body(module, module.code[position])


def _translate(
    translator: ModuleTranslator, functions: Iterable[tuple[int, Sequence[Instruction]]]
) -> str:
    instance = Instance(translator) if translator.unit.has_instance else Part(translator)
    texts = {
        index: translator.translate_function(index, instructions)
        for index, instructions in functions
    }
    glue = instance.glue()
    parts = [
        translator.frame(),
        glue,
        [translator.definition(index, text) for index, text in texts.items()],
        translator.thunks(),
        translator.helper_texts(),
        instance.data(),
        list(translator.declarations.values()),
        translator.trailer(),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"
