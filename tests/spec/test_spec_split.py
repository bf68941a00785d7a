# SPDX-License-Identifier: Apache-2.0
"""Scripts of the official suites with each function in a codegen unit of its own.

These touch everything by which units refer to each other: calls, tables, globals, memories,
segments, tags, references, exports, the start function. All scripts of both versions pass by
`python tests/spec/run.py --suite 3.0 --split`.
"""
from __future__ import annotations

from pathlib import Path

import corpus
import pytest
from corpus import Script
from halves import check_scripts
from suite import make_setup

SCRIPTS = ("call", "elem", "global", "linking", "memory_size", "ref_func", "start", "table_grow")
SCRIPTS_3_0 = ("exceptions/throw", "exceptions/throw_ref", "gc/array", "gc/struct")


def test_scripts(scripts: dict[str, Script], tmp_path: Path) -> None:
    setup = make_setup("2.0", "host", tmp_path, optimisation=1, split=True)
    check_scripts(setup, [scripts[name] for name in SCRIPTS])


def test_scripts_of_version_3(tmp_path: Path) -> None:
    archive = corpus.archive("3.0")
    if archive is None:
        pytest.skip(f"no {corpus.SUITES['3.0']}; name its folder in MEW_CORPORA")
    chosen = [script for script in corpus.load(archive) if script.name in SCRIPTS_3_0]
    assert len(chosen) == len(SCRIPTS_3_0)
    check_scripts(make_setup("3.0", "host", tmp_path, optimisation=1, split=True), chosen)
