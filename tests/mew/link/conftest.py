# SPDX-License-Identifier: Apache-2.0
"""The built Linux host, once per session, and a way to make program objects by hand."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from pipeline import System  # noqa: E402
from pipeline import ZIG  # noqa: E402


@pytest.fixture(scope="session")
def linux(tmp_path_factory: pytest.TempPathFactory) -> System:
    return System.build("linux", tmp_path_factory.mktemp("linux"))


@pytest.fixture
def assemble(tmp_path: Path) -> Callable[[str, str], Path]:
    """assemble(stem, source) -> object file."""

    def run(stem: str, source: str) -> Path:
        text = tmp_path / f"{stem}.S"
        text.write_text(source)
        output = tmp_path / f"{stem}.o"
        cache = tmp_path / "cache"
        subprocess.run(
            [
                ZIG, "build-obj", "-fstrip", "-target", "x86_64-freestanding-none",
                "--cache-dir", cache, "--global-cache-dir", cache, text, f"-femit-bin={output}",
            ],
            check=True,
        )
        return output

    return run
