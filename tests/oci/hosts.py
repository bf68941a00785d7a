# SPDX-License-Identifier: Apache-2.0
"""A host that runs containers, as far as kernels go: settings, root directories, modules."""
from __future__ import annotations

import sys
from pathlib import Path

from wasmtime import wat2wasm

from mew.oci.prepare import Settings

ROOT = Path(__file__).resolve().parents[2]


def settings(cache: Path, **changes: object) -> Settings:
    """Return the settings of a host with this cache that compiles with the tests' Python."""
    # A busy machine takes long to compile a kernel with a network.
    usual = {"python": sys.executable, "cache": str(cache), "compile_timeout_s": 500}
    return Settings(**{**usual, **changes})


def program(text: str) -> bytes:
    """Return a module that writes `text` to standard output."""
    return wat2wasm(
        f"""(module
          (import "wasi_snapshot_preview1" "fd_write"
            (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\10\\00\\00\\00\\{len(text):02x}\\00\\00\\00")
          (data (i32.const 16) "{text}")
          (func (export "_start")
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"""
    )


def root_directory(root: Path, content: bytes, name: str = "app.wasm") -> Path:
    """Make a container's root directory that holds one file, and return it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return root
