# SPDX-License-Identifier: Apache-2.0
"""How large an image is with each set of WASI features, and what code it holds.

    python tests/kernel/sizes.py        # the table of docs/reference/limits.md

For each set the kernel is built with it and linked with a program that uses every function of
the set, so that nothing of it can be left out; and with a program that only ends.
"""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "src/python"), str(REPOSITORY / "tests/support")]

from mew.link import elf  # noqa: E402
from mew_abi import wasi  # noqa: E402
from pipeline import System  # noqa: E402

FEATURE_SETS = (
    ("process",),
    ("process", "stdio"),
    ("process", "stdio", "clocks"),
    wasi.DEFAULT_FEATURES,
    (*wasi.DEFAULT_FEATURES, "sockets"),
    (*wasi.DEFAULT_FEATURES, "filesystem"),
    tuple(wasi.FEATURES),
)

# How symbols of code begin that only one feature set needs: a kernel's function is named after its
# file. Functions that were inlined have no symbol, so not every file is listed.
MARKS = {
    "filesystem": ("fs.", "mem.heap.", "wasi.directory.", "wasi.file.", "wasi.path."),
    "sockets": ("net.", "uplink.", "wasi.socket."),
}
_WASM_TYPES = {"i": "i32", "I": "i64"}


def program(features: Sequence[str]) -> str:
    """A module in text that may call every function of `features`, depending on its memory."""
    imports, calls = [], []
    for name, row in wasi.SYSTEM_FUNCTIONS.items():
        if row.feature not in features:
            continue
        params = " ".join(_WASM_TYPES[kind] for kind in row.params)
        results = " ".join(_WASM_TYPES[kind] for kind in row.results)
        imports.append(
            f'  (import "{wasi.MODULE}" "{wasi.import_name(name)}" '
            f"(func ${name} (param {params}) (result {results})))"
        )
        operands = " ".join(f"({_WASM_TYPES[kind]}.const 0)" for kind in row.params)
        call = f"(call ${name} {operands})"
        calls.append(f"      {'(drop ' + call + ')' if row.results else call}")
    return "\n".join([
        "(module", *imports,
        '  (memory (export "memory") 1)',
        '  (func (export "_start") (if (i32.load (i32.const 0)) (then',
        *calls, "  ))))",
    ])


def link(system: System, features: Sequence[str]) -> Path:
    """Link the program that uses all of `features` with `system`, which must have them."""
    stem = f"all-of-{len(features)}"
    source = system.work / f"{stem}.wat"
    source.write_text(program(features))
    options = () if "filesystem" in features else ("--no-preopens",)
    return system.link(source, stem, "--wasi", ",".join(features), options=options)


def marked_symbols(image: Path, feature: str) -> "list[str]":
    """The image's symbols that belong to `feature` alone: its WASI functions and their code."""
    exported = tuple(
        f"{wasi.MODULE}.{name}"
        for name, row in wasi.SYSTEM_FUNCTIONS.items()
        if row.feature == feature
    )
    names = {
        symbol.name.decode(errors="replace")
        for symbol in elf.Image(image.read_bytes(), str(image)).symbols()
    }
    return sorted(
        name for name in names if name.startswith(MARKS.get(feature, ())) or name in exported
    )


def main() -> int:
    """Print the table."""
    print("| feature sets | program that uses all of it | program that uses none |")
    print("|---|---|---|")
    for features in FEATURE_SETS:
        with tempfile.TemporaryDirectory() as work:
            system = System.build("kernel", Path(work), "--features", ",".join(features))
            sizes = [link(system, used).stat().st_size for used in (features, ())]
        print(f"| {', '.join(features)} | {sizes[0]} | {sizes[1]} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
