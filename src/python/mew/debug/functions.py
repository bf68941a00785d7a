# SPDX-License-Identifier: Apache-2.0
"""The functions of a linked image, by address and by name."""
from bisect import bisect_right
from typing import Dict
from typing import Iterable
from typing import List
from typing import NamedTuple
from typing import Optional
from typing import Tuple

from mew.link import elf
from mew_abi import symbols

_WASM_PREFIX = symbols.FUNCTION_PREFIX


def printable(name: str) -> str:
    """Names come from the program: nothing in them may steer a terminal or end a line."""
    return "".join(
        f"\\{ord(letter):02x}" if ord(letter) < 0x20 or ord(letter) == 0x7F else letter
        for letter in name
    )


class Function(NamedTuple):
    """A function; `name` is for people: a Wasm function's own, without the prefix."""

    start: int
    end: int
    name: str
    is_wasm: bool

    def shown(self) -> str:
        """The name as reports write it."""
        name = printable(self.name)
        return f"wasm function '{name}'" if self.is_wasm else f"'{name}'"


class Functions:
    """Of several names at one address: the Wasm one, else the exported one, else the first."""

    def __init__(self, image_symbols: Iterable[elf.Symbol]) -> None:
        chosen: Dict[int, Tuple[bool, bool, str, int]] = {}
        for symbol in image_symbols:
            if symbol.kind != elf.SYMBOL_FUNCTION or symbol.section == elf.SECTION_UNDEFINED:
                continue
            name = symbol.name.decode("utf-8", "replace")
            candidate = (not name.startswith(_WASM_PREFIX), symbol.is_local, name, symbol.size)
            chosen[symbol.address] = min(candidate, chosen.get(symbol.address, candidate))
        self._starts = sorted(chosen)
        self._functions = [self._function(start, *chosen[start]) for start in self._starts]

    @staticmethod
    def _function(start: int, is_system: bool, _: bool, name: str, size: int) -> Function:
        shown = name if is_system else name[len(_WASM_PREFIX) :]
        return Function(start, start + size, shown, not is_system)

    def find(self, address: int) -> Optional[Function]:
        """The function that `address` lies in, the padding behind it not included."""
        position = bisect_right(self._starts, address) - 1
        if position < 0:
            return None
        function = self._functions[position]
        # Assembler functions have no size; theirs last until the next one.
        ends = function.end > function.start
        return None if ends and address >= function.end else function

    def named(self, name: str) -> List[Function]:
        """Functions called exactly so; names of Wasm functions need not be unique."""
        wasm = [one for one in self._functions if one.is_wasm and one.name == name]
        return wasm or [one for one in self._functions if one.name == name]

    def containing(self, part: str) -> List[Function]:
        """Functions with `part` in their names, Wasm functions first, then by address."""
        found = [one for one in self._functions if part.casefold() in one.name.casefold()]
        return sorted(found, key=lambda one: (not one.is_wasm, one.start))
