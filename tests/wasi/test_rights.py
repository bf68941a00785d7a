# SPDX-License-Identifier: Apache-2.0
"""Each right of preview1, taken away and given; calls on what is closed or of another kind."""
from __future__ import annotations

import subprocess
from pathlib import Path

import official
import pytest
import wasi_systems
from pipeline import ZIG

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("system", wasi_systems.SYSTEMS)
def test_each_right(objects: dict[str, Path], tmp_path: Path, system: str) -> None:
    """The exit code names the row of programs/rights.c that failed."""
    module = tmp_path / "rights.wasm"
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-freestanding", "-nostdlib", "-O1", "-Wall", "-Werror",
            "-Wl,--export=_start", "-Wl,--no-entry", HERE / "programs/rights.c", "-o", module,
        ],
        check=True,
        env={"ZIG_LOCAL_CACHE_DIR": str(tmp_path), "ZIG_GLOBAL_CACHE_DIR": str(tmp_path)},
    )
    root = {"file": b"text", "dir/file": b"text", "dir/": None}
    case = official.Case("rights", module.read_bytes(), root=root)
    program = wasi_systems.compile_case(case, tmp_path)
    (tmp_path / "root/dir/link").symlink_to("file")
    outcome = wasi_systems.run_case(system, objects[system], program, case, tmp_path)
    assert wasi_systems.complaint(case, outcome) == ""
