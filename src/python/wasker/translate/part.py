# SPDX-License-Identifier: Apache-2.0
"""What surrounds the functions of a unit whose instance is another unit's: their exported names."""
from __future__ import annotations

from wasker.translate.constants import evaluate
from wasker.translate.context import ModuleTranslator
from wasker.translate.function import Function
from wasker.translate.names import reference


class Part:
    """Stands for `instance.Instance` in such a unit."""

    def __init__(self, translator: ModuleTranslator) -> None:
        self._translator = translator
        module = translator.source
        first = len(translator.globals) - len(module.global_inits)
        for entry, init in zip(translator.globals[first:], module.global_inits):
            entry.constant = evaluate(Function(translator), init)

    def glue(self) -> list[str]:
        """Further symbols of the functions."""
        translator = self._translator
        found = []
        kept = {}
        for index, name in translator.unit.aliases:
            symbol = translator.function_symbols[index]
            result, params = translator.signature(index)
            found.append(
                f"{reference(name)} = dso_local alias {result} ({params}), ptr {symbol}"
            )
            kept[f"ptr {symbol}"] = None
        return found + kept_definitions(list(kept))

    def data(self) -> list[str]:
        """No segments: the glue has them."""
        return []


def kept_definitions(operands: list[str]) -> list[str]:
    """The list of definitions that LLVM must neither drop nor rename."""
    if not operands:
        return []
    return [
        f"@llvm.compiler.used = appending global [{len(operands)} x ptr] "
        f'[{", ".join(operands)}], section "llvm.metadata"'
    ]
