# SPDX-License-Identifier: Apache-2.0
"""`wasm_unikernel_image` by Pants: what is in it, built again, built elsewhere, refused."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pipeline import ROOT
from workspace import BUILD_STEPS
from workspace import Workspace
from workspace import steps

from mew.cli import main
from mew.image.reader import read_images

BUILD = """
files(name="texts", sources=["note.txt"])
relocated_files(name="root", files_targets=[":texts"], src="examples/shipped", dest="etc")
files(name="pages", sources=["page.html"])
relocated_files(name="site", files_targets=[":pages"], src="examples/shipped", dest="")
wasm_unikernel(
    name="kernel",
    sources=["hello.wat"],
    dependencies=[":site"],
    wasi=["process", "stdio", "filesystem"],
    preopens={"/srv/www": "image"},
)
wasm_unikernel_image(
    name="image",
    kernel=":kernel",
    dependencies=[":root"],
    image_tags=["1.0", "latest"],
    args=["a b"],
    env={"A": "1"},
    ports=["80"],
)
wasm_unikernel_image(name="plain", kernel=":kernel", platform="wasi/wasm", output_path="plain.tar")
wasm_executable(name="linux", sources=["hello.wat"])
wasm_unikernel_image(name="wrong", kernel=":linux")
fat32_image(name="data")
wasm_unikernel(
    name="stored",
    sources=["hello.wat"],
    wasi=["stdio", "process", "filesystem"],
    preopens={"/": "disk"},
    disk=":data",
)
wasm_unikernel_image(name="disk", kernel=":stored")
"""
TARGET = "examples/shipped:image"


def ship(workspace: Workspace) -> Path:
    """Add a program with two images to a workspace; returns where its image goes."""
    folder = workspace.root / "examples/shipped"
    folder.mkdir()
    (folder / "BUILD").write_text(BUILD)
    (folder / "note.txt").write_text("a note\n")
    (folder / "page.html").write_text("<p>\n")
    shutil.copy2(ROOT / "examples/hello/hello.wat", folder)
    return workspace.root / "dist/examples.shipped/image.oci.tar"


@pytest.fixture(scope="module")
def shipped(workspace: Workspace, cold_build: bytes) -> Path:
    """The image of a workspace whose store is warm."""
    path = ship(workspace)
    done = workspace.pants("package", TARGET, "examples/shipped:plain", daemon=True)
    assert done.returncode == 0, done.stderr
    return path


def test_image_holds_module_files_and_kernel(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = read_images(shipped)
    assert found.references == ["localhost/shipped:1.0", "localhost/shipped:latest"]
    assert found.command == ["/app.wasm", "a b"]
    assert sorted(found.files()) == [
        ".mew/image.json", ".mew/x86_64/kernel.elf", "app.wasm", "etc/note.txt",
        "srv/www/page.html",
    ]
    assert main(["image", "inspect", str(shipped)]) == 0
    assert "kernel.elf, matches" in capsys.readouterr().out


def test_image_for_other_runtimes_holds_no_kernel(shipped: Path) -> None:
    (found,) = read_images(shipped.parents[1] / "plain.tar")
    assert found.config.platform == "wasi/wasm"
    # The record says how a kernel is linked: without the /tmp that others have.
    assert sorted(found.files()) == [".mew/image.json", "app.wasm", "srv/www/page.html"]


def test_unchanged_image_runs_nothing(workspace: Workspace, shipped: Path) -> None:
    content = shipped.read_bytes()
    done = workspace.pants("package", TARGET, daemon=False)
    assert done.returncode == 0, done.stderr
    assert not steps(done.stderr) & {*BUILD_STEPS, "Read", "Make"}
    assert shipped.read_bytes() == content


def test_image_made_elsewhere_has_the_same_bytes(shipped: Path, elsewhere: Workspace) -> None:
    path = ship(elsewhere)
    done = elsewhere.pants("package", TARGET, daemon=False)
    assert done.returncode == 0, done.stderr
    assert "Make" in steps(done.stderr)
    assert path.read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize(
    ("name", "message", "fix"),
    [
        ("wrong", "shipped:linux, which is a `wasm_executable`", "name a `wasm_unikernel`"),
        ("disk", "examples/shipped:stored has a disk", "put its files into `dependencies`"),
    ],
)
def test_refused_images_are_named_with_their_targets(
    workspace: Workspace, shipped: Path, name: str, message: str, fix: str
) -> None:
    done = workspace.pants("package", f"examples/shipped:{name}", daemon=True)
    assert done.returncode == 1
    assert f"examples/shipped:{name}: " in done.stderr
    assert message in done.stderr and f"fix: {fix}" in done.stderr
