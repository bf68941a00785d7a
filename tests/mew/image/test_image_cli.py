# SPDX-License-Identifier: Apache-2.0
"""`mew image`: builds, and inspects what it and others built."""
from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from mew.cli import main
from mew.image import contents
from mew.image import record
from mew.image.layout import image_archive
from mew.image.options import ImageOptions
from mew.kernels import keys
from mew_abi.version import ABI_VERSION

# Imports fd_write of WASI.
MODULE = bytes.fromhex(
    "0061736d01000000 0109016004 7f7f7f7f017f"
    "0223 01 16776173695f736e617073686f745f7072657669657731 08 66645f7772697465 0000"
)
PROGRAM = contents.Program(MODULE)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "hello.wasm"
    path.write_bytes(MODULE)
    return path


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    path = tmp_path / "kernel.elf"
    path.write_bytes(b"\x7fELF")
    return path


def build(module: Path, output: Path, *options: object) -> int:
    argv = ["image", "build", module, "-o", output, "--tag", "localhost/hello:1", *options]
    return main([str(word) for word in argv])


def with_kernel(kernel: Path) -> list[object]:
    return ["--kernel", kernel, "--features", "process,stdio", "--key", "K",
            "--toolchain", "ziglang=0.17.1"]


def inspect(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["image", "inspect", str(path)])
    return code, capsys.readouterr().out


