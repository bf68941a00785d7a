# SPDX-License-Identifier: Apache-2.0
"""`docker run --runtime mew`, with a daemon of our own in a throw-away network namespace."""
from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import namespace
import pytest
from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from engines import BUSYBOX
from engines import LINUX_IMAGE
from engines import PATH
from engines import WASM_IMAGE
from engines import linux_image
from engines import missing
from engines import wasm_image
from namespace import Namespace

_WHY_NOT = (
    missing("dockerd", "docker", "containerd", "runc", "iptables", str(BUSYBOX))
    or namespace.missing()
)
pytestmark = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)


class Docker:
    """A daemon and its client."""

    def __init__(self, runtime: Runtime) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dkr", dir="/tmp"))
        self.outside = Namespace()
        config = {
            "runtimes": {"mew": {"path": str(runtime.programs / "mew-oci")}},
            "data-root": f"{self.folder}/data", "exec-root": f"{self.folder}/exec",
            "pidfile": f"{self.folder}/pid", "hosts": [f"unix://{self.folder}/s"],
            "iptables": False, "ip-forward": False, "storage-driver": "vfs",
            "bip": "10.88.78.1/24",
        }
        (self.folder / "daemon.json").write_text(json.dumps(config))
        self._daemon = self.outside.popen(
            [shutil.which("dockerd", path=PATH), "--config-file", self.folder / "daemon.json"],
            env={**os.environ, "PATH": PATH},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        assert self._daemon.stderr is not None
        log = b""
        while b"API listen on" not in log:
            assert select.select([self._daemon.stderr], [], [], TIMEOUT_S)[0], log.decode()
            data = self._daemon.stderr.read1(1 << 16)
            assert data, log.decode()
            log += data
        # It would wait for a reader of its log.
        self._drain = subprocess.Popen(
            ["cat"], stdin=self._daemon.stderr, stdout=subprocess.DEVNULL
        )

    def close(self) -> None:
        """End the daemon and what it runs."""
        names = self.run("ps", "-aq").stdout.decode().split()
        if names:
            self.run("rm", "-f", *names)
        self._daemon.terminate()
        self._daemon.wait(TIMEOUT_S)
        self._drain.wait(TIMEOUT_S)
        self.outside.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, archive: bytes) -> None:
        """Import an image."""
        path = self.folder / "image.tar"
        path.write_bytes(archive)
        done = self.run("load", "-i", path)
        assert done.returncode == 0, done.stderr

    def run(self, *words: object, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run the client to its end."""
        command = ["docker", "-H", f"unix://{self.folder}/s", *words]
        return subprocess.run(
            [str(word) for word in command], input=stdin, capture_output=True, timeout=TIMEOUT_S,
            check=False,
        )

    def container(
        self, *words: object, stdin: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        """`docker run` without a network."""
        return self.run(
            "run", "--rm", "-i", "--runtime", "mew", "--network", "none", *words, stdin=stdin
        )


@pytest.fixture(scope="module")
def docker(runtime: Runtime, whole: Program) -> Iterator[Docker]:
    docker = Docker(runtime)
    try:
        docker.load(wasm_image(whole, "show"))
        docker.load(linux_image(LINUX_IMAGE, "/bin/sh", "-c", "echo delegated"))
        yield docker
    finally:
        docker.close()


def test_run(docker: Docker) -> None:
    done = docker.container(WASM_IMAGE, "streams")
    assert done.stdout == b"to output\n"
    # After a warning: the program would like to serve.
    assert done.stderr.endswith(b"to errors\n")
    assert docker.container(WASM_IMAGE, "exit", "5").returncode == 5
    assert docker.container(WASM_IMAGE, "cat", stdin=b"typed").stdout == b"typed"
    assert docker.container(LINUX_IMAGE).stdout == b"delegated\n"


def test_server_on_the_bridge(docker: Docker) -> None:
    """Docker's own hook makes the interface, while the container is created."""
    done = docker.run("run", "-d", "--name", "server", "--runtime", "mew", WASM_IMAGE, "serve")
    assert done.returncode == 0, done.stderr
    with subprocess.Popen(
        ["docker", "-H", f"unix://{docker.folder}/s", "logs", "-f", "server"],
        stdout=subprocess.PIPE,
    ) as logs:
        assert logs.stdout is not None and logs.stdout.readline() == b"serving\n"
        logs.kill()
    address = docker.run(
        "inspect", "server", "--format", "{{.NetworkSettings.IPAddress}}"
    ).stdout.decode().strip()
    with docker.outside.connect((address, 8080), TIMEOUT_S) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
    assert docker.run("wait", "server").stdout.strip() == b"0"
