# SPDX-License-Identifier: Apache-2.0
"""Container engines of this host, each with folders and sockets of its own, which go with it."""
from __future__ import annotations

import os
import re
import select
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from bundles import layers
from bundles import may_unshare

from mew.image.layout import Layer
from mew.image.layout import image_archive
from mew.image.options import ImageOptions
from mew.link.archive import Entry

RUNTIME = "io.containerd.mew.v1"
WASM_IMAGE = "localhost/guest:1"
LINUX_IMAGE = "localhost/busybox:1"
PAUSE_IMAGE = "localhost/pause:1"
BUSYBOX = Path("/bin/busybox")
_REMOVALS = 100
# Runtimes keep containers of all daemons by namespace and name.
_NAMESPACE = f"mew{os.getpid()}"
_RUNTIME_STATE = Path("/run/containerd/runc")
# Of daemons; who runs the tests may have less.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_CONFIG = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper",
]
[grpc]
address = "{folder}/c"
[ttrpc]
address = "{folder}/t"
[plugins."io.containerd.internal.v1.opt"]
path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
disable_apparmor = true
stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{folder}/net"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.mew]
runtime_type = "{runtime}"
"""


def missing(*programs: str) -> str:
    """Why tests with these programs cannot run here; "" if they can."""
    if os.geteuid() != 0:
        return "containers of an engine need root"
    if not may_unshare():
        return "this machine lets root make no namespaces and mounts"
    lacking = [name for name in programs if not shutil.which(name, path=PATH)]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def wasm_image(program: Program, *arguments: str) -> bytes:
    """An image with the program and its kernel, as `mew image build` makes it."""
    options = ImageOptions((WASM_IMAGE,), args=arguments)
    return image_archive(layers(program), "/app.wasm", options)


def linux_image(reference: str, *command: str) -> bytes:
    """An image with Debian's static busybox as `/bin/sh` and others."""
    names = ("sh", "cat", "sleep", "nc", "ip")
    content = Entry(stat.S_IFREG | 0o755, BUSYBOX.read_bytes())
    files = {f"bin/{name}": Entry(stat.S_IFLNK | 0o777, b"busybox") for name in names}
    layer = Layer({**files, "bin/busybox": content}, "test")
    return image_archive([layer], command[0], ImageOptions((reference,), args=command[1:]))


class Containerd:
    """A daemon with a client, `ctr`."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.folder = Path(tempfile.mkdtemp(prefix="ctd", dir="/tmp"))
        self.address = self.folder / "c"
        (self.folder / "net").mkdir()
        self._config = self.folder / "config.toml"
        self._config.write_text(
            _CONFIG.format(folder=self.folder, pause=PAUSE_IMAGE, runtime=RUNTIME)
        )
        self._daemon = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        path = f"{self.runtime.programs}:{PATH}"
        daemon = subprocess.Popen(
            ["containerd", "-c", self._config], env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert daemon.stderr is not None
        log = b""
        while b"containerd successfully booted" not in log:
            assert select.select([daemon.stderr], [], [], TIMEOUT_S)[0], log.decode()
            data = os.read(daemon.stderr.fileno(), 1 << 16)
            assert data, log.decode()
            log += data
        # It would wait for a reader of its log.
        self._drain = subprocess.Popen(
            ["cat"], stdin=daemon.stderr, stdout=(self.folder / "log").open("ab")
        )
        daemon.stderr.close()
        return daemon

    def restart(self) -> None:
        """Stop the daemon and start another one; the containers stay."""
        self._daemon.terminate()
        self._daemon.wait(TIMEOUT_S)
        self._drain.wait(TIMEOUT_S)
        self._daemon = self._start()

    def close(self) -> None:
        """End the daemon, its containers and its folders."""
        for name in self.ctr("task", "ls", "-q").stdout.decode().split():
            self.ctr("task", "rm", "--force", name)
        self._daemon.terminate()
        self._daemon.wait(TIMEOUT_S)
        self._drain.wait(TIMEOUT_S)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(_RUNTIME_STATE / _NAMESPACE, ignore_errors=True)

    def load(self, archive: bytes, namespace: str = _NAMESPACE) -> None:
        """Import an image."""
        path = self.folder / "image.tar"
        path.write_bytes(archive)
        done = self.ctr("images", "import", path, namespace=namespace)
        assert done.returncode == 0, done.stderr

    def start_ctr(
        self, *words: object, namespace: str = _NAMESPACE, **more: Any
    ) -> "subprocess.Popen[bytes]":
        """Start the client."""
        command = ["ctr", "-a", self.address, "-n", namespace, *words]
        return subprocess.Popen([str(word) for word in command], start_new_session=True, **more)

    def ctr(
        self, *words: object, namespace: str = _NAMESPACE
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run the client to its end."""
        process = self.start_ctr(
            *words, namespace=namespace, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            stdout, stderr = process.communicate(timeout=TIMEOUT_S)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def task(self, name: str) -> str:
        """A task's state in containerd's words, "" if there is none."""
        for line in self.ctr("task", "ls").stdout.decode().splitlines():
            words = line.split()
            if words[0] == name:
                return words[2]
        return ""

    def stop(self, name: str, signal: str = "SIGTERM") -> int:
        """Send a signal to a task, wait for its end, remove it: the status that containerd saw."""
        (pid,) = (
            int(line.split()[1])
            for line in self.ctr("task", "ls").stdout.decode().splitlines()
            if line.split()[0] == name
        )
        descriptor = os.pidfd_open(pid)
        try:
            self.ctr("task", "kill", "--signal", signal, name)
            assert select.select([descriptor], [], [], TIMEOUT_S)[0], "the task does not end"
        finally:
            os.close(descriptor)
        for _ in range(_REMOVALS):
            # containerd hears of the end a moment later.
            done = self.ctr("task", "rm", name)
            if b"must be stopped" not in done.stderr:
                said = re.search(rb"non-zero exit code (\d+)", done.stderr)
                return int(said[1]) if said else done.returncode
        raise AssertionError(f"containerd does not hear of the end of {name}")