def test_build_with_a_kernel_is_inspected(
    module: Path, kernel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "image.tar"
    files = tmp_path / "files"
    files.mkdir()
    (files / "page.html").write_text("<p>")
    assert build(module, output, *with_kernel(kernel), "--files", files, "--arg", "a b",
                 "--env", "A=1", "--label", "l=2", "--port", "80", "--gzip") == 0
    code, text = inspect(output, capsys)
    assert code == 0
    shown = re.sub(r"sha256:[0-9a-f]{64}", "sha256:D", text)
    assert re.sub(r", \d+ bytes$", ", N bytes", shown, flags=re.MULTILINE) == f"""\
localhost/hello:1
  manifest     sha256:D
  config       sha256:D
  platform     linux/amd64
  command      /app.wasm 'a b'
  environment  A=1
  ports        80/tcp
  stop signal  SIGTERM
  label        l=2
  annotation   module.wasm.image/variant=compat
  layer        sha256:D, N bytes
  layer        sha256:D, N bytes
  module       /app.wasm, {len(MODULE)} bytes, sha256:D
  needs        stdio
  made with    ABI {ABI_VERSION}, ziglang 0.17.1
  kernel       x86_64 /.mew/x86_64/kernel.elf, matches
               sha256:D, key K
"""


def test_without_a_kernel_it_is_compiled_later(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "image.tar"
    assert build(module, output, "--platform", "wasi/wasm") == 0
    code, text = inspect(output, capsys)
    assert (code, "wasi/wasm" in text) == (0, True)
    assert "kernel       none: it is compiled where the image first runs" in text


def test_image_without_a_kernel_says_how_one_is_linked(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "image.tar"
    assert build(module, output, "--no-kernel", "--stack-size", "65536", "--listen", "tcp:80",
                 "--preopen", "/=image", "--preopen", "/run=memory") == 0
    code, text = inspect(output, capsys)
    assert code == 0
    assert "linked with  --stack-size=65536 --preopen=/run=memory --listen=tcp:80" in text
    assert "kernel       none: it is compiled where the image first runs" in text


def test_same_input_gives_the_same_bytes(module: Path, kernel: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / "a.tar", tmp_path / "b.tar"]
    for output in outputs:
        assert build(module, output, *with_kernel(kernel)) == 0
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def changed(path: Path, name: str, content: bytes) -> None:
    """Write the archive again with other content in one file."""
    with tarfile.open(path) as old:
        files = {member.name: old.extractfile(member).read() for member in old.getmembers()}
    assert name in files
    files[name] = content
    with tarfile.open(path, "w") as new:
        for member_name, member_content in files.items():
            header = tarfile.TarInfo(member_name)
            header.size = len(member_content)
            new.addfile(header, io.BytesIO(member_content))


def docker_manifest(path: Path) -> dict:
    with tarfile.open(path) as archive:
        return json.load(archive.extractfile("manifest.json"))[0]


@pytest.mark.parametrize("which", ["Config", "Layers"])
def test_damaged_blob_is_told(
    module: Path, kernel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], which: str
) -> None:
    output = tmp_path / "image.tar"
    assert build(module, output, *with_kernel(kernel)) == 0
    named = docker_manifest(output)[which]
    name = named if isinstance(named, str) else named[0]
    with tarfile.open(output) as archive:
        content = archive.extractfile(name).read()
    changed(output, name, content.replace(b"app.wasm", b"app.wasn"))
    code, text = inspect(output, capsys)
    assert code == 1
    assert f"damaged      {'configuration' if which == 'Config' else 'layer'} sha256:" in text


def test_manifests_that_differ_are_told(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "image.tar"
    assert build(module, output, "--no-kernel") == 0
    changed(output, "manifest.json", b'[{"Config":"x","RepoTags":[],"Layers":[]}]')
    code, text = inspect(output, capsys)
    assert code == 1
    assert "manifest.json and index.json name different blobs" in text


def test_kernel_of_another_module_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = contents.Kernel(b"k", "K", ("stdio",))
    (first, _) = contents.layers(PROGRAM, {}, None), None
    (_, second) = contents.layers(contents.Program(MODULE + b"\0\1\0"), {}, kernel)
    output = tmp_path / "image.tar"
    options = ImageOptions(references=("localhost/x:1",))
    output.write_bytes(image_archive([*first, second], record.MODULE_PATH, options))
    code, text = inspect(output, capsys)
    assert code == 1
    assert "kernel for x86_64: the image's kernel was linked for another module" in text


def test_docker_archive_of_others_is_read(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `docker save` writes has no index; here the program is found by PATH."""
    layer = tarfile.open(tmp_path / "layer.tar", "w")
    layer.add(module, "./usr/bin/tool")
    layer.close()
    content = (tmp_path / "layer.tar").read_bytes()
    config = json.dumps({
        "os": "linux", "architecture": "amd64", "config": {"Cmd": ["tool"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{keys.sha256(content)}"]},
    }).encode()
    docker = [{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["l/layer.tar"]}]
    output = tmp_path / "docker.tar"
    with tarfile.open(output, "w") as archive:
        for name, data in (
            ("manifest.json", json.dumps(docker).encode()), ("c.json", config),
            ("l/layer.tar", content),
        ):
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    code, text = inspect(output, capsys)
    assert code == 0
    assert "module       /usr/bin/tool, " in text


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "cannot read the archive"), (b"text" * 500, "cannot read the archive")],
)
def test_what_is_no_archive_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert main(["image", "inspect", str(path)]) == 1
    shown = capsys.readouterr().err
    assert message in shown and "fix: " in shown


def test_archive_without_an_image_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    assert main(["image", "inspect", str(path)]) == 1
    assert "neither index.json nor manifest.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kernel", "k", "--no-kernel"], "--kernel and --no-kernel"),
        (["--kernel", "k"], "--kernel without --features"),
        (["--kernel", "missing", "--features", "stdio"], "missing: cannot read the file"),
        (["--no-kernel", "--env", "A"], "--env 'A' has no name"),
        (["--no-kernel", "--port", "x"], "the port 'x'"),
        (["--no-kernel", "--listen", "80"], "'80' is no listener"),
        (["--no-kernel", "--stack-size", "1"], "a stack of 1 bytes"),
        (["--no-kernel", "--preopen", "/x=ram"], "preopen '/x' is 'ram'"),
        (["--no-kernel", "--preopen", "/x=memory", "--no-preopens"], "--no-preopens"),
    ],
)
def test_wrong_options_are_errors(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str],
    message: str,
) -> None:
    output = tmp_path / "image.tar"
    assert build(module, output, *options) == 1
    shown = capsys.readouterr().err
    assert message in shown and "fix: " in shown
    assert not output.exists()
