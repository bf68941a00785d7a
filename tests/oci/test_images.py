# SPDX-License-Identifier: Apache-2.0
"""Images run: built by mew or by others, by containerd and by podman, as root only."""
from __future__ import annotations

import os
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest
from container_engines import call
from container_engines import containerd
from container_engines import needs
from container_engines import podman
from container_engines import run
from wasmtime import wat2wasm

from mew.cli import main
from mew.oci import install
from mew.oci import prepare

PROGRAM = Path(__file__).parent / "reads_file.wat"
NAME = "localhost/reads-file:1"
TEXT = "of the image\n"


@dataclass(frozen=True)
class Host:
    """A machine with mew's runtime installed."""

    prefix: Path
    config: Path

    @property
    def env(self) -> dict[str, str]:
        """What engines, and through them the runtime, see."""
        path = f"{self.prefix}/bin:{os.environ['PATH']}"
        return {"PATH": path, "MEW_CONFIG": str(self.config)}


def host(folder: Path, cache: Path, *lines: str) -> Host:
    """Install the runtime, whose configuration has these lines besides."""
    assert install.main(["--prefix", str(folder)]) == 0
    config = folder / "config.toml"
    config.write_text("\n".join([f'cache = "{cache}"', "memory_mib = 64", *lines]) + "\n")
    return Host(folder, config)


@contextmanager
def imported(computer: Host, image: Path) -> Iterator[list[str]]:
    """A containerd that has the image; yields the words that run a container of it."""
    # The runtime's states are the machine's, whichever containerd asks.
    container = f"mew-test-{uuid.uuid4()}"
    with containerd(computer.env) as socket:
        call("ctr", "-a", socket, "images", "import", image)
        argv = ["ctr", "-a", socket, "run", "--rm", "--runtime", install.RUNTIME_TYPE, NAME]
        try:
            yield [*argv, container]
        finally:
            run("ctr", "-a", socket, "task", "kill", "--signal", "SIGKILL", container)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("module") / "app.wasm"
    path.write_bytes(wat2wasm(PROGRAM.read_text()))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "etc").mkdir()
    (folder / "etc/motd").write_text(TEXT)
    return folder


@pytest.fixture(scope="module")
def image(
    module: Path, files: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """One that `mew image build` made, with its kernel."""
    path = tmp_path_factory.mktemp("image") / "image.oci.tar"
    argv = ["image", "build", module, "-o", path, "--tag", NAME, "--files", files,
            "--arg", "one", "--arg", "two", "--cache", cache]
    assert main([str(word) for word in argv]) == 0
    return path


@pytest.mark.parametrize("rootfs", [prepare.SHARE, prepare.DISK])
def test_containerd_runs_an_image_with_its_kernel(
    image: Path, tmp_path: Path, rootfs: str
) -> None:
    """Nothing is compiled: the host has no compiler."""
    needs("containerd", "ctr", "qemu-system-x86_64", root=True)
    cache = tmp_path / "cache"
    computer = host(tmp_path, cache, 'python = "/nonexistent"', f'rootfs = "{rootfs}"')
    with imported(computer, image) as words:
        ended = run(*words)
        assert (ended.exit_code, ended.stdout) == (3, TEXT), ended.stderr
    assert not (cache / "kernels").exists()


def test_podman_runs_an_image_with_its_kernel(image: Path, tmp_path: Path) -> None:
    needs("podman", "conmon", "qemu-system-x86_64", root=True)
    computer = host(tmp_path, tmp_path / "cache", 'python = "/nonexistent"')
    with podman(computer.env) as engine:
        engine.call("load", "-i", image)
        runtime = ("--runtime", f"{computer.prefix}/bin/mew-oci")
        ended = engine.run(*runtime, "run", "--rm", "--network", "none", NAME, "other")
        assert (ended.exit_code, ended.stdout) == (2, TEXT), ended.stderr


def test_podman_builds_and_runs_a_plain_image(
    module: Path, files: Path, cache: Path, tmp_path: Path
) -> None:
    """No more than files and an entry point; the kernel comes from this host's cache."""
    needs("podman", "conmon", "qemu-system-x86_64", root=True)
    computer = host(tmp_path, cache, f'python = "{sys.executable}"')
    context = tmp_path / "context"
    context.mkdir()
    (context / "app.wasm").write_bytes(module.read_bytes())
    (context / "motd").write_text(TEXT)
    (context / "Containerfile").write_text(
        'FROM scratch\nCOPY app.wasm /bin/service\nCOPY motd /etc/motd\nENTRYPOINT ["service"]\n'
    )
    with podman(computer.env) as engine:
        engine.call("build", "--network", "none", "-t", NAME, context)
        runtime = ("--runtime", f"{computer.prefix}/bin/mew-oci")
        ended = engine.run(*runtime, "run", "--rm", "--network", "none", NAME)
        assert (ended.exit_code, ended.stdout) == (1, TEXT), ended.stderr


def test_kernel_that_does_not_fit_is_replaced_by_the_hosts(
    image: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image for another ABI runs all the same, with a kernel that this host makes."""
    needs("containerd", "ctr", "qemu-system-x86_64", root=True)
    module = tmp_path / "app.wasm"
    module.write_bytes(wat2wasm(PROGRAM.read_text()))
    files = tmp_path / "files"
    (files / "etc").mkdir(parents=True)
    (files / "etc/motd").write_text(TEXT)
    kernel = tmp_path / "kernel.elf"
    kernel.write_bytes(b"of another time")
    old = tmp_path / "old.oci.tar"
    monkeypatch.setattr("mew.image.record.ABI_VERSION", 0)
    argv = ["image", "build", module, "-o", old, "--tag", NAME, "--files", files,
            "--kernel", kernel, "--features", "process,stdio,filesystem"]
    assert main([str(word) for word in argv]) == 0
    computer = host(tmp_path, cache, f'python = "{sys.executable}"')
    with imported(computer, old) as words:
        ended = run(*words)
        assert (ended.exit_code, ended.stdout) == (1, TEXT), ended.stderr


def test_refused_module_is_the_create_error(tmp_path: Path, cache: Path) -> None:
    needs("containerd", "ctr", root=True)
    module = tmp_path / "app.wasm"
    module.write_bytes(b"\0asm\1\0\0\0\1\5")
    broken = tmp_path / "broken.oci.tar"
    argv = ["image", "build", module, "-o", broken, "--tag", NAME, "--no-kernel"]
    assert main([str(word) for word in argv]) == 0
    computer = host(tmp_path, cache, f'python = "{sys.executable}"')
    with imported(computer, broken) as words:
        ended = run(*words)
        assert ended.exit_code == 1
        assert "unexpected end of file" in ended.stderr
        assert "Copy or build the file again" in ended.stderr
