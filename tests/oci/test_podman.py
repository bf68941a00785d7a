# SPDX-License-Identifier: Apache-2.0
"""`podman --runtime mew`, with storage of our own."""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from engines import BUSYBOX
from engines import LINUX_IMAGE
from engines import WASM_IMAGE
from engines import linux_image
from engines import missing
from engines import wasm_image

_WHY_NOT = missing("podman", "conmon", "runc", str(BUSYBOX))
pytestmark = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)
# Without CAP_SYS_RESOURCE limits cannot be raised, as podman would like to.
_CONFIG = """\
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[engine.runtimes]
mew = ["{runtime}/mew-oci"]
"""


class Podman:
    """The command, on folders of its own. Its containers have no network: a bridge would be this
    machine's."""

    def __init__(self, runtime: Runtime) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pod", dir="/tmp"))
        config = self.folder / "containers.conf"
        config.write_text(_CONFIG.format(runtime=runtime.programs))
        self._environment = {**os.environ, "CONTAINERS_CONF": str(config)}

    def run(self, *words: object, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run podman to its end."""
        command = [
            "podman", "--root", self.folder / "root", "--runroot", self.folder / "run",
            "--tmpdir", self.folder / "tmp", "--storage-driver", "vfs", "--runtime", "mew", *words,
        ]
        return subprocess.run(
            [str(word) for word in command], env=self._environment, input=stdin,
            capture_output=True, timeout=TIMEOUT_S, check=False,
        )

    def load(self, archive: bytes) -> None:
        """Import an image."""
        path = self.folder / "image.tar"
        path.write_bytes(archive)
        done = self.run("load", "-i", path)
        assert done.returncode == 0, done.stderr

    def container(
        self, *words: object, stdin: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        """`podman run`."""
        return self.run("run", "--rm", "-i", "--network", "none", *words, stdin=stdin)


@pytest.fixture(scope="module")
def podman(runtime: Runtime, whole: Program) -> Iterator[Podman]:
    podman = Podman(runtime)
    try:
        podman.load(wasm_image(whole, "show"))
        podman.load(linux_image(LINUX_IMAGE, "/bin/sh", "-c", "echo delegated"))
        yield podman
    finally:
        podman.run("rm", "--all", "--force", "--time", "0")
        podman.run("rmi", "--all", "--force")
        shutil.rmtree(podman.folder, ignore_errors=True)


def test_run(podman: Podman) -> None:
    done = podman.container(WASM_IMAGE, "streams")
    assert done.stdout == b"to output\n"
    # After a warning: the program would like to serve.
    assert done.stderr.endswith(b"to errors\n")
    assert podman.container(WASM_IMAGE, "exit", "42").returncode == 42
    assert podman.container(WASM_IMAGE, "cat", stdin=b"typed").stdout == b"typed"
    assert podman.container(LINUX_IMAGE).stdout == b"delegated\n"


def test_stop_and_start_again(podman: Podman) -> None:
    name = "again"
    done = podman.run("run", "-d", "--name", name, "--network", "none", WASM_IMAGE, "serve")
    assert done.returncode == 0, done.stderr
    status = ("inspect", name, "--format", "{{.State.ExitCode}}")
    refused = podman.run("exec", name, "ls")
    assert refused.returncode != 0 and b"exec is not possible" in refused.stderr
    # Asked to end, it has nobody to serve.
    podman.run("stop", "--time", TIMEOUT_S, name)
    assert podman.run(*status).stdout.strip() == b"0"
    assert podman.run("start", name).returncode == 0
    podman.run("kill", name)
    assert podman.run("wait", name).stdout.strip() == b"137"
    assert podman.run("rm", name).returncode == 0


def test_volumes(podman: Podman) -> None:
    """Folders and files of the host, read-only where that is asked for; new files are root's."""
    volume = podman.folder / "volume"
    volume.mkdir()
    (volume / "there").write_text("content")
    whole = ("-v", f"{volume}:/data")
    assert podman.container(*whole, WASM_IMAGE, "read", "data/there").stdout == b"content"
    one = ("-v", f"{volume}/there:/etc/config:ro", "--read-only")
    assert podman.container(*one, WASM_IMAGE, "read", "etc/config").stdout == b"content"
    assert podman.container(*one, WASM_IMAGE, "write", "etc/config", "x").returncode != 0
    assert podman.container(*one, WASM_IMAGE, "write", "new", "x").returncode != 0
    assert podman.container(*whole, WASM_IMAGE, "write", "data/new", "text").returncode == 0
    assert (volume / "new").read_text() == "text"
    assert (volume / "new").stat().st_uid == 0
    assert podman.container(
        *whole, "--user", "1234:1234", WASM_IMAGE, "write", "data/other", "x"
    ).returncode != 0


def test_limits(podman: Podman) -> None:
    limits = ("--memory", "128m", "--cpus", "0.5")
    assert podman.container(*limits, WASM_IMAGE, "exit", "0").returncode == 0
    done = podman.container("--memory", "20m", WASM_IMAGE, "exit", "0")
    assert done.returncode != 0 and b"memory limit of 20 MiB is too low" in done.stderr
