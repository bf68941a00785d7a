# SPDX-License-Identifier: Apache-2.0
"""Keys of the host's cache: digests of all that decides the bytes of an entry.

A kernel's feature sets are a function of its module and of our sources, which are both in the
key. Reading our sources takes some 3 ms; a key that only looked at their times would be wrong
after a restore. The few imports are for container starts.
"""
from __future__ import annotations

import hashlib
import json
import os

X86_64 = "x86_64"
# Kinds of entries, and what is in those with kernels.
KERNELS = "kernels"
SYSTEMS = "systems"
DISKS = "disks"
KERNEL_NAME = "kernel.elf"
FACTS_NAME = "kernel.json"

# Root of mew's Python packages, and of the kernel's sources: a checkout's, or an installation's.
PYTHON_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_KERNEL_FOLDERS = ("mew_kernel", "../../kernel")

# What makes kernels, below PYTHON_ROOT; the lock file says which LLVM and Zig do.
_COMPILER = ("wasker", "mew_abi", "mew/link", "mew/kernels/compile.py", "mew/kernels/module.py")
_TOOLCHAIN_LOCK = "mew_plugin/locks/toolchain.txt"
# What of it leaves its mark on kernels.
_TOOLS = ("llvmlite", "ziglang")
_SUFFIXES = (".py", ".zig", ".S", ".ld")
_DISK_MAKER = ("mew/disk", "mew/oci/rootdisk.py")


def sha256(content: bytes) -> str:
    """Return a digest in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def kernel_sources() -> str:
    """Return the directory of the kernel's sources that belong to this mew."""
    for folder in _KERNEL_FOLDERS:
        found = os.path.normpath(os.path.join(PYTHON_ROOT, folder))
        if os.path.isdir(found):
            return found
    return os.path.join(PYTHON_ROOT, _KERNEL_FOLDERS[0])


def compiler_fingerprint() -> str:
    """Return what tells one compiler from another: its sources, the kernel's, pinned tools."""
    places = [os.path.join(PYTHON_ROOT, place) for place in (*_COMPILER, _TOOLCHAIN_LOCK)]
    return _digest(_contents([*places, kernel_sources()]))


def toolchain() -> dict[str, str]:
    """Return name and version of each pinned tool."""
    with open(os.path.join(PYTHON_ROOT, _TOOLCHAIN_LOCK), encoding="utf-8") as lock:
        pins = [line.split()[0].split("==") for line in lock if "==" in line]
    return {name: version for name, version in pins if name in _TOOLS}


def disk_key(files: dict[str, bytes | None]) -> str:
    """Return the key of the disk with these files: path -> content, None for a directory."""
    facts = [
        f"{path}:{'' if content is None else sha256(content)}" for path, content in files.items()
    ]
    maker = _contents([os.path.join(PYTHON_ROOT, place) for place in _DISK_MAKER])
    return _digest(["disk", *maker, *sorted(facts)])


def kernel_key(
    module_sha256: str, fingerprint: str, cpu: str, architecture: str, link: dict
) -> str:
    """Return the key of the kernel for a module, linked as `link` says (`linkfacts`)."""
    facts = json.dumps(link, sort_keys=True)
    return _digest(["kernel", module_sha256, fingerprint, cpu, architecture, facts])


def system_key(fingerprint: str, features: tuple[str, ...]) -> str:
    """Return the key of the system that has these feature sets."""
    return _digest(["system", fingerprint, *features])


def _contents(places: list[str]) -> list[str]:
    """Names and digests of the sources at and below `places`, in a fixed order."""
    found = []
    for place in places:
        root = os.path.dirname(place)
        for path in sorted(_files(place)):
            with open(path, "rb", buffering=0) as source:
                found += [os.path.relpath(path, root), sha256(source.read())]
    return found


def _files(place: str) -> list[str]:
    if os.path.isfile(place):
        return [place]
    return [
        os.path.join(folder, name)
        for folder, _, names in os.walk(place)
        for name in names
        if name.endswith(_SUFFIXES)
    ]


def _digest(parts: list[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        # With their sizes, so that no two lists are one text.
        content = part.encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()
