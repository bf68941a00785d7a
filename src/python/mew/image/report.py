# SPDX-License-Identifier: Apache-2.0
"""What `mew image inspect` says of an image: what it holds, whether it fits together. Pure."""
from __future__ import annotations

from typing import Dict
from typing import List
from typing import NamedTuple
from typing import Tuple

from mew.errors import MewError
from mew.image import record
from mew.image.reader import FoundImage
from mew.kernels import keys
from mew.kernels import linkfacts
from mew.kernels import module

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAGIC = b"\0asm"


class Report(NamedTuple):
    """Lines for a person, and whether all is as it has to be."""

    lines: Tuple[str, ...]
    is_good: bool


def report_of(image: FoundImage) -> Report:
    """Return what there is to say of an image."""
    faults = list(image.faults)
    files: Dict[str, bytes] = {}
    try:
        files = image.files()
    except MewError as error:
        faults.append(error.message)
    lines = [", ".join(image.references) or "an image without a name"]
    lines += _facts(image)
    lines += _program(image, files, faults)
    lines += [_line("damaged", fault) for fault in faults]
    return Report(tuple(lines), not faults)


def module_of(image: FoundImage, files: Dict[str, bytes]) -> str:
    """Return the path of the module that the image starts, or ""."""
    command = image.command
    if not command:
        return ""
    search = _DEFAULT_PATH
    for text in image.config.env:
        name, _, value = text.partition("=")
        search = value if name == "PATH" else search
    places = [""] if "/" in command[0] else search.split(":")
    for place in places:
        path = f"{place}/{command[0]}".strip("/")
        if files.get(path, b"").startswith(_MAGIC):
            return path
    return ""


def _facts(image: FoundImage) -> List[str]:
    config = image.config
    shown = [
        ("manifest", image.manifest_digest),
        ("config", config.digest),
        ("platform", config.platform),
        ("command", " ".join(map(_quoted, image.command))),
        ("environment", " ".join(map(_quoted, config.env))),
        ("ports", " ".join(config.ports)),
        ("stop signal", config.stop_signal),
    ]
    for name, value in sorted(config.labels.items()):
        shown.append(("label", f"{name}={value}"))
    for name, value in sorted(image.annotations.items()):
        shown.append(("annotation", f"{name}={value}"))
    for layer in image.layers:
        shown.append(("layer", f"{layer.digest}, {layer.size:,} bytes"))
    return [_line(name, value) for name, value in shown if value]


def _program(image: FoundImage, files: Dict[str, bytes], faults: List[str]) -> List[str]:
    """Lines about the module and its kernel; adds to `faults` what does not fit."""
    path = module_of(image, files)
    if not path:
        return [_line("module", "none: the image's command is not a WebAssembly file")]
    content = files[path]
    digest = keys.sha256(content)
    lines = [_line("module", f"/{path}, {len(content):,} bytes, sha256:{digest}")]
    try:
        lines.append(_line("needs", ", ".join(module.needs(content, f"/{path}")) or "nothing"))
    except MewError as error:
        faults.append(error.message)
    if record.PATH[1:] not in files:
        return [*lines, _line("kernel", "none: it is compiled where the image first runs")]
    try:
        facts = record.decode(files[record.PATH[1:]], record.PATH)
    except MewError as error:
        faults.append(error.message)
        return lines
    link = facts["link"]
    if link != linkfacts.DEFAULT:
        lines.append(_line("linked with", " ".join(linkfacts.flags(link))))
    if not facts["kernels"]:
        return [*lines, _line("kernel", "none: it is compiled where the image first runs")]
    toolchain = " ".join(f"{name} {version}" for name, version in facts["toolchain"].items())
    lines.append(_line("made with", f"ABI {facts['abi']}, {toolchain}".rstrip(", ")))
    for architecture, kernel in sorted(facts["kernels"].items()):
        verdict = _verdict(facts, kernel, architecture, digest, files)
        lines.append(_line("kernel", f"{architecture} {kernel['path']}, {verdict or 'matches'}"))
        lines.append(_line("", f"sha256:{kernel['sha256']}, key {kernel['key']}"))
        if verdict:
            faults.append(f"kernel for {architecture}: {verdict}")
    return lines


def _verdict(
    facts: dict, kernel: dict, architecture: str, module_sha256: str, files: Dict[str, bytes]
) -> str:
    """Why a runtime would pass the kernel over; "" if it boots it."""
    _, why = record.kernel_for(facts, module_sha256, architecture)
    content = files.get(kernel["path"].strip("/"))
    if content is None:
        return why or "the file is missing"
    if keys.sha256(content) != kernel["sha256"]:
        return why or f"the file has sha256:{keys.sha256(content)}"
    return why


def _line(name: str, value: str) -> str:
    return f"  {name:<12} {value}"


def _quoted(text: str) -> str:
    return text if text and text.isprintable() and " " not in text else repr(text)
