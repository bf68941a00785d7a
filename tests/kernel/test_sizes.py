# SPDX-License-Identifier: Apache-2.0
"""An image holds the code of its feature sets and no other."""
from __future__ import annotations

from pathlib import Path

import pytest
import sizes
from mew_abi import wasi
from pipeline import System

# A kernel with files is larger by about this much at least; less would mean it had them before.
FILES_BYTES_MIN = 10_000


@pytest.fixture(scope="module")
def without_files(kernel: System) -> Path:
    """The default sets, every function of them in use."""
    return sizes.link(kernel, wasi.DEFAULT_FEATURES)


@pytest.fixture(scope="module")
def with_files(kernel_with_files: System) -> Path:
    return sizes.link(kernel_with_files, tuple(wasi.FEATURES))


@pytest.mark.parametrize("feature", sorted(sizes.MARKS))
def test_what_was_not_asked_for_is_not_there(
    without_files: Path, with_files: Path, feature: str
) -> None:
    assert sizes.marked_symbols(without_files, feature) == []
    found = sizes.marked_symbols(with_files, feature)
    assert len(found) >= sum(row.feature == feature for row in wasi.SYSTEM_FUNCTIONS.values())
    for mark in sizes.MARKS[feature]:
        assert any(name.startswith(mark) for name in found), f"{mark} marks nothing any more"


@pytest.mark.parametrize("feature", wasi.DEFAULT_FEATURES)
def test_what_was_asked_for_is_there(without_files: Path, feature: str) -> None:
    wanted = sum(row.feature == feature for row in wasi.SYSTEM_FUNCTIONS.values())
    assert len(sizes.marked_symbols(without_files, feature)) == wanted


def test_files_cost_their_own_size_only(without_files: Path, with_files: Path) -> None:
    assert without_files.stat().st_size + FILES_BYTES_MIN < with_files.stat().st_size


def test_unused_functions_are_left_out(kernel_with_files: System, with_files: Path) -> None:
    """A kernel with everything under a program that uses nothing."""
    image = sizes.link(kernel_with_files, ())
    assert sizes.marked_symbols(image, "sockets") == []
    assert not [name for name in sizes.marked_symbols(image, "filesystem") if "wasi" in name]
    assert image.stat().st_size + FILES_BYTES_MIN < with_files.stat().st_size
