# SPDX-License-Identifier: Apache-2.0
"""`/.mew/image.json`: what an image says about its module and the kernels linked for it.

docs/reference/image.md has the format. Whoever makes an image decides what is in it, so nothing
here is believed before it has been compared: with the module's digest, with the system's number
and with the kernel's own bytes. A container runtime reads it at every start, hence the few imports.
"""
from __future__ import annotations

import json

from mew.errors import MewError
from mew.kernels import linkfacts
from mew_abi.version import ABI_VERSION

SCHEMA = 1
FOLDER = ".mew"
PATH = f"/{FOLDER}/image.json"
MODULE_PATH = "/app.wasm"
_OF_KERNELS = ("path", "sha256", "key")
# A record is a few hundred bytes; more is no record of ours.
BYTES_MAX = 1 << 16


def kernel_path(architecture: str) -> str:
    """Return where the kernel for an architecture lies in an image."""
    return f"/{FOLDER}/{architecture}/kernel.elf"


def encode(
    *,
    module_path: str,
    module_sha256: str,
    features: list[str],
    link: dict,
    toolchain: dict[str, str],
    kernels: dict[str, dict[str, str]],
) -> bytes:
    """Return the record's bytes: sorted, so that equal facts give equal bytes.

    `kernels` maps architectures to `path`, `sha256` and `key`; `toolchain` names to versions;
    `link` is what `mew.kernels.linkfacts` describes.
    """
    facts = {
        "schema": SCHEMA,
        "abi": ABI_VERSION,
        "wasm": {"path": module_path, "sha256": module_sha256},
        "features": features,
        "link": link,
        "toolchain": toolchain,
        "kernels": kernels,
    }
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()


def decode(content: bytes, where: str) -> dict:
    """Return the facts of a record. Raises MewError, naming `where`, for anything else."""
    try:
        facts = json.loads(content)
        tables = [facts["toolchain"], *facts["kernels"].values()]
        texts = [facts["wasm"]["path"], facts["wasm"]["sha256"], *facts["features"]]
        texts += [text for table in tables for text in table.values()]
        texts += [kernel[name] for kernel in facts["kernels"].values() for name in _OF_KERNELS]
        good = facts["schema"] == SCHEMA and type(facts["abi"]) is int
        good = good and type(facts["features"]) is list and linkfacts.is_wellformed(facts["link"])
        good = good and all(type(text) is str for text in texts)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        good = False
    if not good:
        raise MewError(
            f"{where}: not a record of schema {SCHEMA}",
            hint="Build the image again with the mew that is to run it.",
        )
    return facts


def link_for(facts: dict, module_sha256: str) -> dict:
    """Return how a kernel for the module is linked: as the record says if it is about it."""
    return facts["link"] if facts["wasm"]["sha256"] == module_sha256 else linkfacts.DEFAULT


def kernel_for(facts: dict, module_sha256: str, architecture: str) -> tuple[dict, str]:
    """Return the kernel of `facts` that may boot the module, or {}; and why there is none.

    The kernel's own bytes are still to be compared with its `sha256`.
    """
    if facts["wasm"]["sha256"] != module_sha256:
        return {}, "the image's kernel was linked for another module"
    if facts["abi"] != ABI_VERSION:
        return {}, f"the image's kernel is for ABI {facts['abi']}, this system has {ABI_VERSION}"
    kernel = facts["kernels"].get(architecture, {})
    return kernel, "" if kernel else f"the image has no kernel for {architecture}"
