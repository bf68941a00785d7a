# SPDX-License-Identifier: Apache-2.0
"""An image's bytes: the same for the same files and options, and read by tar and JSON readers."""
from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile

import pytest

from mew.errors import MewError
from mew.image import contents
from mew.image import record
from mew.image import tar
from mew.image.layout import image_archive
from mew.image.options import WASI
from mew.image.options import ImageOptions
from mew.link.archive import Entry
from mew.link.archive import directory
from mew.link.archive import file
from mew.link.archive import symlink

MODULE = b"\0asm\1\0\0\0"
PROGRAM = contents.Program(MODULE)
KERNEL = contents.Kernel(
    content=b"\x7fELF a kernel", key="k", features=("process", "stdio"),
    toolchain={"ziglang": "1", "llvmlite": "2"},
)
FILES = {"etc/app.conf": file(b"x = 1\n"), "data": directory(), "latest": symlink("etc/app.conf")}
OPTIONS = ImageOptions(
    references=("localhost/app:1.0", "localhost/app:latest"),
    args=("--listen", "a b"),
    env=(("B", "2"), ("A", "1=1")),
    labels={"z": "1", "a": "2"},
    ports=("8080", "53/udp"),
    stop_signal="SIGINT",
)


def image(**changes: object) -> bytes:
    layers = contents.layers(PROGRAM, FILES, KERNEL)
    return image_archive(layers, record.MODULE_PATH, ImageOptions(**{**vars(OPTIONS), **changes}))


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {
            member.name: archive.extractfile(member).read() if member.isreg() else b""
            for member in archive.getmembers()
        }


