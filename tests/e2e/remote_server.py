# SPDX-License-Identifier: Apache-2.0
"""BuildGrid, a server of the Remote Execution API, on the loopback interface.

The release is the last one that schedules actions without a PostgreSQL server.
"""
from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from typing import NamedTuple

import pytest

HERE = Path(__file__).resolve().parent
INSTANCE = "main"
SETTINGS = """\
server:
  - !channel
    address: {address}
    insecure-mode: true
thread-pool-size: 100
storages:
  - !disk-storage &storage
    path: {folder}/storage
caches:
  - !lru-action-cache &results
    storage: *storage
    max-cached-refs: 256
    allow-updates: true
    cache-failed-actions: false
schedulers:
  - !sql-scheduler &scheduler
    storage: *storage
    connection-string: sqlite:///{folder}/scheduler.sqlite
    automigrate: true
    action-cache: *results
instances:
  - name: {instance}
    services:
      - !action-cache
        cache: *results
      - !execution
        scheduler: *scheduler
      - !cas
        storage: *storage
      - !bytestream
        storage: *storage
"""
READY = "Starting BuildGrid server"

# It needs a later Python than the backend. Shims of version managers may find none.
_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3")
_PROBE = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"


class Server(NamedTuple):
    """A running server, and the Python that has its libraries."""

    address: str
    python: Path
    folder: Path


def _find_python() -> str:
    """A Python that BuildGrid runs on; skips where there is none."""
    for name in (sys.executable, *_PYTHONS):
        path = shutil.which(name)
        if path is None:
            continue
        probed = subprocess.run([path, "-I", "-c", _PROBE], capture_output=True, check=False)
        if probed.returncode == 0:
            return path
    pytest.skip("BuildGrid needs Python 3.11 or later")


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Install and start a server with nothing in its stores; it ends with the context."""
    programs = folder / "environment/bin"
    subprocess.run([_find_python(), "-I", "-m", "venv", programs.parent], check=True)
    requirements = HERE / "buildgrid.txt"
    subprocess.run([programs / "pip", "install", "-q", "-r", requirements], check=True)
    address = _free_address()
    settings = folder / "server.yml"
    settings.write_text(SETTINGS.format(address=address, folder=folder, instance=INSTANCE))
    with subprocess.Popen(
        [programs / "python", "-I", programs / "bgd", "server", "start", settings],
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
        yield Server(address, programs / "python", folder)
        server.terminate()


@contextmanager
def running_workers(server: Server, count: int) -> Iterator[None]:
    """Start workers (remote_worker.py) that run the server's actions."""
    workers = [
        subprocess.Popen(
            [server.python, "-I", HERE / "remote_worker.py", server.address, INSTANCE,
             server.folder / f"worker{number}"],
            stdout=subprocess.DEVNULL, stderr=(server.folder / f"worker{number}.log").open("wb"),
        )
        for number in range(count)
    ]  # fmt: skip
    try:
        yield
        for number, worker in enumerate(workers):
            log = (server.folder / f"worker{number}.log").read_text()
            assert worker.poll() is None, f"a worker ended:\n{log}"
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
