# SPDX-License-Identifier: Apache-2.0
"""Both systems, and a workspace with a warm store, once per session."""
from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterator

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from pipeline import System  # noqa: E402
from workspace import BUILD_STEPS  # noqa: E402
from workspace import HELLO  # noqa: E402
from workspace import Workspace  # noqa: E402
from workspace import steps  # noqa: E402


@pytest.fixture(scope="session", params=["kernel", "linux"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> System:
    """Each test that asks for it runs once in a VM and once as a Linux process."""
    return System.build(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A copy of the repository with a store of its own."""
    base = tmp_path_factory.mktemp("first")
    created = Workspace.copy_repository(base / "repository", base / "cache")
    yield created
    created.stop_daemon()


@pytest.fixture(scope="session")
def cold_build(workspace: Workspace) -> bytes:
    """The smallest example's image, made with an empty store."""
    image, log = workspace.package(HELLO, daemon=True)
    # Also proves that the pattern finds processes when there are some.
    assert steps(log) >= BUILD_STEPS
    return image


@pytest.fixture(scope="session")
def elsewhere_build(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Workspace, bytes]":
    """Another copy in a folder of another name, for another user: nothing is shared. And the
    smallest example's image, made there with an empty store."""
    base = tmp_path_factory.mktemp("second")
    home = Path.home()
    elsewhere = Workspace.copy_repository(
        base / "some/other folder",
        base / "cache",
        HOME=str(base),
        # Pants itself, and where to fetch from, stay where they are.
        XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME", str(home / ".cache")),
        XDG_CONFIG_HOME=os.environ.get("XDG_CONFIG_HOME", str(home / ".config")),
        TZ="Asia/Kathmandu",
        USER="somebody",
    )
    # One process at a time: also another order. The clock has gone on by itself.
    one_core = "--process-execution-local-parallelism=1"
    image, log = elsewhere.package(HELLO, one_core, daemon=False)
    assert steps(log) >= BUILD_STEPS
    return elsewhere, image


@pytest.fixture(scope="session")
def elsewhere(elsewhere_build: "tuple[Workspace, bytes]") -> Workspace:
    """That copy, whose store now has the smallest example."""
    return elsewhere_build[0]
