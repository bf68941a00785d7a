# SPDX-License-Identifier: Apache-2.0
"""Files that are not a good module: one clear message with a fix, exit code 1, no output file."""
from __future__ import annotations

from pathlib import Path

import pytest
from pipeline import run_module

HEADER = b"\0asm\x01\0\0\0"

# name -> (content, words that the message must hold)
BAD_FILES = {
    "empty.wasm": (b"", ["empty"]),
    "text.wasm": (b"(module (func))", [".wat"]),
    "prose.wasm": (b"Hello, this is not Wasm\n", ["magic header", "48 65 6c 6c"]),
    "truncated.wasm": (HEADER + b"\x01\x05\x01\x60", ["end"]),
    "component.wasm": (b"\0asm\x0d\0\x01\0", ["component"]),
    "future.wasm": (b"\0asm\x02\0\0\0", ["version"]),
    "invalid.wat": (b'(module (func (export "_start") i32.add))', ["type mismatch"]),
    "syntax.wat": (b"(module (func", ["syntax.wat"]),
    "no_start.wat": (b'(module (func (export "run")))', ["_start", "run"]),
    "reserved.wat": (
        b'(module (import "mew" "memory_grow" (func)) (func (export "_start") (call 0)))',
        ["mew"],
    ),
}


@pytest.mark.parametrize("file_name", sorted(BAD_FILES))
def test_message(tmp_path: Path, file_name: str) -> None:
    content, words = BAD_FILES[file_name]
    source = tmp_path / file_name
    source.write_bytes(content)
    output = tmp_path / "app.o"
    outcome = run_module("wasker", "compile", source, "-o", output)
    assert outcome.exit_code == 1, outcome
    assert outcome.stderr.startswith("error[E"), outcome.stderr
    assert "fix: " in outcome.stderr
    assert "Traceback" not in outcome.stderr
    for word in words:
        assert word in outcome.stderr
    assert list(tmp_path.iterdir()) == [source], "nothing half-made may stay behind"


def test_import_outside_the_declared_feature_sets(tmp_path: Path) -> None:
    source = tmp_path / "opener.wat"
    source.write_text(
        '(module (import "wasi_snapshot_preview1" "path_create_directory"'
        ' (func $mkdir (param i32 i32 i32) (result i32)))'
        ' (func (export "_start") (drop (call $mkdir (i32.const 3) (i32.const 0)'
        ' (i32.const 0)))))'
    )
    outcome = run_module(
        "wasker", "compile", source, "-o", tmp_path / "app.o", "--wasi", "process,stdio"
    )
    assert outcome.exit_code == 1, outcome
    assert "wasi_snapshot_preview1.path_create_directory" in outcome.stderr
    assert '"filesystem"' in outcome.stderr and "wasi=" in outcome.stderr


def test_missing_file_is_named(tmp_path: Path) -> None:
    outcome = run_module("wasker", "compile", tmp_path / "none.wasm", "-o", tmp_path / "app.o")
    assert outcome.exit_code == 1, outcome
    assert "none.wasm" in outcome.stderr and "Traceback" not in outcome.stderr
