# SPDX-License-Identifier: Apache-2.0
"""What a compilation depends on besides the module's bytes."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping
from typing import Optional

from mew_abi import symbols

# CPU level by name; the number is the value of the symbol `mew.cpu_level`.
CPU_LEVELS = {"x86-64-v1": 1, "x86-64-v2": 2, "x86-64-v3": 3}
DEFAULT_CPU = "x86-64-v2"
MEMORY_MODES = ("direct", "indirect")
ENTRIES = ("command", "none")
OPTIMISATION_LEVELS = (0, 1, 2, 3)
DEFAULT_OPTIMISATION = 2


@dataclass(frozen=True)
class Options:
    """Every switch of the compiler; equal options and equal bytes give equal objects.

    `memory`: "direct" makes memory 0 the absolute symbol, "indirect" reads its base from its
    descriptor. `entry`: "command" needs an export `_start` and defines `mew_start`; "none" is for
    libraries. `import_names` gives an imported module's symbols another prefix. `wasi`: the
    feature sets that the program may use; None allows any import. `debug_lines` puts source lines
    from the module's DWARF sections into the object.
    """

    module_name: str = symbols.DEFAULT_MODULE_NAME
    cpu: str = DEFAULT_CPU
    optimisation: int = DEFAULT_OPTIMISATION
    memory: str = "direct"
    entry: str = "command"
    import_names: Mapping[str, str] = ()  # type: ignore[assignment]
    wasi: Optional[tuple[str, ...]] = None
    debug_lines: bool = False

    def __post_init__(self) -> None:
        assert self.cpu in CPU_LEVELS, self.cpu
        assert self.memory in MEMORY_MODES, self.memory
        assert self.entry in ENTRIES, self.entry
        assert self.optimisation in OPTIMISATION_LEVELS, self.optimisation

    def import_prefix(self, module: str) -> str:
        """The symbol prefix of an imported module."""
        return dict(self.import_names).get(module, module)
