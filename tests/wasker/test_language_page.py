# SPDX-License-Identifier: Apache-2.0
"""docs/reference/language.md names every proposal on the right side, and the right limits."""
from __future__ import annotations

from pathlib import Path

from wasker.wasm import features
from wasker.wasm.check_reference import FIXED_ARRAY_LENGTH_MAX
from wasker.wasm.sections import LOCALS_MAX
from wasker.wasm.typesection import FIELDS_MAX
from wasker.wasm.typesection import VALUES_MAX

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/language.md"
PROPOSALS = {
    value for name, value in vars(features).items() if name.isupper() and isinstance(value, str)
}


def test_proposals() -> None:
    compiled, refused = PAGE.read_text(encoding="utf-8").split("| refused with E020")
    assert len(PROPOSALS) > len(features.SUPPORTED)
    for proposal in PROPOSALS:
        half = compiled if proposal in features.SUPPORTED else refused
        assert f"`{proposal}`" in half, proposal


def test_limits() -> None:
    rows = PAGE.read_text(encoding="utf-8").split("## Limits")[1].splitlines()
    cells = [row.split("|") for row in rows if row.startswith("|")]
    limits = {cell[1].strip(): cell[2].strip() for cell in cells}
    assert limits["locals of a function, parameters not counted"] == f"{LOCALS_MAX:,}"
    assert limits["parameters or results of a type"] == f"{VALUES_MAX:,}"
    assert limits["fields of a struct"] == f"{FIELDS_MAX:,}"
    assert limits["operands of `array.new_fixed`"] == f"{FIXED_ARRAY_LENGTH_MAX:,}"
