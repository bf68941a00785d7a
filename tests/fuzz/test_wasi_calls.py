# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand random WASI calls on each system, and that a wild write is seen."""
from __future__ import annotations

import pytest
import wasi_calls

CALLS = 100_000


@pytest.fixture(scope="module", params=wasi_calls.SYSTEMS)
def fuzzer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> wasi_calls.Fuzzer:
    return wasi_calls.Fuzzer.build(request.param, tmp_path_factory.mktemp(request.param))


def test_no_call_breaks_out(fuzzer: wasi_calls.Fuzzer) -> None:
    outcome = fuzzer.run(1, CALLS)
    assert outcome.exit_code == 0, (outcome.stdout, outcome.stderr)
    totals = wasi_calls.Totals()
    totals.add(outcome.stdout)
    assert totals.calls.total() == CALLS
    assert not totals.gaps(fuzzer.kind)


def test_a_wild_write_is_seen(fuzzer: wasi_calls.Fuzzer) -> None:
    outcome = fuzzer.run(1, 3000, 1, 2000)
    assert outcome.exit_code == 1
    assert outcome.stdout.startswith("memory changed by or before call 2000 "), outcome
