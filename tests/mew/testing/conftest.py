# SPDX-License-Identifier: Apache-2.0
"""A stand-in for QEMU whose program serves one port, and the command that boots it."""
from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable
from typing import List

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "vm")]

from standin import MONITOR  # noqa: E402
from standin import PRELUDE  # noqa: E402
from standin_server import LISTEN  # noqa: E402
from standin_server import SERVER  # noqa: E402

Boot = Callable[[str], List[str]]


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    """boot(body) -> the `mew run` command of a machine that does `body`."""

    def command(body: str) -> List[str]:
        qemu = tmp_path / "qemu"
        qemu.write_text(PRELUDE + MONITOR + SERVER + body)
        qemu.chmod(0o755)
        (tmp_path / "app.elf").touch()
        return [
            sys.executable, "-m", "mew", "run", str(tmp_path / "app.elf"), "--qemu", str(qemu),
            "--publish", "0:8080", "--timeout-s", "60",
        ]  # fmt: skip

    return command


@pytest.fixture
def serving(boot: Boot) -> List[str]:
    """A machine that serves."""
    return boot(LISTEN)


@pytest.fixture(autouse=True)
def search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes import what we do, whatever folder they start in."""
    monkeypatch.setenv("PYTHONPATH", ":".join(map(os.path.abspath, sys.path)))
