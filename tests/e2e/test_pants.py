# SPDX-License-Identifier: Apache-2.0
"""Whole builds by Pants, as a user starts them: cold, unchanged, elsewhere, and refused.

Each build gets a copy of the tree, and a store of its own where it has to be cold.
"""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest
from pipeline import ROOT

TREE = ("BUILD", "pants", "pants.toml", "docs", "examples", "kernel", "src", "tests")
# Fetching the toolchain is most of it.
TIMEOUT_S = 600
STARTED = re.compile(r"Starting: (\w+)")

BAD_FILES = {
    "truncated": b"\0asm\x01\0\0\0\x01\x05\x01\x60",
    "empty": b"",
    "text": b"(module)",
}


@dataclass(frozen=True)
class Workspace:
    """A copy of the repository, and the store that its builds use."""

    root: Path
    store: Path

    @staticmethod
    def create(root: Path, store: Path) -> "Workspace":
        for entry in TREE:
            source = ROOT / entry
            if source.is_dir():
                shutil.copytree(source, root / entry)
            else:
                root.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, root / entry)
        return Workspace(root, store)

    def pants(self, *arguments: str, daemon: bool) -> subprocess.CompletedProcess[str]:
        """Run the launcher of this copy and wait for its end.

        With the daemon, later runs start in a second; without it a run knows the store only.
        """
        sandboxes = self.store / "sandboxes"
        sandboxes.mkdir(parents=True, exist_ok=True)
        command = [
            str(self.root / "pants"), "--pantsd" if daemon else "--no-pantsd", "--no-dynamic-ui",
            f"--local-store-dir={self.store / 'store'}",
            f"--named-caches-dir={self.store / 'caches'}",
            f"--local-execution-root-dir={sandboxes}",
            *arguments,
        ]  # fmt: skip
        return subprocess.run(
            command, cwd=self.root, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False, env={**os.environ, "PANTS_CONCURRENT": str(not daemon)},
        )  # fmt: skip

    def stop_daemon(self) -> None:
        """End this copy's daemon, if there is one."""
        for pid_file in self.root.glob(".pids/pantsd/pid"):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)

    def package_hello(self, *, daemon: bool) -> tuple[bytes, set[str]]:
        """Package the smallest example: its bytes, and the first word of each process that ran."""
        done = self.pants("package", "examples/hello:kernel", daemon=daemon)
        assert done.returncode == 0, done.stderr
        image = (self.root / "dist/examples.hello/kernel.elf").read_bytes()
        return image, set(STARTED.findall(done.stderr))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    base = tmp_path_factory.mktemp("first")
    created = Workspace.create(base / "repository", base / "cache")
    yield created
    created.stop_daemon()


@pytest.fixture(scope="module")
def cold_build(workspace: Workspace) -> bytes:
    image, processes = workspace.package_hello(daemon=True)
    # Also proves that the pattern finds processes when there are some.
    assert {"Fetch", "Unpack", "Compile", "Link"} <= processes
    return image


def test_unchanged_build_runs_nothing(workspace: Workspace, cold_build: bytes) -> None:
    image, processes = workspace.package_hello(daemon=False)
    assert image == cold_build
    assert not processes & {"Fetch", "Unpack", "Compile", "Link"}


def test_cold_build_elsewhere_gives_the_same_bytes(cold_build: bytes, tmp_path: Path) -> None:
    elsewhere = Workspace.create(tmp_path / "some/other folder", tmp_path / "cache")
    image, processes = elsewhere.package_hello(daemon=False)
    assert {"Fetch", "Unpack", "Compile", "Link"} <= processes
    assert image == cold_build


def test_run_passes_arguments_streams_and_a_trap_through(
    workspace: Workspace, cold_build: bytes
) -> None:
    folder = workspace.root / "examples/trapping"
    folder.mkdir()
    (folder / "BUILD").write_text('wasm_unikernel(name="kernel", sources=["trap.wat"])\n')
    (folder / "trap.wat").write_text('(module (func $give_up (export "_start") unreachable))')
    done = workspace.pants("run", "examples/trapping:kernel", "--", "one", daemon=True)
    assert done.returncode == 134, done.stderr
    assert "trap: unreachable" in done.stderr and "give_up" in done.stderr
    assert done.stdout == ""


def test_refused_modules_are_named_with_their_targets(
    workspace: Workspace, cold_build: bytes
) -> None:
    folder = workspace.root / "examples/refused"
    folder.mkdir()
    build = [f'wasm_unikernel(name="{name}", sources=["{name}.wasm"])' for name in BAD_FILES]
    build.append('wasm_unikernel(name="none")')
    (folder / "BUILD").write_text("\n".join(build) + "\n")
    for name, content in BAD_FILES.items():
        (folder / f"{name}.wasm").write_bytes(content)
    targets = [f"examples/refused:{name}" for name in BAD_FILES]
    checked = workspace.pants("check", *targets, daemon=True)
    assert checked.returncode == 1, checked.stderr
    for target in targets:
        assert re.search(rf"{target}: error\[E\d+\].*\n *fix: ", checked.stderr), checked.stderr
    packaged = workspace.pants("package", targets[0], daemon=True)
    assert packaged.returncode == 1
    assert f"{targets[0]}: error[E" in packaged.stderr
    assert not (workspace.root / "dist/examples.refused").exists()
    missing = workspace.pants("package", "examples/refused:none", daemon=True)
    assert missing.returncode == 1 and "no WebAssembly module" in missing.stderr
    for done in (checked, packaged, missing):
        assert "Traceback" not in done.stderr
