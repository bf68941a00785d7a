# SPDX-License-Identifier: Apache-2.0
"""A whole module as LLVM IR text."""
from __future__ import annotations

from itertools import chain
from itertools import islice
from typing import Iterable
from typing import Iterator
from typing import Sequence

from wasker.options import Options
from wasker.translate.context import ModuleTranslator
from wasker.translate.instance import Instance
from wasker.translate.tailcall import TailCallFound
from wasker.wasm.code import decode_body
from wasker.wasm.module import Instruction
from wasker.wasm.module import Module


def translate_module(
    module: Module, functions: Iterable[tuple[int, Sequence[Instruction]]], options: Options
) -> str:
    """LLVM IR text of a module; `functions` are its validated bodies in order.

    `functions` may validate as it goes, declarations before its first item. Raises Diagnostic
    E020 and E06x. The text depends on the arguments alone.
    """
    bodies = iter(functions)
    done = list(islice(bodies, 1))
    try:
        return _translate(module, chain(done, _counted(bodies, done)), options, tail_calls=False)
    except TailCallFound:
        # What was consumed is valid; decode it again rather than keep it all.
        imported = len(module.functions) - len(module.code)
        again = (
            (imported + i, decode_body(module, module.code[i])) for i in range(len(done))
        )
        return _translate(module, chain(again, bodies), options, tail_calls=True)


def _counted(bodies: Iterator, done: list) -> Iterator:
    """Pass items on, and let `done` grow by one for each."""
    for item in bodies:
        done.append(None)
        yield item


def _translate(
    module: Module,
    functions: Iterable[tuple[int, Sequence[Instruction]]],
    options: Options,
    tail_calls: bool,
) -> str:
    translator = ModuleTranslator(module, options, tail_calls)
    instance = Instance(translator)
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
