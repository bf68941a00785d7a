# SPDX-License-Identifier: Apache-2.0
"""Compile Python sources to byte code: `precompile TREE OUTPUT`.

For every `.py` file below TREE its `__pycache__/*.pyc` is written below OUTPUT, at the same path.
The byte code names its source by the path inside the tree and holds the source's hash, which is
not compared when it is imported: the build has put both together. So the files depend on the
sources and on the interpreter's version only.
"""
from __future__ import annotations

import sys
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode
from py_compile import compile as compile_file
from typing import Sequence


def precompile(tree: Path, output: Path) -> None:
    """Write the byte code of all sources in the order of their paths.

    Raises py_compile.PyCompileError for a source that is not Python.
    """
    for source in sorted(tree.rglob("*.py")):
        inside = source.relative_to(tree).as_posix()
        target = output / cache_from_source(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        compile_file(
            str(source), str(target), inside, doraise=True, optimize=0,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )


def main(arguments: Sequence[str]) -> int:
    """Compile one tree."""
    tree, output = map(Path, arguments)
    output.mkdir(parents=True, exist_ok=True)
    precompile(tree, output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
