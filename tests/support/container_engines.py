# SPDX-License-Identifier: Apache-2.0
"""Container engines of this machine, each with directories of its own that go away."""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator
from typing import Mapping

import pytest

TIMEOUT_S = 60
_CONTAINERD_CONFIG = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.devmapper",
]
[grpc]
  address = "{folder}/socket"
[ttrpc]
  address = "{folder}/ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
"""
# Limits that a machine without CAP_SYS_RESOURCE can set; no systemd, no journal.
_CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def needs(*programs: str, root: bool = False) -> None:
    """Skip the test where it cannot run, and say why."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if root and os.geteuid() != 0:
        pytest.skip("needs root")


@dataclass(frozen=True)
class Ended:
    """A command's end."""

    exit_code: int
    stdout: str
    stderr: str


def run(*argv: object, env: Mapping[str, str] | None = None) -> Ended:
    """Run a command without input to its end."""
    done = subprocess.run(
        list(map(str, argv)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=False, env={**os.environ, **(env or {})},
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def call(*argv: object, env: Mapping[str, str] | None = None) -> str:
    """Run a command that has to succeed; returns its standard output."""
    ended = run(*argv, env=env)
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout


@contextmanager
def short_folder() -> Iterator[str]:
    """A directory whose path is short enough for the sockets in it."""
    folder = tempfile.mkdtemp(prefix="mew-", dir="/tmp")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def containerd(env: Mapping[str, str] | None = None) -> Iterator[str]:
    """A containerd without Kubernetes' part; yields its socket. `env` is what shims see."""
    with short_folder() as folder:
        config = Path(folder, "config.toml")
        config.write_text(_CONTAINERD_CONFIG.format(folder=folder))
        with subprocess.Popen(
            ["containerd", "-c", config], stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(env or {})},
        ) as process:
            try:
                _wait_for_server(process, "successfully booted")
                yield f"{folder}/socket"
            finally:
                process.terminate()


def _wait_for_server(process: subprocess.Popen[str], ready: str) -> None:
    """Read its log until it says that it serves; somebody else reads the rest, or it would stop."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if ready in line:
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return
    raise AssertionError("the server ended: " + "".join(said))


@contextmanager
def docker() -> Iterator[list[str]]:
    """A Docker without networks; yields its client's first words."""
    with short_folder() as folder, containerd() as containerd_socket:
        socket = f"unix://{folder}/docker"
        argv = [
            "dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
            "--pidfile", f"{folder}/pid", "--host", socket, "--containerd", containerd_socket,
            "--iptables=false", "--bridge=none", "--storage-driver=vfs",
        ]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
            try:
                _wait_for_server(process, "API listen on")
                yield ["docker", "--host", socket]
            finally:
                process.terminate()


@dataclass(frozen=True)
class Podman:
    """A podman with images of its own."""

    argv: tuple[str, ...]
    env: Mapping[str, str]

    def run(self, *arguments: object) -> Ended:
        """Run one of its commands to its end."""
        return run(*self.argv, *arguments, env=self.env)

    def call(self, *arguments: object) -> str:
        """Run one of its commands, which has to succeed."""
        return call(*self.argv, *arguments, env=self.env)


@contextmanager
def podman(env: Mapping[str, str] | None = None) -> Iterator[Podman]:
    """A podman; `env` is what runtimes see."""
    with short_folder() as folder:
        conf = Path(folder, "containers.conf")
        conf.write_text(_CONTAINERS_CONF)
        argv = ("podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
                "--storage-driver", "vfs")
        yield Podman(argv, {**(env or {}), "CONTAINERS_CONF": str(conf)})
