# SPDX-License-Identifier: Apache-2.0
"""The checked-in Zig form of the contract is what the Python tables say now."""
from __future__ import annotations

from pathlib import Path

from mew_abi import layout
from mew_abi import traps
from mew_abi import wasi
from mew_abi import zig

REPOSITORY = Path(__file__).resolve().parents[2]


def test_generated_file_is_fresh() -> None:
    path = REPOSITORY / zig.GENERATED_PATH
    fix = f"run: python -m mew_abi.zig {zig.GENERATED_PATH}"
    assert path.read_text(encoding="utf-8") == zig.zig_source(), fix


def test_every_fact_is_in_the_source() -> None:
    source = zig.zig_source()
    assert f"pub const linear_memory_base = 0x{layout.LINEAR_MEMORY_BASE:x};" in source
    assert 'pub const report_prefix = "\\x1eMEW1 ";' in source
    for text in traps.TRAP_MESSAGES.values():
        assert f'=> "{text}",' in source
    for name in wasi.SYSTEM_FUNCTIONS:
        assert f'.name = "{name}",' in source


def test_every_trap_kind_has_a_constant() -> None:
    values = {value for name, value in vars(traps).items() if name.isupper() and type(value) is int}
    assert values == set(traps.TRAP_MESSAGES)
