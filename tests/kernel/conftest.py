# SPDX-License-Identifier: Apache-2.0
"""The kernel and its probe program, built once per session."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).parent)]

from mew_abi import wasi  # noqa: E402
from pipeline import System  # noqa: E402
from probe import Probe  # noqa: E402


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> System:
    return System.build("kernel", tmp_path_factory.mktemp("kernel"))


@pytest.fixture(scope="session")
def kernel_with_files(tmp_path_factory: pytest.TempPathFactory) -> System:
    """One with every feature set."""
    work = tmp_path_factory.mktemp("kernel-with-files")
    return System.build("kernel", work, "--features", ",".join(wasi.FEATURES))


@pytest.fixture(scope="session")
def probe(kernel: System) -> Probe:
    return Probe.build(kernel, "probe.c")
