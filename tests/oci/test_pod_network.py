# SPDX-License-Identifier: Apache-2.0
"""A container's network: its namespace's interface becomes the machine's. All in throw-away
namespaces: one that an engine would have made for the container, one that is the outside."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import namespace
import pytest
from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from bundles import change_bundle
from bundles import create
from bundles import ended
from bundles import read_line
from bundles import write_bundle
from namespace import Namespace

TC = shutil.which("tc", path="/usr/sbin:/sbin:/usr/bin")
_WHY_NOT = namespace.missing() or ("" if TC else "not installed: tc")
pytestmark = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)
_GUEST = "10.9.0.2"
_PORT = 8080


class Pod:
    """A namespace with an interface `eth0`, whose other end is outside."""

    def __init__(self) -> None:
        self.inside, self.outside = Namespace(), Namespace()
        self.holder = self.inside.popen(["cat"], stdin=subprocess.PIPE)
        with self.outside.popen(["cat"], stdin=subprocess.PIPE) as far:
            self.inside.run(
                "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0", "netns",
                str(far.pid),
            )
        self.outside.run("ip", "addr", "add", "10.9.0.1/24", "dev", "far0")
        self.outside.run("ip", "link", "set", "far0", "up")
        self.inside.run("ip", "addr", "add", f"{_GUEST}/24", "dev", "eth0")
        self.inside.run("ip", "link", "set", "eth0", "up")
        self.inside.run("ip", "route", "add", "default", "via", "10.9.0.1")

    @property
    def path(self) -> str:
        """The namespace, as config.json names it."""
        return f"/proc/{self.holder.pid}/ns/net"

    def close(self) -> None:
        """Let the namespaces go."""
        self.holder.communicate()
        self.inside.close()
        self.outside.close()


@pytest.fixture
def pod() -> Iterator[Pod]:
    pod = Pod()
    yield pod
    pod.close()


def attachments(inside: Namespace) -> str:
    """Interfaces and what traffic control does with their frames."""
    assert TC is not None
    # But for their flags and states, which follow the other end's.
    links = [line.split()[1:2] + line.split()[3:5] for line in inside.run("ip", "-o", "link")
             .splitlines()]
    return f"{links}" + inside.run(TC, "qdisc") + inside.run(
        TC, "filter", "show", "dev", "eth0", "ingress"
    )


def bundle_in(network: "dict[str, str]", folder: Path, program: Program) -> Path:
    bundle = write_bundle(folder, program, "serve")
    change_bundle(bundle, linux={"namespaces": [network]} if network else {})
    return bundle


def echo(pod: Pod, content: bytes) -> bytes:
    """What the server sends back to somebody outside."""
    received = b""
    with pod.outside.connect((_GUEST, _PORT), TIMEOUT_S) as connection:
        for start in range(0, len(content), 4096):
            connection.sendall(content[start : start + 4096])
            while len(received) < min(start + 4096, len(content)):
                data = connection.recv(1 << 16)
                assert data, "the connection ended"
                received += data
        connection.shutdown(namespace.socket.SHUT_WR)
        assert connection.recv(1) == b""
    return received


def test_server(runtime: Runtime, whole: Program, pod: Pod, tmp_path: Path) -> None:
    """Twice in one namespace, and once more after a monitor that was killed."""
    bundle = bundle_in({"type": "network", "path": pod.path}, tmp_path, whole)
    before = attachments(pod.inside)
    content = os.urandom(100_000)
    for name in ("net1", "net2"):
        with runtime.start("run", "--bundle", bundle, name, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline() == b"serving\n"
            assert echo(pod, content) == content
            assert process.wait(TIMEOUT_S) == 0
        assert attachments(pod.inside) == before
    with runtime.start("run", "--bundle", bundle, "net3", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"serving\n"
        assert "mew0" in attachments(pod.inside)
        assert runtime.run("kill", "net3", "KILL").returncode == 0
        assert process.wait(TIMEOUT_S) == 137
    assert attachments(pod.inside) == before


@pytest.mark.parametrize("network", ["none", "path", "new"])
def test_callers_namespace_stays(
    runtime: Runtime, whole: Program, pod: Pod, tmp_path: Path, network: str
) -> None:
    """A runtime whose own namespace the container has, or that has none yet, changes nothing."""
    section = {"none": {}, "path": {"type": "network", "path": pod.path},
               "new": {"type": "network"}}[network]
    bundle = bundle_in(section, tmp_path, whole)
    before = attachments(pod.inside)
    with pod.inside.call(
        lambda: runtime.start("run", "--bundle", bundle, "host", stdout=subprocess.PIPE)
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"serving\n"
        assert attachments(pod.inside) == before
        assert runtime.run("kill", "host").returncode == 0
        # A server drains; this one has nobody to wait for.
        process.wait(TIMEOUT_S)
    assert attachments(pod.inside) == before


@pytest.mark.usefixtures("subreaper")
def test_interface_after_create(
    runtime: Runtime, whole: Program, pod: Pod, tmp_path: Path
) -> None:
    """As with `ctr run --cni`: the namespace is the runtime's, and gets its interface before
    `start`."""
    pid, output = create(runtime, bundle_in({"type": "network"}, tmp_path, whole), "late")
    pod.outside.run("ip", "link", "add", "far1", "type", "veth", "peer", "name", "eth0", "netns",
                    str(pid))
    pod.outside.run("ip", "addr", "add", "10.9.1.1/24", "dev", "far1")
    pod.outside.run("ip", "link", "set", "far1", "up")
    enter = ("nsenter", "--target", str(pid), "--net", "ip")
    pod.outside.run(*enter, "addr", "add", "10.9.1.2/24", "dev", "eth0")
    pod.outside.run(*enter, "link", "set", "eth0", "up")
    with output:
        assert runtime.run("start", "late").returncode == 0
        assert read_line(output) == b"serving\n"
        with pod.outside.connect(("10.9.1.2", _PORT), TIMEOUT_S) as connection:
            connection.sendall(b"hello")
            assert connection.recv(100) == b"hello"
        assert ended(pid) == 0
    assert runtime.run("delete", "late").returncode == 0
