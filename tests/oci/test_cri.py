# SPDX-License-Identifier: Apache-2.0
"""A pod as kubelet makes it: a unikernel that serves, and a sidecar, in one network namespace.

containerd itself runs in a throw-away network namespace, where its plugin makes the bridge.
"""
from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Iterator

import namespace
import pytest
from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from cri import Cri
from engines import BUSYBOX
from engines import LINUX_IMAGE
from engines import PAUSE_IMAGE
from engines import WASM_IMAGE
from engines import Containerd
from engines import linux_image
from engines import missing
from engines import wasm_image
from namespace import Namespace

_PLUGINS = Path("/usr/lib/cni")
_WHY_NOT = (
    missing("containerd", "containerd-shim-runc-v2", "runc", "tc", "iptables", str(BUSYBOX))
    or namespace.missing()
    or ("" if (_PLUGINS / "bridge").exists() else "not installed: containernetworking-plugins")
)
pytestmark = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)
_NETWORK = {
    "cniVersion": "0.4.0",
    "name": "mewtest",
    "plugins": [
        {
            "type": "bridge", "bridge": "mewtest0", "isGateway": True,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.77.0/24"}]]},
        },
    ],
}
_EXITED = 2
# Less than a call may take.
_GRACE_S = 30


class Kubelet:
    """What kubelet does, as far as it is needed here."""

    def __init__(self, engine: Containerd, folder: Path) -> None:
        self.cri = Cri(engine.address)
        self._folder = folder
        self._metadata = [(1, "pod"), (2, "uid"), (3, "default")]
        self._pod = [(1, self._metadata), (3, str(folder))]
        self.pod = _text(self.cri.call("RunPodSandbox", [(1, self._pod), (2, "mew")])[1][0])

    def address(self) -> str:
        """The pod's IP address."""
        answer = self.cri.call("PodSandboxStatus", [(1, self.pod)])
        status = _fields(answer[1][0])
        return _text(_fields(status[5][0])[1][0])

    def start(self, name: str, image: str, *command: str) -> str:
        """Create and start a container: its id."""
        config = [
            (1, [(1, name)]), (2, [(1, image)]), *((3, word) for word in command), (11, name),
        ]
        answer = self.cri.call(
            "CreateContainer", [(1, self.pod), (2, config), (3, self._pod)]
        )
        container = _text(answer[1][0])
        self.cri.call("StartContainer", [(1, container)])
        return container

    def stop(self, container: str) -> int:
        """Ask it to end, as the deletion of a pod does: its exit code."""
        self.cri.call("StopContainer", [(1, container), (2, _GRACE_S)])
        return self.exit_code(container)

    def exit_code(self, container: str) -> int:
        """Of a container that has ended, which containerd may have still to find out."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while True:
            status = _fields(self.cri.call("ContainerStatus", [(1, container)])[1][0])
            if status[3] == [_EXITED] or time.monotonic() > deadline_s:
                break
        assert status[3] == [_EXITED], status
        code = status.get(7, [0])[0]
        assert isinstance(code, int)
        return code

    def log(self, name: str) -> str:
        """What a container wrote."""
        lines = (self._folder / name).read_text().splitlines()
        return "".join(line.split(" ", 3)[3] + "\n" for line in lines)

    def close(self) -> None:
        """Remove the pod."""
        self.cri.call("StopPodSandbox", [(1, self.pod)])
        self.cri.call("RemovePodSandbox", [(1, self.pod)])


def _fields(content: "int | bytes") -> "dict[int, list[int | bytes]]":
    from cri import decode

    assert isinstance(content, bytes)
    return decode(content)


def _text(content: "int | bytes") -> str:
    assert isinstance(content, bytes)
    return content.decode()


@pytest.fixture(scope="module")
def outside() -> Iterator[Namespace]:
    outside = Namespace()
    yield outside
    outside.close()


@pytest.fixture(scope="module")
def engine(runtime: Runtime, whole: Program, outside: Namespace) -> Iterator[Containerd]:
    engine = outside.call(Containerd, runtime)
    try:
        network = {**_NETWORK}
        network["plugins"][0]["ipam"]["dataDir"] = str(engine.folder / "ipam")
        (engine.folder / "net/10-mewtest.conflist").write_text(json.dumps(network))
        archives = (
            wasm_image(whole, "serve"),
            linux_image(LINUX_IMAGE, "/bin/sh", "-c", "echo sidecar"),
            linux_image(PAUSE_IMAGE, "/bin/sleep", "3600"),
        )
        for archive in archives:
            engine.load(archive, namespace="k8s.io")
        yield engine
    finally:
        engine.close()


@pytest.fixture
def kubelet(engine: Containerd, tmp_path: Path) -> Iterator[Kubelet]:
    kubelet = Kubelet(engine, tmp_path)
    yield kubelet
    kubelet.close()


def wait_for_line(path: Path, line: str) -> None:
    """Until the log of a container has a line."""
    with subprocess.Popen(["tail", "-n", "+1", "-F", path], stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        for found in tail.stdout:
            if line.encode() in found:
                break
        tail.kill()


def test_pod(kubelet: Kubelet, outside: Namespace, tmp_path: Path) -> None:
    sidecar = kubelet.start("sidecar", LINUX_IMAGE)
    server = kubelet.start("server", WASM_IMAGE, "/app.wasm", "serve")
    wait_for_line(tmp_path / "server", "serving")
    with outside.connect((kubelet.address(), 8080), TIMEOUT_S) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
    wait_for_line(tmp_path / "sidecar", "sidecar")
    assert kubelet.log("sidecar") == "sidecar\n"
    # It may be about to end; as the first process of its container it ignores being asked to.
    assert kubelet.stop(sidecar) == 0
    assert kubelet.stop(server) == 0


def test_exit_code_and_stop(kubelet: Kubelet, tmp_path: Path) -> None:
    """A container that ends by itself, and one in the same pod that has to be asked."""
    failing = kubelet.start("failing", WASM_IMAGE, "/app.wasm", "exit", "42")
    assert kubelet.stop(failing) == 42
    waiting = kubelet.start("waiting", WASM_IMAGE, "/app.wasm", "serve")
    wait_for_line(tmp_path / "waiting", "serving")
    assert kubelet.stop(waiting) == 0
