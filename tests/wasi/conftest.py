# SPDX-License-Identifier: Apache-2.0
"""Makes the helpers in this directory and in `tests/support` importable."""
from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import pytest  # noqa: E402
import wasi_systems  # noqa: E402


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both systems with every feature set."""
    work = tmp_path_factory.mktemp("systems")
    return {system: wasi_systems.build(system, work) for system in wasi_systems.SYSTEMS}
