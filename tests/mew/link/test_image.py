# SPDX-License-Identifier: Apache-2.0
"""Linking for real: the executable runs, its bytes repeat, and faults in the input are told."""
from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Callable

import pytest
from mew.errors import MewError
from mew.link import elf
from mew.link.image import data_objects
from mew.link.verify import verify_image
from mew.link.verify import verify_no_paths
from mew_abi.network import parse_listeners
from pipeline import System
from pipeline import ZIG
from pipeline import run_module

Assemble = Callable[[str, str], Path]

# Ends with code 7; the local symbol stands for a Wasm function.
PROGRAM = """
    .section .text.program, "ax", @progbits
    .globl mew_start
mew_start:
"wasm:exits":
    push %rbp
    mov $0x107, %edi
    call "wasi_snapshot_preview1.proc_exit"
    .type "wasm:exits", @function
"""
TRAP = """
    .section .text.program, "ax", @progbits
    .globl mew_start
    .type mew_start, @function
mew_start:
    push %rbp
    mov %rsp, %rbp
    call "wasm:gives up"
    .section .text.other, "ax", @progbits
    .type "wasm:gives up", @function
"wasm:gives up":
    push %rbp
    mov %rsp, %rbp
    .byte 0x67, 0x0f, 0xb9, 0x40, 1
"""


def _link(system: System, output: Path, *programs: Path) -> "tuple[int, str]":
    outcome = run_module(
        "mew", "link", *programs, "-o", output, "--system", system.name, "--zig", ZIG,
        "--objects", system.objects,
    )
    return outcome.exit_code, outcome.stderr


def test_a_linked_program_runs(linux: System, assemble: Assemble, tmp_path: Path) -> None:
    image = tmp_path / "program.elf"
    assert _link(linux, image, assemble("program", PROGRAM)) == (0, "")
    assert subprocess.run([image], check=False).returncode == 7
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"program.S", "program.o", "program.elf", "cache"}, "scratch must be gone"


def test_the_names_table_reaches_the_trap_report(
    linux: System, assemble: Assemble, tmp_path: Path
) -> None:
    image = tmp_path / "trap.elf"
    assert _link(linux, image, assemble("trap", TRAP)) == (0, "")
    done = subprocess.run([image], check=False, capture_output=True, text=True)
    assert done.returncode == 134
    assert done.stderr.startswith("trap: unreachable\n  in wasm function 'gives up'\n")
    assert "'mew_start' + 0x8" in done.stderr


def test_same_input_same_bytes_in_any_directory(
    linux: System, assemble: Assemble, tmp_path: Path
) -> None:
    program = assemble("program", PROGRAM)
    first = tmp_path / "first.elf"
    _link(linux, first, program)
    again = System.build("linux", tmp_path / "somewhere" / "else")
    for path in sorted(linux.objects.iterdir()):
        assert path.read_bytes() == (again.objects / path.name).read_bytes(), path.name
    moved = tmp_path / "moved.o"
    shutil.copy(program, moved)
    second = tmp_path / "somewhere" / "second.elf"
    assert _link(again, second, moved) == (0, "")
    assert first.read_bytes() == second.read_bytes()


def test_missing_import_is_told_and_leaves_no_output(
    linux: System, assemble: Assemble, tmp_path: Path
) -> None:
    image = tmp_path / "opener.elf"
    program = assemble("opener", PROGRAM.replace("proc_exit", "path_open"))
    code, message = _link(linux, image, program)
    assert code == 1
    assert "path_open" in message and '"filesystem"' in message
    assert "ld.lld" not in message and "Traceback" not in message
    assert not image.exists()


def test_missing_object_is_named(linux: System, tmp_path: Path) -> None:
    code, message = _link(linux, tmp_path / "x.elf", tmp_path / "none.o")
    assert code == 1
    assert "none.o: no such file" in message and "fix: " in message


def test_unknown_feature_is_refused(tmp_path: Path) -> None:
    outcome = run_module(
        "mew", "build-system", "--system", "linux", "--zig", ZIG, "-o", tmp_path / "out",
        "--features", "process,files",
    )
    assert outcome.exit_code == 1
    assert "'files'" in outcome.stderr and "filesystem" in outcome.stderr


@pytest.fixture
def image(linux: System, assemble: Assemble, tmp_path: Path) -> elf.Image:
    path = tmp_path / "good.elf"
    assert _link(linux, path, assemble("good", PROGRAM)) == (0, "")
    return elf.Image(path.read_bytes(), "good.elf")


def test_unused_functions_are_dropped(image: elf.Image) -> None:
    names = {symbol.name for symbol in image.symbols()}
    assert b"wasi_snapshot_preview1.proc_exit" in names
    assert b"wasi_snapshot_preview1.poll_oneoff" not in names
    assert len(image.content) < 64 << 10


def test_an_image_without_a_pvh_note_is_no_kernel(image: elf.Image) -> None:
    verify_image(image, "linux")
    with pytest.raises(MewError, match="PVH"):
        verify_image(image, "kernel")


def test_writable_code_is_refused(image: elf.Image) -> None:
    (segments_offset,) = struct.unpack_from("<Q", image.content, 32)
    damaged = bytearray(image.content)
    struct.pack_into("<I", damaged, segments_offset + 4, 7)
    with pytest.raises(MewError, match="writable and executable"):
        verify_image(elf.Image(bytes(damaged), "bad.elf"), "linux")


def test_a_segment_inside_linear_memory_is_refused(image: elf.Image) -> None:
    (segments_offset,) = struct.unpack_from("<Q", image.content, 32)
    damaged = bytearray(image.content)
    struct.pack_into("<Q", damaged, segments_offset + 16, 0x1_0000_0000)
    with pytest.raises(MewError, match="overlaps linear memory"):
        verify_image(elf.Image(bytes(damaged), "bad.elf"), "linux")


def test_paths_of_this_machine_are_found() -> None:
    verify_no_paths(b"/home/me", ["/home/you"], "x.o")
    with pytest.raises(MewError, match="x.o.*'/home/me'"):
        verify_no_paths(b"..../home/me/kernel", ["/home/me"], "x.o")


def test_listeners_reach_the_image_before_the_directories(tmp_path: Path) -> None:
    listeners = parse_listeners(["tcp:8080", "udp:127.0.0.1:53"])
    (path,) = data_objects(None, {"/": "image"}, listeners, tmp_path)
    records = b"listen=tcp:8080\0listen=udp:127.0.0.1:53\0preopen=/=image\0"
    assert path.name == "mew_preopens.o" and records in path.read_bytes()


@pytest.mark.parametrize(
    ("system", "listener", "words"),
    [
        ("kernel", "tcp:http", ["--listen: 'tcp:http'", "1 to 65535"]),
        ("linux", "tcp:80", ["--listen is for the kernel", "MEW_LISTEN"]),
    ],
)
def test_listeners_are_refused(
    system: str, listener: str, words: "list[str]", tmp_path: Path
) -> None:
    outcome = run_module(
        "mew", "link", "x.o", "-o", tmp_path / "x", "--system", system, "--zig", ZIG,
        "--objects", tmp_path, "--listen", listener,
    )
    assert outcome.exit_code == 1
    for word in (*words, "fix: "):
        assert word in outcome.stderr
