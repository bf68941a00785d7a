# SPDX-License-Identifier: Apache-2.0
"""The backend as a wheel, in a monorepo that has nothing else of ours."""
from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Iterator

import pytest
from workspace import BUILD_STEPS
from workspace import HELLO
from workspace import Workspace
from workspace import steps

SETTINGS = """\
[GLOBAL]
pants_version = "2.17.1"
plugins = ["mew-unikernel"]
backend_packages = ["mew_plugin"]

[python-repos]
find_links = ["file://{wheels}"]
"""
SERVICE = """\
wasi_module(
    name="module",
    sources=["main.c"],
    dependencies=["shared:headers"],
    copts=["-I."],
    linkopts=["-nostdlib"],
)
wasm_unikernel(name="kernel", dependencies=[":module"])
wasm_executable(name="linux", dependencies=[":module"])
"""
MAIN = """\
#include "shared/code.h"
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit")))
_Noreturn void proc_exit(int code);
void _start(void) { proc_exit(EXIT_CODE); }
"""


def succeed(second: Workspace, *arguments: str) -> str:
    done = second.pants(*arguments, daemon=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(workspace: Workspace, cold_build: bytes) -> Path:
    succeed(workspace, "package", "src/python:wheel")
    (path,) = workspace.root.glob("dist/*.whl")
    return path


@pytest.fixture(scope="module")
def second(
    workspace: Workspace, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """Two projects that share a header, and the example, in one commit."""
    root = tmp_path_factory.mktemp("second")
    (root / "pants.toml").write_text(SETTINGS.format(wheels=wheel.parent))
    (root / ".gitignore").write_text("/dist/\n/.pids/\n/.pants.d/\n/.pants.workdir.file_lock*\n")
    shutil.copytree(workspace.root / "examples/hello", root / "examples/hello")
    (root / "shared").mkdir()
    (root / "shared/BUILD").write_text('files(name="headers", sources=["*.h"])\n')
    (root / "shared/code.h").write_text("#define EXIT_CODE 7\n")
    (root / "service").mkdir()
    (root / "service/BUILD").write_text(SERVICE)
    (root / "service/main.c").write_text(MAIN)
    git(root, "init", "-q")
    commit(root)
    created = Workspace(root, workspace.launcher, workspace.store)
    yield created
    created.stop_daemon()


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@test.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "-qm", "all")


def test_wheel_holds_every_source(workspace: Workspace, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    python = workspace.root / "src/python"
    kernel = workspace.root / "kernel"
    expected = {str(path.relative_to(python)) for path in python.glob("*/**/*.py")}
    expected |= {str(path.relative_to(python)) for path in python.glob("mew_plugin/locks/*.txt")}
    for suffix in ("zig", "S", "ld"):
        paths = kernel.rglob(f"*.{suffix}")
        expected |= {f"mew_kernel/{path.relative_to(kernel)}" for path in paths}
    assert names == expected


def test_same_image_from_the_same_store(second: Workspace, cold_build: bytes) -> None:
    image, log = second.package(HELLO, daemon=True)
    assert image == cold_build
    # Installed sources and those of the repository give the same cache keys.
    assert not steps(log) & BUILD_STEPS


def test_targets_share_a_module(second: Workspace) -> None:
    for target in ("service:kernel", "service:linux"):
        done = second.pants("run", target, daemon=True)
        assert done.returncode == 7, done.stderr
    needed = succeed(second, "dependencies", "--transitive", "service:kernel").split()
    assert needed == ["service:module", "shared/code.h:headers"]


def test_peek_shows_fields_with_their_defaults(second: Workspace) -> None:
    (shown,) = json.loads(succeed(second, "peek", HELLO))
    assert shown["target_type"] == "wasm_unikernel"
    assert shown["wasi"] == ["process", "stdio", "clocks", "random"]
    assert shown["memory_mib"] == 128


def test_a_change_concerns_only_what_depends_on_it(second: Workspace) -> None:
    (second.root / "shared/code.h").write_text("#define EXIT_CODE 8\n")
    changed = ("--changed-since=HEAD", "--changed-dependents=transitive")
    concerned = succeed(second, *changed, "list").split()
    commit(second.root)
    assert {"service:kernel", "service:linux", "service:module"} <= set(concerned)
    assert not [address for address in concerned if address.startswith("examples")]
    assert second.pants("run", "service:kernel", daemon=True).returncode == 8
