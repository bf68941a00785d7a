# SPDX-License-Identifier: Apache-2.0
"""Other people's programs take our images: skopeo, containerd, podman, umoci.

Each one is asked with directories of its own; those that need root are skipped without it.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from typing import Sequence

import pytest

from mew.image import contents
from mew.image import record
from mew.image.layout import image_archive
from mew.image.options import LINUX
from mew.image.options import WASI
from mew.image.options import ImageOptions
from mew.link.archive import file

MODULE = b"\0asm\1\0\0\0"
NAME = "localhost/mew-test:1"
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


def needs(*programs: str, root: bool = False) -> None:
    """Skip the test where it cannot run, and say why."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if root and os.geteuid() != 0:
        pytest.skip("needs root")


def call(*argv: object, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        list(map(str, argv)), capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(
    params=[(LINUX, False), (LINUX, True), (WASI, False)], ids=["linux", "gzip", "wasi"]
)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """An image and its platform."""
    platform, is_compressed = request.param
    kernel = contents.Kernel(b"\x7fELF", "K", ("stdio",)) if platform == LINUX else None
    layers = contents.layers(MODULE, {"etc/app.conf": file(b"x")}, kernel)
    options = ImageOptions((NAME,), platform, args=("a b",), is_compressed=is_compressed)
    path = tmp_path / "image.tar"
    path.write_bytes(image_archive(layers, record.MODULE_PATH, options))
    return path, platform


@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive"])
def test_skopeo_copies(image: tuple[Path, str], tmp_path: Path, transport: str) -> None:
    needs("skopeo")
    path, platform = image
    system, architecture = platform.split("/")
    target = tmp_path / "layout"
    call("skopeo", "--override-os", system, "--override-arch", architecture, "--insecure-policy",
         "copy", f"{transport}:{path}", f"oci:{target}:copied")
    config = json.loads(call("skopeo", "--override-os", system, "--override-arch", architecture,
                             "inspect", "--config", f"oci:{target}:copied"))
    assert config["config"]["Entrypoint"] == ["/app.wasm"]
    assert config["config"]["Cmd"] == ["a b"]
    assert (config["os"], config["architecture"]) == (system, architecture)


def test_umoci_unpacks(image: tuple[Path, str], tmp_path: Path) -> None:
    needs("umoci", root=True)
    path, platform = image
    if platform == WASI:
        pytest.skip("umoci unpacks images for Linux only")
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    layout.mkdir()
    shutil.unpack_archive(path, layout, "tar")
    call("umoci", "unpack", "--image", f"{layout}:1", bundle)
    assert (bundle / "rootfs/app.wasm").read_bytes() == MODULE
    assert (bundle / "rootfs/.mew/x86_64/kernel.elf").read_bytes() == b"\x7fELF"


@contextmanager
def containerd() -> Iterator[str]:
    """A containerd of its own; yields its socket. Sockets have short paths only."""
    folder = tempfile.mkdtemp(prefix="mew-", dir="/tmp")
    try:
        config = Path(folder, "config.toml")
        config.write_text(_CONTAINERD_CONFIG.format(folder=folder))
        with subprocess.Popen(
            ["containerd", "-c", config], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                _wait_for_server(process)
                yield f"{folder}/socket"
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_server(process: subprocess.Popen[str]) -> None:
    """Read its log until it says that it serves; somebody else reads the rest, or it would stop."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "successfully booted" in line:
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return
    raise AssertionError("containerd ended: " + "".join(said))


def test_containerd_imports(image: tuple[Path, str]) -> None:
    needs("containerd", "ctr", root=True)
    path, platform = image
    with containerd() as socket:
        # No flag: the image has to be for any platform that the client has in mind.
        call("ctr", "-a", socket, "images", "import", path)
        listed = call("ctr", "-a", socket, "images", "list")
        assert NAME in listed
        assert platform in listed


def test_podman_loads(image: tuple[Path, str]) -> None:
    needs("podman", root=True)
    path, platform = image
    # Podman keeps its images below a path that it limits in length.
    folder = tempfile.mkdtemp(prefix="mew-", dir="/tmp")
    try:
        podman = _podman(folder)
        call(*podman, "load", "-i", path)
        (found,) = json.loads(call(*podman, "image", "inspect", NAME))
        assert found["Config"]["Entrypoint"] == ["/app.wasm"]
        assert f"{found['Os']}/{found['Architecture']}" == platform
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _podman(folder: str) -> Sequence[str]:
    return ["podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
            "--storage-driver", "vfs", "--events-backend", "file"]
