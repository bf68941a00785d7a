# SPDX-License-Identifier: Apache-2.0
"""A cache with a compiled system, programs and an installed runtime, each made once per session."""
from __future__ import annotations

import ctypes
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).parent)]

import bundles  # noqa: E402
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


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> bundles.Program:
    return bundles.build("guest", tmp_path_factory.mktemp("guest"))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bundles.Program:
    """The program with files and sockets."""
    return bundles.build("whole", tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def runtime() -> Iterator[bundles.Runtime]:
    # Paths of sockets are short, and pytest's folders are not.
    folder = Path(tempfile.mkdtemp(prefix="mew", dir="/tmp"))
    yield bundles.Runtime.install(folder)
    shutil.rmtree(folder)


@pytest.fixture
def subreaper() -> Iterator[None]:
    """This process is the parent of containers, as an engine's monitor is."""
    set_child_subreaper = 36
    libc = ctypes.CDLL(None)
    assert libc.prctl(set_child_subreaper, 1, 0, 0, 0) == 0
    yield
    libc.prctl(set_child_subreaper, 0, 0, 0, 0)