def test_the_bytes_are_these(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes only when the format does; then say so where images are kept."""
    monkeypatch.setattr(record, "ABI_VERSION", 1)
    assert hashlib.sha256(image()).hexdigest() == (
        "7118d637329caf284cb55756c709a10bc0415cdc5698e9384fe560bc55adf792"
    )
    plain = image_archive(
        contents.layers(PROGRAM, {}, None), "/app.wasm",
        ImageOptions(references=("localhost/app",), platform=WASI),
    )
    assert hashlib.sha256(plain).hexdigest() == (
        "720d9d3bc2ac506946f0a3d30907a0ec570f058067bafa635a161c7e0b209a3c"
    )


def test_order_of_files_does_not_matter() -> None:
    backwards = dict(reversed(list(FILES.items())))
    layers = contents.layers(PROGRAM, backwards, KERNEL)
    assert image_archive(layers, record.MODULE_PATH, OPTIONS) == image()


def test_every_blob_is_what_refers_to_it() -> None:
    files = unpacked(image())
    index = json.loads(files["index.json"])
    manifest_name = index["manifests"][0]["digest"].replace(":", "/")
    manifest = json.loads(files[f"blobs/{manifest_name}"])
    for descriptor in (*index["manifests"], manifest["config"], *manifest["layers"]):
        blob = files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert "sha256:" + hashlib.sha256(blob).hexdigest() == descriptor["digest"]
        assert len(blob) == descriptor["size"]
    (docker,) = json.loads(files["manifest.json"])
    assert docker["Config"] == "blobs/" + manifest["config"]["digest"].replace(":", "/")
    assert docker["Layers"] == [
        "blobs/" + layer["digest"].replace(":", "/") for layer in manifest["layers"]
    ]
    assert docker["RepoTags"] == ["localhost/app:1.0", "localhost/app:latest"]
    assert manifest["annotations"] == {"module.wasm.image/variant": "compat"}


def test_configuration_says_what_is_started() -> None:
    files = unpacked(image())
    (docker,) = json.loads(files["manifest.json"])
    config = json.loads(files[docker["Config"]])
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    assert config["config"] == {
        "Entrypoint": ["/app.wasm"],
        "Cmd": ["--listen", "a b"],
        "Env": ["B=2", "A=1=1"],
        "Labels": {"z": "1", "a": "2"},
        "ExposedPorts": {"8080/tcp": {}, "53/udp": {}},
        "StopSignal": "SIGINT",
        "WorkingDir": "/",
    }


def test_names_are_for_each_engine() -> None:
    index = json.loads(unpacked(image())["index.json"])
    first, second = index["manifests"]
    assert first["digest"] == second["digest"]
    assert first["platform"] == {"architecture": "amd64", "os": "linux"}
    assert first["annotations"] == {
        "org.opencontainers.image.ref.name": "1.0",
        "io.containerd.image.name": "localhost/app:1.0",
    }


def test_wasi_has_no_platform_in_its_descriptor() -> None:
    files = unpacked(image(platform=WASI))
    (descriptor, _) = json.loads(files["index.json"])["manifests"]
    assert "platform" not in descriptor
    (docker,) = json.loads(files["manifest.json"])
    config = json.loads(files[docker["Config"]])
    assert (config["os"], config["architecture"]) == ("wasi", "wasm")


@pytest.mark.parametrize("is_compressed", [False, True])
def test_layers_hold_module_files_and_kernel(is_compressed: bool) -> None:
    files = unpacked(image(is_compressed=is_compressed))
    (docker,) = json.loads(files["manifest.json"])
    config = json.loads(files[docker["Config"]])
    stored = [files[name] for name in docker["Layers"]]
    with_gzip = [content.startswith(b"\x1f\x8b") for content in stored]
    assert with_gzip == [is_compressed, is_compressed]
    first, second = (unpacked(content) for content in stored)
    assert first == {
        "app.wasm": MODULE, "data": b"", "etc": b"", "etc/app.conf": b"x = 1\n", "latest": b"",
    }
    assert second[".mew/x86_64/kernel.elf"] == KERNEL.content
    assert json.loads(second[".mew/image.json"])["wasm"]["sha256"] == hashlib.sha256(
        MODULE
    ).hexdigest()
    if not is_compressed:
        digests = ["sha256:" + hashlib.sha256(content).hexdigest() for content in stored]
        assert config["rootfs"]["diff_ids"] == digests


def test_compression_leaves_the_files_alone() -> None:
    """The identity of the files is that of the uncompressed layers."""
    configs = []
    for is_compressed in (False, True):
        files = unpacked(image(is_compressed=is_compressed))
        (docker,) = json.loads(files["manifest.json"])
        configs.append(docker["Config"])
    assert configs[0] == configs[1]


def test_archives_have_no_owner_and_no_time() -> None:
    content = tar.archive(tar.with_parents({"a/b": Entry(stat.S_IFREG | 0o755, b"x")}))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        folder, member = archive.getmembers()
    assert (folder.name, folder.isdir(), folder.mode) == ("a", True, 0o755)
    for one in (folder, member):
        assert (one.mtime, one.uid, one.gid, one.uname, one.gname) == (0, 0, 0, "", "")
    assert (member.mode, member.size) == (0o755, 1)
    assert len(content) % tarfile.RECORDSIZE == 0


def test_path_without_room_in_a_header_is_an_error() -> None:
    with pytest.raises(MewError, match="cannot be in an image") as failure:
        tar.archive({"n" * 101: file(b"")})
    assert "255" in failure.value.hint
    tar.archive({"d" * 150 + "/" + "n" * 100: file(b"")})


@pytest.mark.parametrize("path", ["app.wasm", ".mew/image.json", ".mew/other"])
def test_files_do_not_hide_what_is_ours(path: str) -> None:
    with pytest.raises(MewError, match="something of its own"):
        contents.layers(PROGRAM, {path: file(b"")}, None)


def test_module_has_to_be_one() -> None:
    with pytest.raises(MewError, match="begins with 7f 45 4c 46"):
        contents.layers(contents.Program(b"\x7fELF"), {}, None)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"references": ()}, "no name"),
        ({"references": ("App:1",)}, "repository 'App'"),
        ({"references": ("app:-1",)}, "tag '-1'"),
        ({"references": ("a" * 256,)}, "repository"),
        ({"platform": "linux/arm64"}, "platform 'linux/arm64'"),
        ({"env": (("A=", "1"),)}, "variable 'A='"),
        ({"env": (("", "1"),)}, "variable ''"),
        ({"ports": ("http",)}, "port 'http'"),
        ({"ports": ("65536",)}, "port '65536'"),
        ({"ports": ("80/icmp",)}, "port '80/icmp'"),
        ({"stop_signal": "TERM"}, "signal 'TERM'"),
    ],
)
def test_values_that_engines_refuse_are_refused(changes: dict, text: str) -> None:
    with pytest.raises(MewError, match=text) as failure:
        image(**changes)
    assert failure.value.hint


@pytest.mark.parametrize(
    "reference", ["app", "localhost:5000/app", "localhost:5000/a/b:v1.0-x", "registry.example/a__b"]
)
def test_good_names_are_taken(reference: str) -> None:
    assert ImageOptions(references=(reference,)).references == (reference,)
