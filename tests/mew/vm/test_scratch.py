# SPDX-License-Identifier: Apache-2.0
"""Copies of disk images: the same bytes, and no room for zeros."""
from __future__ import annotations

from pathlib import Path

import pytest
from mew.errors import MewError
from mew.vm.scratch import copy_disk

MIB = 1 << 20


@pytest.mark.parametrize("tail", [b"", b"\0" * 700, b"end"])
def test_a_copy_has_the_same_bytes(tail: bytes, tmp_path: Path) -> None:
    content = b"boot" + bytes(MIB) + b"\1" * MIB + bytes(3 * MIB) + tail
    (tmp_path / "disk").write_bytes(content)
    copy_disk(tmp_path / "disk", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert (tmp_path / "copy").stat().st_blocks * 512 < len(content) - MIB


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(MewError, match="none: cannot copy the disk image"):
        copy_disk(tmp_path / "none", tmp_path / "copy")
