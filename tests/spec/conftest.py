# SPDX-License-Identifier: Apache-2.0
"""The suite's scripts by name, for every test here."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import corpus  # noqa: E402
from corpus import Script  # noqa: E402


@pytest.fixture(scope="session")
def scripts() -> dict[str, Script]:
    """All scripts of version 2.0; skips where the corpora are not."""
    archive = corpus.archive("2.0")
    if archive is None:
        pytest.skip(f"no {corpus.SUITES['2.0']}; name its folder in MEW_CORPORA")
    return {script.name: script for script in corpus.load(archive)}
