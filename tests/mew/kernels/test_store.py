# SPDX-License-Identifier: Apache-2.0
"""The host's cache: whole entries, one maker, the least recently used goes first."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from mew.errors import MewError
from mew.kernels.store import Store


def add(store: Store, key: str, size: int = 4096, used_ns: int | None = None) -> Path:
    made = Path(store.unfinished())
    (made / "content").write_bytes(b"x" * size)
    entry = Path(store.keep(str(made), "things", key))
    if used_ns is not None:
        os.utime(entry, ns=(used_ns, used_ns))
    return entry


def test_entry_is_found_after_it_was_kept(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "cache"), 1 << 20)
    assert store.find("things", "a") is None
    entry = add(store, "a")
    assert store.find("things", "a") == str(entry)
    assert (entry / "content").read_bytes() == b"x" * 4096


def test_later_entry_replaces_one_of_its_key(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 1 << 20)
    add(store, "a", 1)
    assert (add(store, "a", 2) / "content").stat().st_size == 2


def test_least_recently_used_goes_first(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 3 * 4096)
    for number, key in enumerate("abc"):
        add(store, key, used_ns=1 + number)
    # Used now: `b` is the oldest of the rest.
    assert store.find("things", "a")
    add(store, "d")
    found = [key for key in "abcd" if (tmp_path / "things" / key).exists()]
    assert found == ["a", "c", "d"]


def test_newest_entry_stays_whatever_its_size(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 4096)
    add(store, "a", used_ns=1)
    add(store, "b", 1 << 16)
    assert sorted(os.listdir(tmp_path / "things")) == ["b"]


def test_what_a_dead_process_left_is_removed_in_time(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 1 << 20)
    old, young = Path(store.unfinished()), Path(store.unfinished())
    os.utime(old, (0, 0))
    add(store, "a")
    assert not old.exists() and young.exists()


def test_nothing_is_left_of_what_was_removed(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 1 << 20)
    add(store, "a")
    store.drop("things", "a")
    store.drop("things", "a")
    assert store.find("things", "a") is None
    assert os.listdir(tmp_path / "unfinished") == []


def test_cache_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(str(tmp_path / "file" / "cache"), 1)
    with pytest.raises(MewError, match="cannot make the directory"):
        store.unfinished()


def test_others_cannot_write_entries(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 1 << 20)
    add(store, "a")
    for folder in ("things", "locks", "unfinished"):
        assert (tmp_path / folder).stat().st_mode & 0o077 == 0
