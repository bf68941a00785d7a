# SPDX-License-Identifier: Apache-2.0
"""A remote cache over the Remote Execution API: a second machine compiles and fetches nothing.

The server is BuildGrid, from the package index, on the loopback interface.
"""
from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
from workspace import HELLO
from workspace import Workspace

REQUIREMENTS = Path(__file__).parent / "buildgrid.txt"
INSTANCE = "main"
SERVER = """\
server:
  - !channel
    address: {address}
    insecure-mode: true
thread-pool-size: 100
storages:
  - !disk-storage &storage
    path: {folder}
caches:
  - !lru-action-cache &results
    storage: *storage
    max-cached-refs: 256
    allow-updates: true
    cache-failed-actions: false
instances:
  - name: {instance}
    services:
      - !action-cache
        cache: *results
      - !cas
        storage: *storage
      - !bytestream
        storage: *storage
"""
READY = "Starting BuildGrid server"
# Toolchain and wheels take 560 MB; what is read of the results is a few.
STORE_BYTES_MAX = 64 << 20

# BuildGrid needs a later Python than the tests do. Shims of version managers may find none.
_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3")
_PROBE = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"


def find_python() -> str:
    """A Python that BuildGrid runs on; skips where there is none."""
    for name in (sys.executable, *_PYTHONS):
        path = shutil.which(name)
        if path is None:
            continue
        probed = subprocess.run([path, "-I", "-c", _PROBE], capture_output=True, check=False)
        if probed.returncode == 0:
            return path
    pytest.skip("BuildGrid needs Python 3.11 or later")


@pytest.fixture(scope="module")
def cache_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server with nothing in it."""
    folder = tmp_path_factory.mktemp("buildgrid")
    programs = folder / "environment/bin"
    subprocess.run([find_python(), "-I", "-m", "venv", programs.parent], check=True)
    subprocess.run([programs / "pip", "install", "-q", "-r", REQUIREMENTS], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings = folder / "server.yml"
    settings.write_text(
        SERVER.format(address=address, folder=folder / "storage", instance=INSTANCE)
    )
    with subprocess.Popen(
        [programs / "bgd", "server", "start", settings],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if READY in line:
                break
        else:
            pytest.fail(f"the server did not start:\n{''.join(said)}")
        yield address
        server.terminate()


def build(store: Path, address: str) -> tuple[bytes, dict[str, int]]:
    """Build with a fresh store: the image, and Pants's counters."""
    workspace = Workspace.copy_repository(store / "repository", store / "cache")
    image, log = workspace.package(
        HELLO,
        "--remote-cache-read",
        "--remote-cache-write",
        f"--remote-store-address=grpc://{address}",
        f"--remote-instance-name={INSTANCE}",
        "--remote-store-rpc-concurrency=20",
        "--cache-content-behavior=defer",
        "--stats-log",
        daemon=False,
    )
    counters = re.findall(r"^ +(remote_cache_\w+): (\d+)$", log, re.MULTILINE)
    return image, {name: int(count) for name, count in counters}


def allocated_bytes(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def test_second_machine_finds_everything(cache_address: str, tmp_path: Path) -> None:
    first_image, first = build(tmp_path / "first", cache_address)
    assert first["remote_cache_requests_cached"] == 0
    written = first["remote_cache_write_successes"]
    assert written == first["remote_cache_requests"] > 0
    second_image, second = build(tmp_path / "second", cache_address)
    assert second_image == first_image
    assert second["remote_cache_requests_cached"] == second["remote_cache_requests"] == written
    assert second["remote_cache_write_attempts"] == 0
    # The toolchain stayed where it was: nothing had to run it.
    assert allocated_bytes(tmp_path / "first/cache/store") > STORE_BYTES_MAX
    assert allocated_bytes(tmp_path / "second/cache/store") < STORE_BYTES_MAX
