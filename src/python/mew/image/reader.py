# SPDX-License-Identifier: Apache-2.0
"""Reads images from tar files, ours and others': OCI layouts and what `docker save` writes.

What is damaged is listed, not raised: a report names all of it.
"""
from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Dict
from typing import List
from typing import Optional
from typing import Tuple

from mew.errors import MewError
from mew.image import layout
from mew.image.jsonvalue import JsonObject

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = zlib.MAX_WBITS | 16
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
# Indexes inside of indexes; nobody writes more than one.
_INDEXES_MAX = 4
_HINT = "Give a file that `mew image build`, `docker save` or `skopeo copy` wrote."


@dataclass(frozen=True)
class FoundLayer:
    """A layer's digest and size as stored, and its uncompressed content."""

    digest: str
    size: int
    content: bytes


@dataclass(frozen=True)
class Config:
    """What an image's configuration says that matters here."""

    digest: str
    platform: str
    entrypoint: List[str]
    arguments: List[str]
    env: List[str]
    ports: List[str]
    labels: Dict[str, str]
    stop_signal: str
    diff_ids: List[str]

    @staticmethod
    def parse(content: bytes, where: str) -> Config:
        """Return what `content` says. Raises MewError, naming `where`, if it is another thing."""
        whole = JsonObject.parse(content, where, _HINT)
        process = whole.object("config")
        return Config(
            digest=_digest(content),
            platform=f"{whole.text('os', '?')}/{whole.text('architecture', '?')}",
            entrypoint=process.texts("Entrypoint"),
            arguments=process.texts("Cmd"),
            env=process.texts("Env"),
            ports=process.names("ExposedPorts"),
            labels=process.text_table("Labels"),
            stop_signal=process.text("StopSignal", ""),
            diff_ids=whole.object("rootfs").texts("diff_ids"),
        )


@dataclass
class FoundImage:
    """One image of an archive; `faults` are differences between what it says and what is there."""

    references: List[str]
    manifest_digest: str
    config: Config
    layers: List[FoundLayer]
    annotations: Dict[str, str] = field(default_factory=dict)
    faults: List[str] = field(default_factory=list)

    @property
    def command(self) -> List[str]:
        """What a container of the image starts."""
        return [*self.config.entrypoint, *self.config.arguments]

    def files(self) -> Dict[str, bytes]:
        """Return the files that a container sees: path without a leading slash -> content."""
        seen: Dict[str, bytes] = {}
        for layer in self.layers:
            for member, content in _members(layer.content, layer.digest):
                _apply(seen, member, content)
        return seen


def read_images(path: Path) -> List[FoundImage]:
    """Return the images in the archive at `path`. Raises MewError when it is none."""
    archive = _Archive(path)
    if layout.INDEX_NAME in archive.names:
        return _from_index(archive)
    if layout.DOCKER_NAME in archive.names:
        return [_from_docker(archive, entry) for entry in _docker_entries(archive)]
    raise MewError(
        f"{path}: not an image: it holds neither {layout.INDEX_NAME} nor {layout.DOCKER_NAME}",
        hint=_HINT,
    )


class _Archive:
    """A tar file of files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._tar = tarfile.open(path)
            members = self._tar.getmembers()
        except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
            raise MewError(f"{path}: cannot read the archive: {error}", hint=_HINT) from error
        self.names = {_plain(member.name): member for member in members}

    def read(self, name: str) -> bytes:
        """Content of a file; MewError when there is none."""
        member = self.names.get(name)
        # `docker save` links layers that are there twice.
        stream = self._tar.extractfile(member) if member is not None else None
        if stream is None:
            raise MewError(f"{self.path}: the archive lacks {name}", hint="Write it again.")
        return stream.read()

    def blob(self, digest: str) -> bytes:
        """Content of a blob."""
        return self.read(_blob_path(digest))

    def json(self, name: str) -> JsonObject:
        """Content of a file of JSON."""
        return JsonObject.parse(self.read(name), f"{self.path}: {name}", _HINT)


def _from_index(archive: _Archive) -> List[FoundImage]:
    """The images of a layout, each once, whatever number of names it has."""
    found: Dict[str, FoundImage] = {}
    for descriptor in _manifests(archive, archive.json(layout.INDEX_NAME), _INDEXES_MAX):
        digest = descriptor.text("digest")
        if digest not in found:
            found[digest] = _from_manifest(archive, descriptor)
        annotations = descriptor.text_table("annotations")
        name = annotations.get(layout.CONTAINERD_ANNOTATION) or annotations.get(
            layout.REFERENCE_ANNOTATION
        )
        if name:
            found[digest].references.append(name)
    images = list(found.values())
    if layout.DOCKER_NAME in archive.names and len(images) == 1:
        _compare(images[0], _docker_entries(archive))
    return images


def _manifests(archive: _Archive, index: JsonObject, depth: int) -> List[JsonObject]:
    """Descriptors of manifests, those of indexes inside of it too."""
    found: List[JsonObject] = []
    for descriptor in index.objects("manifests"):
        if descriptor.text("mediaType", "") != layout.INDEX_TYPE:
            found.append(descriptor)
        elif depth:
            inside = archive.json(_blob_path(descriptor.text("digest")))
            found += _manifests(archive, inside, depth - 1)
    return found


def _from_manifest(archive: _Archive, descriptor: JsonObject) -> FoundImage:
    faults: List[str] = []
    content = _checked(archive, descriptor, "manifest", faults)
    digest = descriptor.text("digest")
    manifest = JsonObject.parse(content, f"manifest {digest}", _HINT)
    described = manifest.object("config")
    content = _checked(archive, described, "configuration", faults)
    config = Config.parse(content, f"configuration {described.text('digest')}")
    stored = [
        (layer.text("digest"), _checked(archive, layer, "layer", faults))
        for layer in manifest.objects("layers")
    ]
    layers = _layers(stored, config, faults)
    return FoundImage([], digest, config, layers, manifest.text_table("annotations"), faults)


def _docker_entries(archive: _Archive) -> List[JsonObject]:
    """What Docker's manifest, a list, describes."""
    content = b'{"images":' + archive.read(layout.DOCKER_NAME) + b"}"
    where = f"{archive.path}: {layout.DOCKER_NAME}"
    return JsonObject.parse(content, where, _HINT).objects("images")


