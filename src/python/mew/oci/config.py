# SPDX-License-Identifier: Apache-2.0
"""The configuration file of `mew-oci`, as values.

It is TOML without tables: lines `key = value` with strings in double quotes, integers, `true` and
`false`. Python's own reader is not used: 3.9 and 3.10 have none, and it would cost each start of
the runtime as much as the runtime's own work.
"""
from __future__ import annotations

import json
import os
from typing import NamedTuple

from mew.errors import MewError

PATH_VARIABLE = "MEW_CONFIG"
DEFAULT_PATH = "/etc/mew/config.toml"
ACCELERATORS = ("auto", "tcg", "kvm")
LOG_LEVELS = ("error", "warn", "info", "debug")
ROOTFS_KINDS = ("share", "disk")
_HIGHEST_UID = 0xFFFF_FFFE


class OciConfig(NamedTuple):
    """What the administrator of a host decides. `KEYS` says what each value means."""

    runc: str = "/usr/sbin/runc"
    qemu: str = "qemu-system-x86_64"
    machine: str = "microvm"
    accelerator: str = "auto"
    memory_mib: int = 128
    memory_overhead_mib: int = 48
    qemu_uid_first: int = 0x7000_0000
    qemu_jail: bool = True
    network: bool = True
    tc: str = "/usr/sbin/tc"
    rootfs: str = "share"
    python: str = ""
    zig: str = ""
    cpu: str = "x86-64-v2"
    cache: str = "/var/lib/mew/cache"
    cache_mib_max: int = 4096
    compile_timeout_s: int = 100
    guest_log_level: str = "warn"
    log_dir: str = ""


# Key -> what it means; docs/reference/oci.md has the same lines, by a test.
KEYS = {
    "runc": "absolute path of the runtime for containers whose entry is not WebAssembly",
    "qemu": "QEMU: an absolute path, or a name on PATH",
    "machine": "QEMU's machine type: microvm, pc or q35",
    "accelerator": "auto (KVM where it is real, else tcg), tcg or kvm",
    "memory_mib": "the guest's RAM where the container has no memory limit",
    "memory_overhead_mib": "what of a container's memory limit is QEMU's own; the rest is RAM",
    "qemu_uid_first": "QEMU of a container runs as this uid plus the monitor's pid",
    "qemu_jail": "whether QEMU gets namespaces of its own, with nothing but /usr and the rootfs",
    "network": "whether a container with a network namespace of its own gets a network device",
    "tc": "absolute path of tc, of iproute2",
    "rootfs": "how a program sees the container's files: share (9P, with volumes) or disk (FAT32)",
    "python": "the Python that compiles modules, with llvmlite; empty: the one that runs mew-oci",
    "zig": "the Zig that links kernels; empty: that Python's package ziglang",
    "cpu": "the processor that modules are compiled for: x86-64-v1, x86-64-v2 or x86-64-v3",
    "cache": "where kernels are kept that had to be made on this host",
    "cache_mib_max": "what may be kept there; what was not used for longest goes first",
    "compile_timeout_s": "how long creating a container may compile; kubelet gives up after 120 s",
    "guest_log_level": "what the kernel writes to standard error: error, warn, info or debug",
    "log_dir": "where logs stay after their container; empty: they go with it",
}

_CHOICES = {
    "machine": ("microvm", "pc", "q35"),
    "accelerator": ACCELERATORS,
    "rootfs": ROOTFS_KINDS,
    "cpu": ("x86-64-v1", "x86-64-v2", "x86-64-v3"),
    "guest_log_level": LOG_LEVELS,
}
_ABSOLUTE = ("runc", "tc", "cache")


def load() -> OciConfig:
    """Read the file that $MEW_CONFIG names, else DEFAULT_PATH; without a file all is default.

    Raises MewError, with file and line, for what cannot be read or is not known.
    """
    named = os.environ.get(PATH_VARIABLE)
    path = named or DEFAULT_PATH
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except FileNotFoundError:
        if named:
            raise MewError(
                f"${PATH_VARIABLE} names {path}, which does not exist",
                hint="write the file, or unset the variable",
            ) from None
        return OciConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise MewError(f"{path}: cannot read the configuration: {error}") from None


def parse(text: str, where: str) -> OciConfig:
    """Return the configuration that `text` describes; `where` is for messages."""
    values: dict[str, object] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        place = f"{where}, line {number}"
        key, equals, rest = line.partition("=")
        key = key.strip()
        if not equals:
            raise MewError(f"{place}: {line!r} is no setting", hint="write key = value")
        if key not in KEYS:
            raise MewError(f"{place}: unknown key {key!r}", hint=f"known are {', '.join(KEYS)}")
        if key in values:
            raise MewError(f"{place}: {key} is there twice", hint="take one of the lines out")
        values[key] = _value(key, rest.strip(), place)
    return OciConfig(**values)  # type: ignore[arg-type]


def _value(key: str, text: str, place: str) -> object:
    default = getattr(OciConfig(), key)
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        value, end = None, len(text)
    rest = text[end:].strip()
    # bool is a kind of int, so the types themselves are compared.
    if type(value) is not type(default) or (rest and not rest.startswith("#")):
        kinds = {str: 'a string in double quotes, as in "text"', bool: "true or false"}
        wanted = kinds.get(type(default), "a whole number")
        raise MewError(f"{place}: {key} is {text}", hint=f"it is {wanted}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise MewError(f"{place}: {key} is {text}", hint=f"use one of {', '.join(_CHOICES[key])}")
    if key in _ABSOLUTE and not str(value).startswith("/"):
        raise MewError(f"{place}: {key} is {text}", hint="give an absolute path")
    if isinstance(value, int) and value < 0:
        raise MewError(f"{place}: {key} is {text}", hint="give a number that is not negative")
    if key == "qemu_uid_first" and isinstance(value, int) and not 0 < value <= _HIGHEST_UID:
        raise MewError(f"{place}: {key} is {text}", hint=f"give 1 to {_HIGHEST_UID}")
    return value
