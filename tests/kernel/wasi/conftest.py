# SPDX-License-Identifier: Apache-2.0
"""Both systems with all functions, each built once."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "support"), str(Path(__file__).parent)]

import serving  # noqa: E402


@pytest.fixture(scope="session", params=["linux", "kernel"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return request.param


@pytest.fixture(scope="session")
def objects(system: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return serving.build(system, tmp_path_factory.mktemp(system))
