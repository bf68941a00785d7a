# SPDX-License-Identifier: Apache-2.0
"""A cache with a compiled system, filled once per session."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).parent)]

from hosts import program  # noqa: E402
from hosts import root_directory  # noqa: E402
from hosts import settings  # noqa: E402

from mew.oci import prepare  # noqa: E402


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    rootfs = root_directory(tmp_path_factory.mktemp("rootfs"), program("first"))
    work = tmp_path_factory.mktemp("work")
    found = prepare.prepare(str(rootfs), str(rootfs / "app.wasm"), settings(folder), str(work))
    assert found.source == prepare.COMPILED
    return folder
