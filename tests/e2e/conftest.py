# SPDX-License-Identifier: Apache-2.0
"""Both systems, built once per session."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from pipeline import System  # noqa: E402


@pytest.fixture(scope="session", params=["kernel", "linux"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> System:
    """Each test that asks for it runs once in a VM and once as a Linux process."""
    return System.build(request.param, tmp_path_factory.mktemp(request.param))
