# SPDX-License-Identifier: Apache-2.0
"""A container's root directory to what boots it: its module, and a kernel made of that.

In this order: the kernel inside the image, if it was linked from this very module for our ABI;
one from the host's cache; one that a compiler process makes now. Everything but the last is part
of each container's start and imports little.
"""
from __future__ import annotations

import json
import os
import sys

from mew.errors import MewError
from mew.image import record
from mew.kernels import defaults
from mew.kernels import keys
from mew.kernels import linkfacts
from mew.oci import rootfs as paths
from mew.kernels.store import Store

# Where `Prepared.kernel` comes from.
IMAGE = "image"
CACHE = "cache"
COMPILED = "compiled"
# How a program sees its container's files: the directory itself by 9P, or a FAT32 disk with them.
SHARE = "share"
DISK = "disk"
FILESYSTEM = "filesystem"
# What an image may make this host read. A kernel lies below its program's linear memory.
MODULE_BYTES_MAX = 1 << 29
KERNEL_BYTES_MAX = 1 << 30


class Settings:
    """How a host makes kernels. The runtime's own configuration may be used in its place: any
    object with these attributes.

    `python` runs the compiler and has llvmlite, "" is ours; `zig` is "" for that Python's package
    `ziglang`. `rootfs` is how programs see their container's files: SHARE or DISK.
    """

    def __init__(
        self,
        *,
        python: str = "",
        zig: str = "",
        cpu: str = defaults.CPU,
        cache: str = defaults.CACHE,
        cache_mib_max: int = defaults.CACHE_MIB_MAX,
        compile_timeout_s: float = defaults.COMPILE_TIMEOUT_S,
        rootfs: str = SHARE,
    ) -> None:
        self.python = python
        self.zig = zig
        self.cpu = cpu
        self.cache = cache
        self.cache_mib_max = cache_mib_max
        self.compile_timeout_s = compile_timeout_s
        self.rootfs = rootfs


class Prepared:
    """A kernel to boot.

    `source` is one of IMAGE, CACHE, COMPILED; `features` are the WASI feature sets that
    the kernel has; `note` says why a kernel in the image was passed over, or is "". `disk` holds
    the container's files where they are not shared, and the program has a use for them.
    """

    def __init__(self, kernel: str, features: tuple[str, ...], source: str, note: str) -> None:
        self.disk: str | None = None
        self.kernel = kernel
        self.features = features
        self.source = source
        self.note = note


def find_module(
    rootfs: str, args: list[str], environment: list[str] = (), cwd: str = "/"
) -> str | None:
    """Return the WebAssembly module on this host that `args` start in `rootfs`, or None.

    `args`, `environment` and `cwd` are those of the container's process.
    """
    program = paths.find_program(rootfs, args[0], environment, cwd) if args else None
    return program if program and paths.starts_as_wasm(program) else None


def is_wasm(rootfs: str, args: list[str], environment: list[str] = (), cwd: str = "/") -> bool:
    """Whether a container's process is a WebAssembly module. Costs a few system calls."""
    return find_module(rootfs, args, environment, cwd) is not None


def prepare(
    rootfs: str, module: str, settings: Settings, work: str, *, is_read_only: bool = False
) -> Prepared:
    """Return what boots `module`, a path on this host that `find_module` returned.

    What is returned lies in the directory `work`, from where the cache cannot take it away. Of
    what the container may not write, other containers may have the same file. Raises MewError
    when there is no kernel and none can be made.
    """
    machine = os.uname().machine
    if machine != keys.X86_64:
        raise MewError(f"kernels are for {keys.X86_64}, this machine is {machine}")
    try:
        module_sha256 = keys.sha256(paths.read_file(module, MODULE_BYTES_MAX))
    except OSError as error:
        raise MewError(f"{module}: cannot read the module: {error.strerror}") from error
    target = os.path.join(work, keys.KERNEL_NAME)
    found, note, link = _from_image(rootfs, module_sha256, target)
    if not found:
        found = _from_cache_or_compiler(module, module_sha256, settings, link)
        found.kernel = _linked(found.kernel, target)
    found.note = note
    if settings.rootfs == DISK and FILESYSTEM in found.features:
        found.disk = _disk(rootfs, settings, work, is_read_only)
    return found


