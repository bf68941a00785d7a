# SPDX-License-Identifier: Apache-2.0
"""A container's files as a FAT32 disk: what is on it, and who shares it."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hosts import root_directory
from hosts import settings
from wasmtime import wat2wasm

from mew.errors import MewError
from mew.kernels.store import Store
from mew.oci import prepare
from mew.oci import rootdisk


@pytest.fixture
def rootfs(tmp_path: Path) -> Path:
    root = root_directory(tmp_path / "rootfs", b"module")
    root_directory(root, b"k", ".mew/x86_64/kernel.elf")
    root_directory(root, b"nested", "etc/.mew/file")
    root_directory(root, b"settings", "etc/app.conf")
    (root / "empty").mkdir()
    (root / "etc/link").symlink_to("/etc/app.conf")
    (root / "etc/dangling").symlink_to("gone")
    (root / "etc/folder").symlink_to("..")
    (root / "escape").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text("of the host")
    os.mkfifo(root / "pipe")
    return root


def test_files_are_those_of_the_container(rootfs: Path) -> None:
    assert rootdisk.files_of(str(rootfs)) == {
        "app.wasm": b"module",
        "empty": None,
        "etc": None,
        "etc/.mew": None,
        "etc/.mew/file": b"nested",
        "etc/app.conf": b"settings",
        "etc/link": b"settings",
    }


def test_other_readers_find_the_files(rootfs: Path, tmp_path: Path) -> None:
    if shutil.which("mcopy") is None:
        pytest.skip("mtools is not installed")
    disk = tmp_path / "disk.img"
    rootdisk.own_disk(str(rootfs), str(disk))
    done = subprocess.run(
        ["mtype", "-i", disk, "::etc/app.conf"], capture_output=True, check=True, timeout=60
    )
    assert done.stdout == b"settings"


def test_readers_of_equal_files_share_a_disk(rootfs: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "cache"), 1 << 30)
    first = rootdisk.read_only_disk(str(rootfs), store)
    copy = tmp_path / "copy"
    shutil.copytree(rootfs, copy, symlinks=True, ignore=shutil.ignore_patterns("pipe"))
    assert rootdisk.read_only_disk(str(copy), store) == first
    (copy / "etc/app.conf").write_bytes(b"settingz")
    assert rootdisk.read_only_disk(str(copy), store) != first


def test_many_small_files_fit(tmp_path: Path) -> None:
    """Each takes a cluster, and the slots of a long name."""
    root = tmp_path / "rootfs"
    for folder in range(10):
        for number in range(2000):
            root_directory(root, b"x", f"{folder}/{number:05}{'n' * 200}")
    rootdisk.own_disk(str(root), str(tmp_path / "disk.img"))


def test_files_that_would_fill_the_hosts_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rootdisk, "FILES_BYTES_MAX", 3000)
    root = root_directory(tmp_path / "rootfs", b"x" * 2000, "a")
    assert len(rootdisk.files_of(str(root))) == 1
    root_directory(root, b"x" * 2000, "b")
    with pytest.raises(MewError, match="too much for a disk") as failure:
        rootdisk.files_of(str(root))
    assert "share" in failure.value.hint


def test_name_that_fat_has_not_is_an_error_with_the_way_out(rootfs: Path, tmp_path: Path) -> None:
    (rootfs / "a:b").write_bytes(b"")
    with pytest.raises(MewError, match="a:b"):
        rootdisk.own_disk(str(rootfs), str(tmp_path / "disk.img"))


def test_container_gets_a_disk_where_files_are_not_shared(cache: Path, tmp_path: Path) -> None:
    text = """(module
      (import "wasi_snapshot_preview1" "path_open"
        (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1) (func (export "_start")))"""
    rootfs = root_directory(tmp_path / "rootfs", wat2wasm(text))
    disks = []
    for number, is_read_only in enumerate((False, False, True, True)):
        work = tmp_path / str(number)
        work.mkdir()
        found = prepare.prepare(
            str(rootfs), str(rootfs / "app.wasm"), settings(cache, rootfs=prepare.DISK), str(work),
            is_read_only=is_read_only,
        )
        assert found.disk == str(work / rootdisk.DISK_NAME)
        disks.append(os.stat(found.disk).st_ino)
    # Who writes has a disk alone; who reads shares one.
    assert len(set(disks)) == 3
    assert disks[2] == disks[3]


def test_program_without_files_needs_no_disk(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", wat2wasm('(module (func (export "_start")))'))
    found = prepare.prepare(
        str(rootfs), str(rootfs / "app.wasm"), settings(cache, rootfs=prepare.DISK), str(tmp_path)
    )
    assert found.disk is None
    assert not (tmp_path / rootdisk.DISK_NAME).exists()
