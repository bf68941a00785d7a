# SPDX-License-Identifier: Apache-2.0
"""Containers as engines see them: bundles made by hand, and the runtime as a command.

The programs are programs/guest.c, which does what its first argument says.
"""
from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from typing import Any

from pipeline import ROOT
from pipeline import ZIG
from pipeline import expect_success
from pipeline import run_module

from mew.image import contents
from mew.image.layout import Layer
from mew.oci import install

TIMEOUT_S = 60
_FEATURES = {
    "guest": ["process", "stdio", "clocks"],
    "whole": ["process", "stdio", "clocks", "filesystem", "sockets"],
}
_DEFINES = {"guest": [], "whole": ["-DWHOLE"]}
_LINK_OPTIONS = {"guest": [], "whole": ["--listen", "tcp:8080"]}
_INCLUDES = ROOT / "tests/kernel/wasi/programs"
_PROGRAM = ROOT / "tests/oci/programs/guest.c"


@dataclass(frozen=True)
class Program:
    """A module with the kernel that is linked for it, and the kernel's feature sets."""

    module: Path
    kernel: Path
    features: list[str]


def may_unshare() -> bool:
    """Whether this machine lets us make namespaces and mounts: root in a container may not."""
    done = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False)
    return done.returncode == 0


def build(name: str, work: Path) -> Program:
    """Compile and link programs/guest.c: as `guest`, or with files and sockets as `whole`."""
    features = _FEATURES[name]
    module, program, kernel = (work / f"{name}.{end}" for end in ("wasm", "o", "elf"))
    cache = str(work / "zig-cache")
    subprocess.run(
        [
            ZIG, "cc", "-target", "wasm32-freestanding", "-nostdlib", "-O1", "-Wall", "-Werror",
            "-Wl,--export=_start", "-Wl,--no-entry", "-I", _INCLUDES,
            *_DEFINES[name], _PROGRAM, "-o", module,
        ],
        check=True, env={"ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache},
    )  # fmt: skip
    joined = ",".join(features)
    expect_success(run_module("wasker", "compile", module, "-o", program, "--wasi", joined))
    objects = work / f"{name}-objects"
    expect_success(
        run_module("mew", "build-system", "--system", "kernel", "--zig", ZIG, "-o", objects,
                   "--features", joined)
    )
    expect_success(
        run_module("mew", "link", program, "-o", kernel, "--system", "kernel", "--zig", ZIG,
                   "--objects", objects, *_LINK_OPTIONS[name])
    )
    return Program(module, kernel, features)


def layers(program: Program) -> "list[Layer]":
    """The program and its kernel, as images have them."""
    kernel = contents.Kernel(program.kernel.read_bytes(), "test", tuple(program.features))
    return contents.layers(contents.Program(program.module.read_bytes()), {}, kernel)


def write_root(root: Path, program: Program) -> Path:
    """Make a container's root directory from these layers."""
    for layer in layers(program):
        for name, entry in layer.entries.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.content)
    return root


def write_bundle(folder: Path, program: Program, *arguments: str, **process: Any) -> Path:
    """Make a bundle that starts the program with these arguments."""
    write_root(folder / "rootfs", program)
    return write_config(folder, *arguments, **process)


def write_config(folder: Path, *arguments: str, **process: Any) -> Path:
    """Write the config.json of a bundle whose root directory is there."""
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "args": ["/app.wasm", *arguments],
            "env": ["NAME=value"],
            "cwd": "/",
            "user": {"uid": 0, "gid": 0},
            **process,
        },
        "root": {"path": "rootfs"},
        "linux": {"namespaces": []},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def change_bundle(bundle: Path, **sections: Any) -> None:
    """Replace top-level sections of a bundle's config.json."""
    path = bundle / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **sections}))


@dataclass(frozen=True)
class Runtime:
    """An installed `mew-oci` with a state directory of its own."""

    folder: Path

    @staticmethod
    def install(folder: Path) -> "Runtime":
        """Install into `folder`, which should have a short path: sockets will be there."""
        install.install(str(folder / "prefix"), "/usr/bin/containerd-shim-runc-v2")
        return Runtime(folder)

    @property
    def programs(self) -> Path:
        """Where engines find the runtime and the shim."""
        return self.folder / "prefix/bin"

    def start(self, *words: object, **more: Any) -> "subprocess.Popen[bytes]":
        """Start the runtime with these arguments."""
        environment = {**os.environ, "MEW_CONFIG": str(self._config())}
        command = [self.programs / "mew-oci", "--root", self.folder / "state", *words]
        return subprocess.Popen([str(word) for word in command], env=environment, **more)

    def run(self, *words: object, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run it to its end."""
        process = self.start(
            *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            stdout, stderr = process.communicate(stdin, timeout=TIMEOUT_S)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def state(self, container: str) -> dict[str, Any]:
        """Return what `state` says."""
        return dict(json.loads(self.run("state", container).stdout))

    def _config(self) -> Path:
        path = self.folder / "config.toml"
        if not path.exists():
            path.write_text(
                f'python = "{sys.executable}"\ncache = "{self.folder}/cache"\n'
                'accelerator = "tcg"\n'
                f"qemu_jail = {str(may_unshare()).lower()}\n"
            )
        return path


def read_line(stream: "IO[bytes]") -> bytes:
    """The next line, or a failure when none comes."""
    assert select.select([stream], [], [], TIMEOUT_S)[0], "no line came"
    return stream.readline()


def create(runtime: Runtime, bundle: Path, name: str) -> "tuple[int, IO[bytes]]":
    """Create a container of which this process becomes the parent: (pid, its output)."""
    pid_file = bundle / "pid"
    reader, writer = os.pipe()
    with runtime.start(
        "create", "--bundle", bundle, "--pid-file", pid_file, name,
        stdin=subprocess.DEVNULL, stdout=writer, stderr=writer,
    ) as process:
        assert process.wait(TIMEOUT_S) == 0
    os.close(writer)
    return int(pid_file.read_text()), os.fdopen(reader, "rb")


def ended(pid: int) -> int:
    """Wait for the container's end, as its parent: the exit code."""
    descriptor = os.pidfd_open(pid)
    try:
        assert select.select([descriptor], [], [], TIMEOUT_S)[0], "the container did not end"
    finally:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
