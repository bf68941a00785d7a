# SPDX-License-Identifier: Apache-2.0
"""An image as one tar file that every engine reads: an OCI layout, and Docker's manifest of the
same blobs (OCI image specification 1.1; docs/reference/image.md). Pure.

The same files and options give the same bytes.
"""
from __future__ import annotations

import hashlib
import json
from typing import Any
from typing import Dict
from typing import List
from typing import Mapping
from typing import NamedTuple
from typing import Sequence

from mew.image import tar
from mew.image.options import LINUX
from mew.image.options import PLATFORMS
from mew.image.options import ImageOptions
from mew.image.options import full_port
from mew.image.options import split_reference
from mew.link.archive import Entry
from mew.link.archive import file

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
GZIP_SUFFIX = "+gzip"

LAYOUT_NAME = "oci-layout"
INDEX_NAME = "index.json"
DOCKER_NAME = "manifest.json"
BLOBS = "blobs/sha256"

REFERENCE_ANNOTATION = "org.opencontainers.image.ref.name"
CONTAINERD_ANNOTATION = "io.containerd.image.name"
# Other runtimes know by it that the entry is a module: crun, runwasi.
VARIANT_ANNOTATION = "module.wasm.image/variant"
VARIANT = "compat"

_EPOCH = "1970-01-01T00:00:00Z"


class Layer(NamedTuple):
    """Files of one layer, path without a leading slash -> what is there, and what made them."""

    entries: Mapping[str, Entry]
    created_by: str


class _Blob(NamedTuple):
    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def descriptor(self, **more: Any) -> Dict[str, Any]:
        """What refers to the blob (OCI descriptor)."""
        return {
            "mediaType": self.media_type, "digest": f"sha256:{self.digest}",
            "size": len(self.content), **more,
        }


def image_archive(layers: Sequence[Layer], entrypoint: str, options: ImageOptions) -> bytes:
    """Return the tar file of the image that starts the module at `entrypoint`."""
    tars = [tar.archive(tar.with_parents(layer.entries)) for layer in layers]
    blobs = [_layer_blob(content, options.is_compressed) for content in tars]
    config = _json_blob(_config(tars, layers, entrypoint, options), CONFIG_TYPE)
    manifest = _json_blob(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.descriptor(),
            "layers": [blob.descriptor() for blob in blobs],
            "annotations": {VARIANT_ANNOTATION: VARIANT},
        },
        MANIFEST_TYPE,
    )
    docker = [
        {
            "Config": _path(config),
            "RepoTags": list(options.references),
            "Layers": [_path(blob) for blob in blobs],
        }
    ]
    files = {_path(blob): file(blob.content) for blob in (*blobs, config, manifest)}
    files[LAYOUT_NAME] = file(_encoded({"imageLayoutVersion": "1.0.0"}))
    files[INDEX_NAME] = file(_encoded(_index(manifest, options)))
    files[DOCKER_NAME] = file(_encoded(docker))
    return tar.archive(files)


def _layer_blob(content: bytes, is_compressed: bool) -> _Blob:
    if is_compressed:
        return _Blob(tar.compressed(content), LAYER_TYPE + GZIP_SUFFIX)
    return _Blob(content, LAYER_TYPE)


def _config(
    tars: Sequence[bytes], layers: Sequence[Layer], entrypoint: str, options: ImageOptions
) -> Dict[str, Any]:
    """The image's configuration (OCI image specification, config.md)."""
    architecture, system = PLATFORMS[options.platform]
    process: Dict[str, Any] = {
        "Entrypoint": [entrypoint],
        "WorkingDir": "/",
        "StopSignal": options.stop_signal,
    }
    if options.args:
        process["Cmd"] = list(options.args)
    if options.env:
        process["Env"] = [f"{name}={value}" for name, value in options.env]
    if options.labels:
        process["Labels"] = dict(options.labels)
    if options.ports:
        process["ExposedPorts"] = {full_port(port): {} for port in options.ports}
    return {
        "created": _EPOCH,
        "architecture": architecture,
        "os": system,
        "config": process,
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in tars],
        },
        "history": [{"created": _EPOCH, "created_by": layer.created_by} for layer in layers],
    }


def _index(manifest: _Blob, options: ImageOptions) -> Dict[str, Any]:
    """The layout's entry: the manifest once for each name.

    containerd takes the full name from its own annotation. It filters by a descriptor's platform,
    and it is never on wasi/wasm: without one it looks into the configuration and does not.
    """
    more: Dict[str, Any] = {}
    if options.platform == LINUX:
        architecture, system = PLATFORMS[options.platform]
        more["platform"] = {"architecture": architecture, "os": system}
    named: List[Dict[str, Any]] = []
    for reference in options.references:
        _, tag = split_reference(reference)
        annotations = {REFERENCE_ANNOTATION: tag, CONTAINERD_ANNOTATION: reference}
        named.append(manifest.descriptor(annotations=annotations, **more))
    return {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": named}


def _json_blob(value: Any, media_type: str) -> _Blob:
    return _Blob(_encoded(value), media_type)


def _encoded(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _path(blob: _Blob) -> str:
    return f"{BLOBS}/{blob.digest}"
