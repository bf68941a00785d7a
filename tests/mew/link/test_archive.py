# SPDX-License-Identifier: Apache-2.0
"""The files of an image: what other cpio readers see, and what is refused."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from mew.errors import MewError
from mew.link import archive
from mew.link import commands
from mew.link import image


def _decode(text: bytes) -> "list[tuple[str, int, bytes]]":
    """(path, mode, content) of each record of a newc archive, written from its description."""
    found = []
    position = 0
    while True:
        header = text[position : position + 110]
        assert header[:6] == b"070701"
        fields = [int(header[6 + 8 * index : 14 + 8 * index], 16) for index in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = text[position + 110 : position + 110 + name_size]
        assert name.endswith(b"\0")
        start = (position + 110 + name_size + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            return found
        found.append((name[:-1].decode(), mode, text[start : start + size]))
        position = (start + size + 3) // 4 * 4


def test_records() -> None:
    entries = {
        "b/file": archive.file(b"12345"),
        "a": archive.symlink("b/file"),
        "b": archive.directory(),
    }
    assert _decode(archive.archive_bytes(entries)) == [
        ("a", 0o120777, b"b/file"), ("b", 0o040755, b""), ("b/file", 0o100644, b"12345"),
    ]


def test_order_of_input_does_not_show() -> None:
    one = {"x": archive.file(b"1"), "y": archive.file(b"2")}
    other = dict(reversed(list(one.items())))
    assert archive.archive_bytes(one) == archive.archive_bytes(other)


def test_a_directory_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "f").write_bytes(b"content")
    (tmp_path / "link").symlink_to("sub/f")
    (tmp_path / "dir_link").symlink_to("sub")
    assert archive.read_directory(tmp_path) == {
        "sub": archive.directory(),
        "sub/f": archive.file(b"content"),
        "link": archive.symlink("sub/f"),
        "dir_link": archive.symlink("sub"),
    }


def test_what_cannot_be_in_an_image_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MewError, match="pipe: not a file"):
        archive.read_directory(tmp_path)
    with pytest.raises(MewError, match="no such directory"):
        archive.read_directory(tmp_path / "none")


def test_more_files_than_an_image_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "_FILES_BYTES_MAX", 1 << 20)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/large").write_bytes(bytes(1 << 20))
    for name in commands.object_names("kernel"):
        (tmp_path / name).touch()
    with pytest.raises(MewError, match="the files take 1 MiB .* 1 MiB are possible") as refused:
        image.link_image(
            "kernel", zig=tmp_path, objects=tmp_path, programs=[], output=tmp_path / "x.elf",
            files=tmp_path / "files",
        )
    assert "fat32_image" in refused.value.hint
