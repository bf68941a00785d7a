# SPDX-License-Identifier: Apache-2.0
"""Remote cache and remote execution over the Remote Execution API: BuildGrid on loopback."""
from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Iterator

import pytest
from remote_server import INSTANCE
from remote_server import Server
from remote_server import running_server
from remote_server import running_workers
from workspace import HELLO
from workspace import Workspace

# Toolchain and wheels take 560 MB; what is read of the results is a few.
STORE_BYTES_MAX = 64 << 20

REMOTE_ENVIRONMENT = """
remote_environment(
    name="remote",
    platform="linux_x86_64",
    python_bootstrap_search_path={folders!r},
)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("buildgrid")) as started:
        yield started


def build(
    workspace: Workspace, server: Server, *options: str
) -> tuple[bytes, dict[str, int]]:
    """Build with that server: the image, and Pants's counters."""
    image, log = workspace.package(
        HELLO,
        f"--remote-store-address=grpc://{server.address}",
        f"--remote-instance-name={INSTANCE}",
        "--remote-store-rpc-concurrency=20",
        "--stats-log",
        *options,
        daemon=False,
    )
    counters = re.findall(r"^ +((?:remote|local)_\w+): (\d+)$", log, re.MULTILINE)
    return image, {name: int(count) for name, count in counters}


def cached(folder: Path, server: Server) -> tuple[bytes, dict[str, int]]:
    """Build with a fresh store and the server's cache."""
    workspace = Workspace.copy_repository(folder / "repository", folder / "cache")
    options = ("--remote-cache-read", "--remote-cache-write", "--cache-content-behavior=defer")
    return build(workspace, server, *options)


def allocated_bytes(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def test_second_machine_finds_everything(server: Server, tmp_path: Path) -> None:
    first_image, first = cached(tmp_path / "first", server)
    assert first["remote_cache_requests_cached"] == 0
    written = first["remote_cache_write_successes"]
    assert written == first["remote_cache_requests"] > 0
    second_image, second = cached(tmp_path / "second", server)
    assert second_image == first_image
    assert second["remote_cache_requests_cached"] == second["remote_cache_requests"] == written
    assert second["remote_cache_write_attempts"] == 0
    # The toolchain stayed where it was: nothing had to run it.
    assert allocated_bytes(tmp_path / "first/cache/store") > STORE_BYTES_MAX
    assert allocated_bytes(tmp_path / "second/cache/store") < STORE_BYTES_MAX


def python_folders() -> list[str]:
    """Where a worker's machine, which is this one, has the compiler's Python."""
    found = [shutil.which(name) for name in ("python3.11", "python3.12", "python3.13")]
    names = [Path(sys.base_prefix, "bin"), *(Path(path).parent for path in found if path)]
    return list(dict.fromkeys(map(str, names)))


def test_every_process_runs_on_workers(
    server: Server, cold_build: bytes, tmp_path: Path
) -> None:
    workspace = Workspace.copy_repository(tmp_path / "repository", tmp_path / "cache")
    build_file = workspace.root / "examples/hello/BUILD"
    declared = build_file.read_text().replace(
        'sources=["hello.wat"],', 'sources=["hello.wat"],\n    environment="remote",'
    )
    environment = REMOTE_ENVIRONMENT.format(folders=python_folders())
    build_file.write_text(declared + environment)
    with running_workers(server, 2):
        image, counters = build(
            workspace,
            server,
            "--remote-execution",
            f"--remote-execution-address=grpc://{server.address}",
            "--environments-preview-names={'remote': '//examples/hello:remote'}",
        )
    assert image == cold_build
    assert counters["remote_execution_success"] == counters["remote_execution_requests"] > 10
    assert counters["local_execution_requests"] == 0
