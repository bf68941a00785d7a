# SPDX-License-Identifier: Apache-2.0
"""Module to kernel on this host, into the cache: what a container waits for that has no kernel.

Compiling takes LLVM and Zig, so this runs in a process of its own on a Python that has both
(`python -m mew precompile`). Who asks for the same kernel at the same time waits for one compiler.
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Dict
from typing import List
from typing import Tuple

from mew.errors import MewError
from mew.files import write_output
from mew.kernels import module
from mew.link.build import build_system
from mew.link.image import link_image
from mew.kernels import keys
from mew.kernels import linkfacts
from mew.kernels.store import Store
from mew_abi.network import parse_listeners

# From this size on, a module is compiled in units, several at a time. The backend's rule too.
SPLIT_BYTES_MIN = 64_000
_UNITS_MANIFEST = "manifest.json"
_MODULE = "app.wasm"
# As the compiler and `mew` show it: a code, the module's file, the message, the fix.
_ERROR = re.compile(
    rf"^error(?:\[(E\d+)\])?: (?:{re.escape(_MODULE)}: )?(.*?)(?:\n  fix: (.*))?$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Compiler:
    """What kernels are made with. `zig` "" means: the one of the Python package `ziglang`."""

    python: str
    zig: str
    cpu: str
    fingerprint: str

    def zig_path(self) -> Path:
        """Return the Zig executable. Raises MewError when there is none."""
        spec = None if self.zig else importlib.util.find_spec("ziglang")
        folders = spec.submodule_search_locations or () if spec else ()
        for candidate in (self.zig, *(f"{folder}/zig" for folder in folders)):
            if candidate and os.path.isfile(candidate):
                return Path(candidate)
        raise MewError(
            f"no Zig compiler: {self.zig or 'the Python package ziglang'} is not there",
            hint="Install `ziglang` for the Python that compiles, or configure the path of zig; "
            "or run images that hold their kernel.",
        )


@dataclass(frozen=True)
class Made:
    """A kernel in the cache. `key` tells one from another; `features` are its system's."""

    path: Path
    key: str
    features: Tuple[str, ...]


def ensure(options: argparse.Namespace, content: bytes, where: str, link: dict) -> Made:
    """Return the kernel for a module from the cache and with the compiler of a command's options
    (`add_cache_options`), made now if need be. Raises MewError as `ensure_kernel` does."""
    compiler, store = _tools(options)
    entry = Path(ensure_kernel(content, where, store, compiler, link))
    features = json.loads((entry / keys.FACTS_NAME).read_bytes())["features"]
    return Made(entry / keys.KERNEL_NAME, entry.name, tuple(features))


def _tools(options: argparse.Namespace) -> Tuple[Compiler, Store]:
    compiler = Compiler(options.python, options.zig, options.cpu, keys.compiler_fingerprint())
    return compiler, Store(options.cache, options.cache_mib_max << 20)


def ensure_kernel(
    content: bytes, where: str, store: Store, compiler: Compiler, link: dict
) -> str:
    """Return the cache entry with the kernel for the module `content`, made now if need be.

    `link` says how it is linked (`mew.kernels.linkfacts`). Raises MewError with the compiler's
    words, naming `where`, for a module that is not good.
    """
    key = keys.kernel_key(
        keys.sha256(content), compiler.fingerprint, compiler.cpu, keys.X86_64, link
    )
    with store.lock(keys.KERNELS, key):
        found = store.find(keys.KERNELS, key)
        if found:
            return found
        features = module.features(content, where)
        system = _ensure_system(features, store, compiler)
        entry = Path(store.unfinished())
        objects = _compile(content, where, entry, compiler)
        kernel = entry / keys.KERNEL_NAME
        link_image(
            "kernel", zig=compiler.zig_path(), objects=Path(system), programs=objects,
            output=kernel, preopens=_preopens(link) if "filesystem" in features else {},
            listeners=parse_listeners(link["listeners"]) if "sockets" in features else (),
            stack_bytes=link["stack_size"],
        )
        for path in objects:
            path.unlink()
        facts = {"features": features, "sha256": keys.sha256(kernel.read_bytes())}
        write_output(entry / keys.FACTS_NAME, json.dumps(facts, sort_keys=True).encode())
        return store.keep(str(entry), keys.KERNELS, key)


