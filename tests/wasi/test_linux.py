# SPDX-License-Identifier: Apache-2.0
"""The official preview1 programs on the Linux host, all of them."""
from __future__ import annotations

import subprocess
from pathlib import Path

import corpus
import pytest
from mew_abi import wasi
from pipeline import TIMEOUT_S
from pipeline import ZIG
from pipeline import System
from pipeline import expect_success
from pipeline import run_module

ARCHIVE = corpus.archive()
CASES = corpus.load(ARCHIVE) if ARCHIVE else []
FEATURES = ",".join(wasi.FEATURES)

pytestmark = pytest.mark.skipif(
    not CASES, reason=f"{corpus.ARCHIVE} is not here; point MEW_CORPORA at its folder"
)


@pytest.fixture(scope="module")
def linux(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The host with every feature set."""
    work = tmp_path_factory.mktemp("linux")
    objects = work / "objects"
    expect_success(
        run_module(
            "mew", "build-system", "--system", "linux", "--zig", ZIG, "-o", objects,
            "--features", FEATURES,
        )
    )
    return System("linux", objects, work)


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 48


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_program(linux: System, case: corpus.Case, tmp_path: Path) -> None:
    module = tmp_path / "program.wasm"
    module.write_bytes(case.module)
    image = linux.link(module, case.name.replace("/", "-"), "--wasi", FEATURES)
    environment = dict(case.environment)
    if case.root is not None:
        case.write_root(tmp_path / "root")
        environment["MEW_PREOPENS"] = f"/={tmp_path / 'root'}"
    done = subprocess.run(
        ["program", *case.arguments], executable=image, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False,
    )
    assert done.returncode == case.exit_code, done.stderr.decode(errors="replace")
    if case.stdout is not None:
        assert done.stdout.decode() == case.stdout
