# SPDX-License-Identifier: Apache-2.0
"""The official suite (version 3.0) on the Linux host: the scripts that version 2.0 has not."""
from __future__ import annotations

from pathlib import Path

import corpus
import pytest
from corpus import Script
from halves import check_scripts
from suite import make_setup

# Version 2.0 has these scripts in another folder.
_MOVED = "bulk-memory/"


def test_scripts_that_are_new(scripts: dict[str, Script], tmp_path: Path) -> None:
    archive = corpus.archive("3.0")
    if archive is None:
        pytest.skip(f"no {corpus.SUITES['3.0']}; name its folder in MEW_CORPORA")
    new = [
        script
        for script in corpus.load(archive)
        if script.name not in scripts and not script.name.startswith(_MOVED)
    ]
    assert len(new) == 110
    check_scripts(make_setup("3.0", "host", tmp_path), new)