def _from_image(
    rootfs: str, module_sha256: str, target: str
) -> tuple[Prepared | None, str, dict]:
    """The image's own kernel, copied to `target`: its program may write to the image's files.

    Or None, and why not: "" if the image says nothing of kernels. And how to link one.
    """
    link = linkfacts.DEFAULT
    try:
        content = paths.read_file(paths.resolve(rootfs, record.PATH), record.BYTES_MAX)
    except FileNotFoundError:
        return None, "", link
    except OSError as error:
        return None, f"{record.PATH} cannot be read: {error.strerror}", link
    try:
        facts = record.decode(content, record.PATH)
    except MewError as error:
        return None, error.message, link
    link = record.link_for(facts, module_sha256)
    kernel, note = record.kernel_for(facts, module_sha256, keys.X86_64)
    if not kernel:
        return None, note, link
    try:
        content = paths.read_file(paths.resolve(rootfs, kernel["path"]), KERNEL_BYTES_MAX)
    except (OSError, ValueError) as error:
        return None, f"the image's kernel cannot be read: {error}", link
    if keys.sha256(content) != kernel["sha256"]:
        return None, "the image's kernel is not the one that its record tells of", link
    with open(target, "wb", buffering=0) as copy:
        copy.write(content)
    return Prepared(target, tuple(facts["features"]), IMAGE, ""), "", link


def _from_cache_or_compiler(
    module: str, module_sha256: str, settings: Settings, link: dict
) -> Prepared:
    key = keys.kernel_key(
        module_sha256, keys.compiler_fingerprint(), settings.cpu, keys.X86_64, link
    )
    store = Store(settings.cache, settings.cache_mib_max << 20)
    source = CACHE
    found = _cached(store, key)
    if not found:
        source = COMPILED
        _drop_damaged(store, key)
        _run_compiler(module, settings, link)
        found = _cached(store, key)
    if not found:
        raise MewError(
            f"{module}: the compiler left no kernel in {settings.cache}",
            hint="Let one and the same mew run containers and compile for them.",
        )
    kernel, features = found
    return Prepared(kernel, features, source, "")


def _drop_damaged(store: Store, key: str) -> None:
    """Remove an entry that is there and no good; one that was made meanwhile stays."""
    if os.path.isdir(store.path(keys.KERNELS, key)):
        with store.lock(keys.KERNELS, key):
            if not _cached(store, key):
                store.drop(keys.KERNELS, key)


def _cached(store: Store, key: str) -> tuple[str, tuple[str, ...]] | None:
    """The kernel of a cache entry and its feature sets; None if missing or damaged."""
    entry = store.find(keys.KERNELS, key)
    if not entry:
        return None
    kernel = os.path.join(entry, keys.KERNEL_NAME)
    try:
        facts = json.loads(_read(os.path.join(entry, keys.FACTS_NAME)))
        # A machine that lost power may have kept the name and lost the content.
        whole = keys.sha256(_read(kernel)) == facts["sha256"]
        return (kernel, tuple(facts["features"])) if whole else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _run_compiler(module: str, settings: Settings, link: dict) -> None:
    """Start `mew precompile` on the Python that has the compiler, and wait for it."""
    import signal
    import subprocess

    from mew.kernels.compile import environment
    from mew.kernels.compile import error_of

    python = settings.python or sys.executable
    argv = [
        python, "-s", "-m", "mew", "precompile", module, "--python", python, "--cpu", settings.cpu,
        "--cache", settings.cache, "--cache-mib-max", str(settings.cache_mib_max),
        *(["--zig", settings.zig] if settings.zig else []), *linkfacts.flags(link),
    ]
    try:
        process = subprocess.Popen(
            argv, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,
        )
    except OSError as error:
        raise MewError(
            f"{python}: cannot start the compiler: {error.strerror}",
            hint="Configure a Python that has llvmlite, or run images that hold their kernel.",
        ) from error
    try:
        _, stderr = process.communicate(timeout=settings.compile_timeout_s)
    except subprocess.TimeoutExpired as error:
        # Its compilers are of the same session.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise MewError(
            f"{module}: not compiled within {settings.compile_timeout_s:g} s",
            hint="Run `mew precompile` on this host first, or put the kernel into the image with "
            "`mew image build`, or raise the limit.",
        ) from error
    if process.returncode != 0:
        raise error_of(stderr.decode(errors="replace"))


def _disk(rootfs: str, settings: Settings, work: str, is_read_only: bool) -> str:
    from mew.oci import rootdisk

    target = os.path.join(work, rootdisk.DISK_NAME)
    if not is_read_only:
        rootdisk.own_disk(rootfs, target)
        return target
    store = Store(settings.cache, settings.cache_mib_max << 20)
    return _linked(rootdisk.read_only_disk(rootfs, store), target)


def _linked(path: str, target: str) -> str:
    """Give an entry of the cache another name, which stays when the cache lets it go."""
    try:
        os.link(path, target)
    except OSError:
        import shutil

        shutil.copyfile(path, target)
    return target


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as source:
        return source.read()
