# SPDX-License-Identifier: Apache-2.0
"""Mutated modules never crash or hang the compiler, and another validator agrees with ours."""
from __future__ import annotations

from mutations import check_mutants
from wasm_samples import SAMPLES_TEXT
from wasm_samples import sample

QUICK_COUNT = 3_000


def test_mutants_get_the_verdict_of_another_validator() -> None:
    seeds = [sample(name) for name in SAMPLES_TEXT]
    verdicts, compiled = check_mutants(seeds, QUICK_COUNT)
    assert sum(verdicts.values()) == QUICK_COUNT
    # A generator that breaks every module at its start would test nothing.
    assert verdicts[""] > QUICK_COUNT / 20 and len(verdicts) > 15
    assert compiled > verdicts[""] / 2