def _from_docker(archive: _Archive, entry: JsonObject) -> FoundImage:
    """An image that only Docker's manifest describes."""
    faults: List[str] = []
    name = entry.text("Config")
    config = Config.parse(archive.read(name), name)
    stored = [(_digest(blob), blob) for blob in map(archive.read, entry.texts("Layers"))]
    layers = _layers(stored, config, faults)
    return FoundImage(entry.texts("RepoTags"), "", config, layers, faults=faults)


def _compare(image: FoundImage, docker: List[JsonObject]) -> None:
    """Note where Docker's manifest describes another image than the index."""
    wanted = (
        _blob_path(image.config.digest), [_blob_path(layer.digest) for layer in image.layers],
    )
    found = [(entry.text("Config"), entry.texts("Layers")) for entry in docker]
    if found != [wanted]:
        image.faults.append(f"{layout.DOCKER_NAME} and {layout.INDEX_NAME} name different blobs")


def _checked(archive: _Archive, descriptor: JsonObject, what: str, faults: List[str]) -> bytes:
    """A blob; notes when it is not what its descriptor says."""
    digest = descriptor.text("digest")
    size = descriptor.number("size")
    content = archive.blob(digest)
    if _digest(content) != digest:
        faults.append(f"{what} {digest}: the content has {_digest(content)}")
    if len(content) != size:
        faults.append(f"{what} {digest}: {len(content)} bytes, not {size}")
    return content


def _layers(
    stored: List[Tuple[str, bytes]], config: Config, faults: List[str]
) -> List[FoundLayer]:
    wanted = config.diff_ids
    if len(wanted) != len(stored):
        faults.append(f"{len(stored)} layers, but the configuration has {len(wanted)}")
    found = []
    for number, (digest, content) in enumerate(stored):
        plain = _uncompressed(content)
        if plain is None:
            faults.append(f"layer {digest}: damaged, or no gzip")
            plain = b""
        elif number < len(wanted) and _digest(plain) != wanted[number]:
            faults.append(f"layer {digest}: uncompressed {_digest(plain)}, not {wanted[number]}")
        found.append(FoundLayer(digest, len(content), plain))
    return found


def _uncompressed(content: bytes) -> Optional[bytes]:
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        return zlib.decompress(content, _GZIP)
    except zlib.error:
        return None


def _members(content: bytes, digest: str) -> List[Tuple[str, Optional[bytes]]]:
    """Names of a layer's entries, and the content of files."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            found = []
            for member in archive.getmembers():
                stream = archive.extractfile(member) if member.isreg() else None
                found.append((_plain(member.name), stream.read() if stream else None))
            return found
    except (tarfile.TarError, EOFError, OSError) as error:
        raise MewError(f"layer {digest}: not a tar archive: {error}", hint=_HINT) from error


def _apply(seen: Dict[str, bytes], path: str, content: Optional[bytes]) -> None:
    """Lay one entry over those of the layers below (OCI image specification, layer.md)."""
    folder, _, name = path.rpartition("/")
    if name == _OPAQUE:
        gone = f"{folder}/" if folder else ""
        below = [other for other in seen if other.startswith(gone)]
    elif name.startswith(_WHITEOUT):
        gone = f"{folder}/" if folder else ""
        gone += name[len(_WHITEOUT) :]
        below = [other for other in seen if other == gone or other.startswith(f"{gone}/")]
    else:
        below = [path] if content is None and path in seen else []
        if content is not None:
            seen[path] = content
    for other in below:
        del seen[other]


def _plain(name: str) -> str:
    """A member's name as others know it: without `./` or `/` at first."""
    return (name[2:] if name.startswith("./") else name).strip("/")


def _blob_path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
