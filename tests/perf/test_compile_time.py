# SPDX-License-Identifier: Apache-2.0
"""The front end, which is Python, takes no longer than LLVM; its command's figures add up."""
from __future__ import annotations

import tarfile
from pathlib import Path

import compile_time
import corpora
import pytest

ARCHIVE = "wasi-testsuite.tar.xz"
# The largest program there: Rust's standard library, 90 kB of code.
PROGRAM = "/rust/poll_oneoff_stdio.wasm"
PASSES_SHOWN = 5


@pytest.fixture(name="program")
def program_fixture(tmp_path: Path) -> Path:
    archive = corpora.find(ARCHIVE)
    if archive is None:
        pytest.skip(f"no {ARCHIVE}; name its folder in MEW_CORPORA")
    path = tmp_path / "program.wasm"
    with tarfile.open(archive) as contents:
        member = next(each for each in contents if each.name.endswith(PROGRAM))
        reader = contents.extractfile(member)
        assert reader is not None
        path.write_bytes(reader.read())
    return path


def test_the_front_end_takes_no_longer_than_llvm(program: Path) -> None:
    row = compile_time.measure(program, "x86-64-v2", 2)
    assert row["code MB"] > 0.05
    front_s = sum(row[stage] for stage in compile_time.FRONT_END)
    llvm_s = sum(row[stage] for stage in compile_time.STAGES) - front_s
    assert 0 < front_s <= llvm_s
    assert row["front/LLVM"] == pytest.approx(front_s / llvm_s)
    assert 0 < row["front MiB"] <= row["peak MiB"] <= 4096
    shown = compile_time.slowest(row["passes"], PASSES_SHOWN)
    assert len(shown) == PASSES_SHOWN and any("InstCombine" in line for line in shown)