def _preopens(link: dict) -> Dict[str, str]:
    """The container's files are at `/`: the configuration of its boot says how."""
    return {"/": "image", **{name: linkfacts.MEMORY for name in link["memory"]}}


def ensure_systems(options: argparse.Namespace) -> List[Path]:
    """Return the cache's entries with the kernel's own objects for all modules, made if need be.

    They are most of what the first module of a host waits for. `options` are a command's.
    """
    compiler, store = _tools(options)
    return [Path(_ensure_system(names, store, compiler)) for names in module.all_features()]


def _ensure_system(features: Tuple[str, ...], store: Store, compiler: Compiler) -> str:
    """Return the cache entry with the kernel's own objects for these feature sets."""
    key = keys.system_key(compiler.fingerprint, features)
    with store.lock(keys.SYSTEMS, key):
        found = store.find(keys.SYSTEMS, key)
        if found:
            return found
        entry = store.unfinished()
        build_system(
            "kernel", zig=compiler.zig_path(), sources=Path(keys.kernel_sources()),
            output=Path(entry), features=features,
        )
        return store.keep(entry, keys.SYSTEMS, key)


def _compile(content: bytes, where: str, folder: Path, compiler: Compiler) -> List[Path]:
    """Compile into `folder`; returns the objects in link order and leaves nothing else."""
    source = folder / _MODULE
    source.write_bytes(content)
    try:
        if len(content) >= SPLIT_BYTES_MIN:
            return _compile_units(folder, compiler)
        _wasker(folder, compiler, "compile", _MODULE, "-o", "app.o", "--cpu", compiler.cpu)
        return [folder / "app.o"]
    except MewError as error:
        raise MewError(f"{where}: {error.message}", hint=error.hint) from error
    finally:
        source.unlink()


def _compile_units(folder: Path, compiler: Compiler) -> List[Path]:
    """Compile a large module in parts, as many at a time as there are processors."""
    units = folder / "units"
    _wasker(folder, compiler, "split", _MODULE, "-o", units)
    listed = json.loads((units / _UNITS_MANIFEST).read_bytes())["units"]
    paths = [units / unit["file"] for unit in listed]
    workers = os.cpu_count() or 1
    # More parts than workers: units differ in how long they take.
    parts = [paths[start :: 4 * workers] for start in range(4 * workers)]
    codegen = ("codegen", "-o", folder, "--cpu", compiler.cpu)
    with ThreadPoolExecutor(workers) as pool:
        tasks = [pool.submit(_wasker, folder, compiler, *codegen, *part) for part in parts if part]
    try:
        for task in tasks:
            task.result()
    except MewError:
        # Offsets in a unit say little: validation of the whole module names the place in it.
        _wasker(folder, compiler, "check", _MODULE)
        raise
    shutil.rmtree(units)
    return [folder / f"{path.stem}.o" for path in paths]


def _wasker(folder: Path, compiler: Compiler, *arguments: object) -> None:
    """Run the compiler in `folder`. Raises MewError with its diagnostic."""
    done = subprocess.run(
        [compiler.python, "-s", "-m", "wasker", *map(str, arguments)],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, check=False,
    )
    if done.returncode != 0:
        raise error_of(done.stderr.decode(errors="replace"))


def environment() -> Dict[str, str]:
    """Return the whole environment of our Python processes."""
    return {"PYTHONPATH": keys.PYTHON_ROOT, "LC_ALL": "C.UTF-8"}


def error_of(stderr: str) -> MewError:
    """Return the error that a command of ours has shown on standard error."""
    found = _ERROR.search(stderr.strip())
    if not found:
        return MewError(stderr.strip() or "the compiler died without a word")
    code, message, hint = found.groups()
    return MewError(f"{message} ({code})" if code else message, hint=hint or "")
