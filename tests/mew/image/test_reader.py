# SPDX-License-Identifier: Apache-2.0
"""Archives that are damaged or crafted are reported or refused with an error: no traceback."""
from __future__ import annotations

import copy
import json
import random
import shutil
from pathlib import Path
from typing import Iterator

import pytest

from mew.cli import main
from mew.errors import MewError
from mew.image import contents
from mew.image import record
from mew.image import tar
from mew.image.layout import image_archive
from mew.image.options import ImageOptions
from mew.image.reader import read_images
from mew.kernels import linkfacts
from mew.link.archive import file

MODULE = b"\0asm\1\0\0\0"
PROGRAM = contents.Program(MODULE)
KERNEL = contents.Kernel(b"\x7fELF", "k", ("stdio",), {"ziglang": "1"})
JUNK = (None, 0, -1.5, "", "sha256:0", [0], [[]], {"a": 0}, True)
# Bytes of an archive changed at random; a seed each.
SEEDS = range(300)


def image(*, is_compressed: bool = False) -> bytes:
    options = ImageOptions(
        ("localhost/a:1", "localhost/a:2"), args=("x",), env=(("A", "1"),), labels={"l": "1"},
        ports=("80",), is_compressed=is_compressed,
    )
    layers = contents.layers(PROGRAM, {"etc/a": file(b"1")}, KERNEL)
    return image_archive(layers, record.MODULE_PATH, options)


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """The path of each value inside a JSON value, itself first."""
    yield path
    inside = value.items() if isinstance(value, dict) else ()
    inside = enumerate(value) if isinstance(value, list) else inside
    for key, member in inside:
        yield from places(member, (*path, key))


def with_junk(value: object, path: tuple, junk: object) -> object:
    """A copy of a JSON value with something else at `path`."""
    if not path:
        return junk
    changed = copy.deepcopy(value)
    here = changed
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = junk
    return changed


def inspect(path: Path) -> int:
    return main(["image", "inspect", str(path)])


def unpacked(content: bytes, folder: Path) -> dict[str, bytes]:
    (folder / "whole.tar").write_bytes(content)
    shutil.unpack_archive(folder / "whole.tar", folder / "whole", "tar")
    root = folder / "whole"
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_json_of_wrong_types_is_refused_or_reported(tmp_path: Path) -> None:
    files = unpacked(image(), tmp_path)
    target = tmp_path / "changed.tar"
    tried = 0
    for name, content in files.items():
        try:
            value = json.loads(content)
        except ValueError:
            continue  # A layer.
        for path in places(value):
            for junk in JUNK:
                changed = {**files, name: json.dumps(with_junk(value, path, junk)).encode()}
                entries = {member: file(data) for member, data in changed.items()}
                target.write_bytes(tar.archive(entries))
                assert inspect(target) in (0, 1)
                tried += 1
    assert tried > 500


@pytest.mark.parametrize("is_compressed", [False, True])
def test_changed_bytes_are_refused_or_reported(tmp_path: Path, is_compressed: bool) -> None:
    good = image(is_compressed=is_compressed)
    target = tmp_path / "changed.tar"
    for seed in SEEDS:
        choice = random.Random(seed)
        content = bytearray(good)
        for _ in range(choice.choice([1, 2, 5, 20])):
            content[choice.randrange(len(content))] = choice.randrange(256)
        if choice.random() < 0.1:
            del content[choice.randrange(len(content)) :]
        target.write_bytes(content)
        assert inspect(target) in (0, 1)


def test_record_of_wrong_types_is_refused() -> None:
    kernels = {"x86_64": {"path": "/k", "sha256": "0", "key": "1"}}
    good = record.encode(
        module_path="/m", module_sha256="0", features=["stdio"], link=linkfacts.DEFAULT,
        toolchain={"z": "1"}, kernels=kernels,
    )
    value = json.loads(good)
    assert record.decode(good, "r") == value
    refused = 0
    for path in places(value):
        for junk in JUNK:
            try:
                content = json.dumps(with_junk(value, path, junk)).encode()
                facts = record.decode(content, "r")
            except MewError as error:
                refused += 1
                assert error.message == "r: not a record of schema 1" and error.hint
            else:
                record.kernel_for(facts, "0", "x86_64")
                assert linkfacts.flags(record.link_for(facts, "0"))
    assert refused > 50


def test_indexes_inside_of_indexes_have_an_end(tmp_path: Path) -> None:
    """One that holds itself is read a few times, not for ever."""
    index = json.dumps({
        "manifests": [{
            "mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:self",
            "size": 1,
        }]
    }).encode()
    target = tmp_path / "loop.tar"
    target.write_bytes(
        tar.archive({"index.json": file(index), "blobs/sha256/self": file(index)})
    )
    assert read_images(target) == []
