# SPDX-License-Identifier: Apache-2.0
"""A program with source lines that traps in a function which was inlined."""
from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline import ZIG

# `caller` is inlined into `start` by us: C keeps it apart. The trap is in line 5.
_SOURCE = """\
int cell = 7;
__attribute__((noinline)) static int caller(int a)
{
    if (a == 7)
        __builtin_trap();
    return a;
}
__attribute__((export_name("_start"))) void start(void)
{
    cell = caller(cell);
}
"""


def build_inlined(folder: Path) -> Path:
    """Compile the program with DWARF, in which its source is /source/main.c: the module."""
    source, module = folder / "main.c", folder / "main.wasm"
    source.write_text(_SOURCE)
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry", "-g", "-O1",
            f"-ffile-prefix-map={folder}=/source", source, "-o", module,
        ],
        check=True, cwd=folder,
        env={"ZIG_LOCAL_CACHE_DIR": str(folder), "ZIG_GLOBAL_CACHE_DIR": str(folder)},
    )  # fmt: skip
    return module
