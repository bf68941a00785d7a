# SPDX-License-Identifier: Apache-2.0
"""Whole builds by Pants, as a user starts them: cold, unchanged, elsewhere, and refused.

Each build gets a copy of the tree, and a store of its own where it has to be cold.
"""
from __future__ import annotations

import re
import shutil

from pipeline import ROOT
from workspace import BUILD_STEPS
from workspace import HELLO
from workspace import Workspace
from workspace import steps

PREVIEW1_EXIST = 20

BAD_FILES = {
    "truncated": b"\0asm\x01\0\0\0\x01\x05\x01\x60",
    "empty": b"",
    "text": b"(module)",
}


def test_unchanged_build_runs_nothing(workspace: Workspace, cold_build: bytes) -> None:
    image, log = workspace.package(HELLO, daemon=False)
    assert image == cold_build
    assert not steps(log) & BUILD_STEPS


def test_cold_build_elsewhere_gives_the_same_bytes(
    cold_build: bytes, elsewhere_build: "tuple[Workspace, bytes]"
) -> None:
    assert elsewhere_build[1] == cold_build


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


STORED_BUILD = """
files(name="texts", sources=["note.txt"])
relocated_files(name="root", files_targets=[":texts"], src="examples/stored", dest="")
fat32_image(name="data", dependencies=[":root"], size_mib=34)
wasm_unikernel(
    name="kernel",
    sources=["stored.wat"],
    dependencies=[":root"],
    wasi=["process", "stdio", "filesystem"],
    preopens={"/": "image", "/data": "disk"},
    disk=":data",
    stack_size=1 << 16,
)
wasm_unikernel_test(name="test", kernel=":kernel", expect_stdout="a note\\na note\\n")
"""


def test_files_in_the_image_and_on_a_disk(workspace: Workspace, cold_build: bytes) -> None:
    folder = workspace.root / "examples/stored"
    folder.mkdir()
    (folder / "BUILD").write_text(STORED_BUILD)
    (folder / "note.txt").write_text("a note\n")
    shutil.copy2(ROOT / "tests/e2e/stored.wat", folder)
    built = workspace.pants("package", "test", "examples/stored::", daemon=True)
    assert built.returncode == 0, built.stderr
    disk = workspace.root / "dist/examples.stored/data.img"
    assert disk.stat().st_size == 34 << 20
    untouched = disk.read_bytes()
    # The program makes a file that must be new: on a disk of the user's, once.
    for code in (0, PREVIEW1_EXIST):
        words = ("run", "examples/stored:kernel", "--", "--disk", "dist/examples.stored/data.img")
        done = workspace.pants(*words, daemon=True)
        assert (done.returncode, done.stdout) == (code, "a note\na note\n"), done.stderr
    changed = disk.read_bytes()
    assert b"MADE       " in changed and b"MADE       " not in untouched
