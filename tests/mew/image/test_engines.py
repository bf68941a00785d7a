# SPDX-License-Identifier: Apache-2.0
"""Other people's programs take our images: skopeo, containerd, podman, Docker, umoci.

Each one is asked with directories of its own; those that need root are skipped without it.
"""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from container_engines import call
from container_engines import containerd
from container_engines import docker
from container_engines import needs
from container_engines import podman
from container_engines import run

from mew.image import contents
from mew.image import record
from mew.image.layout import image_archive
from mew.image.options import LINUX
from mew.image.options import WASI
from mew.image.options import ImageOptions
from mew.link.archive import file

MODULE = b"\0asm\1\0\0\0"
PROGRAM = contents.Program(MODULE)
NAME = "localhost/mew-test:1"


@pytest.fixture(
    params=[(LINUX, False), (LINUX, True), (WASI, False)], ids=["linux", "gzip", "wasi"]
)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """An image and its platform."""
    platform, is_compressed = request.param
    kernel = contents.Kernel(b"\x7fELF", "K", ("stdio",)) if platform == LINUX else None
    layers = contents.layers(PROGRAM, {"etc/app.conf": file(b"x")}, kernel)
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


def test_containerd_imports(image: tuple[Path, str]) -> None:
    needs("containerd", "ctr", root=True)
    path, platform = image
    with containerd() as socket:
        # No flag: the image has to be for any platform that the client has in mind.
        call("ctr", "-a", socket, "images", "import", path)
        listed = call("ctr", "-a", socket, "images", "list")
        assert NAME in listed
        assert platform in listed


def test_docker_loads(image: tuple[Path, str]) -> None:
    needs("docker", "dockerd", "containerd", root=True)
    path, platform = image
    with docker() as words:
        loaded = run(*words, "load", "-i", path)
        if platform == WASI:
            # As docs/howto/images.md says.
            assert loaded.exit_code != 0 and "operating system" in loaded.stderr
            return
        assert loaded.exit_code == 0, loaded.stderr
        (found,) = json.loads(call(*words, "image", "inspect", NAME))
    assert found["Config"]["Entrypoint"] == ["/app.wasm"]
    assert f"{found['Os']}/{found['Architecture']}" == platform


def test_podman_loads(image: tuple[Path, str]) -> None:
    needs("podman", root=True)
    path, platform = image
    with podman() as engine:
        engine.call("load", "-i", path)
        (found,) = json.loads(engine.call("image", "inspect", NAME))
    assert found["Config"]["Entrypoint"] == ["/app.wasm"]
    assert f"{found['Os']}/{found['Architecture']}" == platform
