# SPDX-License-Identifier: Apache-2.0
"""A container's root directory to its kernel: from the image, from the cache, or compiled."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hosts import ROOT
from hosts import program
from hosts import root_directory
from hosts import settings
from pipeline import expect_success
from pipeline import run_module
from wasmtime import wat2wasm

from mew.cli import main
from mew.errors import MewError
from mew.image import record
from mew.image.layout import Layer
from mew.image.layout import image_archive
from mew.image.options import ImageOptions
from mew.kernels import compile as compiling
from mew.kernels import keys
from mew.kernels import linkfacts
from mew.link.archive import file
from mew.oci import prepare
from mew_abi.version import ABI_VERSION


def prepared(rootfs: Path, cache: Path, **changes: object) -> prepare.Prepared:
    module = prepare.find_module(str(rootfs), ["/app.wasm"])
    assert module is not None
    work = tempfile.mkdtemp(dir=rootfs.parent)
    return prepare.prepare(str(rootfs), module, settings(cache, **changes), work)


@pytest.mark.parametrize(
    ("args", "environment", "cwd"),
    [
        (["/app.wasm"], [], "/"),
        (["app.wasm"], ["PATH=/bin:/"], "/"),
        (["./app.wasm"], [], "/"),
        (["../app.wasm"], [], "/bin"),
        (["/link"], [], "/"),
        (["/absolute"], [], "/"),
        (["/../../up"], [], "/"),
    ],
)
def test_program_is_looked_up_inside_the_root(
    tmp_path: Path, args: list[str], environment: list[str], cwd: str
) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("x"))
    (rootfs / "bin").mkdir()
    (rootfs / "link").symlink_to("app.wasm")
    (rootfs / "absolute").symlink_to("/app.wasm")
    (rootfs / "up").symlink_to("../../../app.wasm")
    found = prepare.find_module(str(rootfs), args, environment, cwd)
    assert found == str(rootfs / "app.wasm")
    assert prepare.is_wasm(str(rootfs), args, environment, cwd)


def test_no_link_leads_out(tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", b"#!/bin/sh\n", "script")
    outside = root_directory(tmp_path / "outside", program("x"))
    (rootfs / "escape").symlink_to(outside / "app.wasm")
    (rootfs / "loop").symlink_to("loop")
    (rootfs / "folder").mkdir()
    for name in ("/script", "/escape", "/loop", "/folder", "/missing", "missing"):
        assert not prepare.is_wasm(str(rootfs), [name])
    assert not prepare.is_wasm(str(rootfs), [])


def test_second_container_takes_the_kernel_from_the_cache(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("first"))
    work = tmp_path / "container"
    work.mkdir()
    found = prepare.prepare(str(rootfs), str(rootfs / "app.wasm"), settings(cache), str(work))
    assert found.source == prepare.CACHE
    assert found.features == ("process", "stdio", "clocks", "random")
    assert found.kernel == str(work / keys.KERNEL_NAME)
    run = run_module("mew", "run", found.kernel, "--timeout-s", 60)
    assert expect_success(run).stdout == "first"


def test_damaged_entry_is_made_again(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("first"))
    kernel = Path(prepared(rootfs, cache).kernel)
    content = kernel.read_bytes()
    kernel.write_bytes(content[:-1])
    found = prepared(rootfs, cache)
    assert found.source == prepare.COMPILED
    assert Path(found.kernel).read_bytes() == content
    assert prepared(rootfs, cache).source == prepare.CACHE


def test_image_made_by_others_runs(cache: Path, tmp_path: Path) -> None:
    """No more than a module, under any name, that the configuration starts."""
    rootfs = root_directory(tmp_path / "rootfs", program("plain"), "usr/bin/service")
    module = prepare.find_module(str(rootfs), ["service", "--port"], ["PATH=/usr/bin"])
    assert module is not None
    work = tmp_path / "container"
    work.mkdir()
    found = prepare.prepare(str(rootfs), module, settings(cache), str(work))
    assert (found.source, found.note) == (prepare.COMPILED, "")
    run = run_module("mew", "run", found.kernel, "--timeout-s", 60)
    assert expect_success(run).stdout == "plain"


def with_kernel(rootfs: Path, kernel: bytes, **changes: object) -> None:
    """Put a kernel into an image, with a record as it has to be but for `changes`."""
    path = record.kernel_path(keys.X86_64)
    facts = json.loads(
        record.encode(
            module_path="/app.wasm",
            module_sha256=keys.sha256((rootfs / "app.wasm").read_bytes()),
            features=["process", "stdio"],
            link=linkfacts.DEFAULT,
            toolchain={},
            kernels={keys.X86_64: {"path": path, "sha256": keys.sha256(kernel), "key": "k"}},
        )
    )
    facts.update(changes)
    root_directory(rootfs, kernel, path[1:])
    root_directory(rootfs, json.dumps(facts).encode(), record.PATH[1:])


def test_kernel_of_the_image_is_taken_as_it_is(tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("x"))
    with_kernel(rootfs, b"a kernel")
    found = prepared(rootfs, tmp_path / "cache", python="/nonexistent")
    assert found.source == prepare.IMAGE
    assert found.features == ("process", "stdio")
    assert Path(found.kernel).read_bytes() == b"a kernel"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"abi": ABI_VERSION + 1}, f"is for ABI {ABI_VERSION + 1}"),
        ({"wasm": {"path": "/app.wasm", "sha256": "0" * 64}}, "linked for another module"),
        ({"kernels": {"aarch64": {"path": "/k", "sha256": "0", "key": "0"}}}, "no kernel for x86"),
        (
            {"kernels": {"x86_64": {"path": "/app.wasm", "sha256": "0", "key": "0"}}},
            "not the one that its record tells of",
        ),
        ({"kernels": {"x86_64": {"path": "/k", "sha256": "0", "key": "0"}}}, "cannot be read"),
        ({"schema": 2}, "not a record of schema 1"),
        ({"kernels": 7}, "not a record of schema 1"),
    ],
)
def test_kernel_of_the_image_that_does_not_fit_is_passed_over(
    cache: Path, tmp_path: Path, changes: dict, note: str
) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("first"))
    with_kernel(rootfs, b"a kernel", **changes)
    found = prepared(rootfs, cache)
    assert found.source == prepare.CACHE
    assert note in found.note


@pytest.mark.parametrize("path", [record.PATH, record.kernel_path(keys.X86_64)])
def test_what_an_image_puts_in_place_of_a_file_is_not_read(
    cache: Path, tmp_path: Path, path: str
) -> None:
    """A pipe would keep us waiting; a link leads to what is inside; more than fits is not read."""
    rootfs = root_directory(tmp_path / "rootfs", program("first"))
    with_kernel(rootfs, b"a kernel")
    place = rootfs / path[1:]
    place.unlink()
    os.mkfifo(place)
    found = prepared(rootfs, cache)
    assert found.source == prepare.CACHE
    assert "not a regular file" in found.note
    place.unlink()
    with place.open("wb") as sparse:
        sparse.truncate(prepare.KERNEL_BYTES_MAX + 1)
    found = prepared(rootfs, cache)
    assert (found.source, "File too large" in found.note) == (prepare.CACHE, True)


def test_module_of_senseless_size_is_refused(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("first"))
    os.truncate(rootfs / "app.wasm", prepare.MODULE_BYTES_MAX + 1)
    with pytest.raises(MewError, match="File too large"):
        prepared(rootfs, cache)


def test_pipe_is_no_module(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.wasm")
    assert not prepare.is_wasm(str(tmp_path), ["/app.wasm"])


def test_parallel_containers_compile_once(cache: Path, tmp_path: Path) -> None:
    """Eight processes want the kernel of one new module at the same time."""
    rootfs = root_directory(tmp_path / "rootfs", program("parallel"))
    own = tmp_path / "cache"
    shutil.copytree(cache / "systems", own / "systems")
    calls = tmp_path / "calls"
    # A Python that notes each start of the compiler.
    spy = tmp_path / "python"
    spy.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *"-m wasker"*) echo "$*" >> {calls};; esac\n'
        f'exec {sys.executable} "$@"\n'
    )
    spy.chmod(0o755)
    script = (
        "import os, sys, tempfile\n"
        "from mew.oci import prepare\n"
        "root, cache, python = sys.argv[1:]\n"
        "settings = prepare.Settings(python=python, cache=cache)\n"
        "work = tempfile.mkdtemp(dir=cache)\n"
        "found = prepare.prepare(root, root + '/app.wasm', settings, work)\n"
        "print(os.stat(found.kernel).st_ino)\n"
    )
    argv = [sys.executable, "-c", script, str(rootfs), str(own), str(spy)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src/python")}

    def create(_: int) -> str:
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with ThreadPoolExecutor(8) as pool:
        outputs = list(pool.map(create, range(8)))
    # Names of one file, which is the cache's.
    assert len(set(outputs)) == 1
    assert len(calls.read_text().splitlines()) == 1
    assert sorted(os.listdir(own / "unfinished")) == []


def test_compilers_words_are_the_error(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", b"\0asm\1\0\0\0\1\5")
    with pytest.raises(MewError) as failure:
        prepared(rootfs, cache)
    assert "app.wasm: byte 0xa: unexpected end of file" in failure.value.message
    assert failure.value.hint.startswith("Copy or build the file again")


def test_component_is_refused_by_name(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", b"\0asm\x0d\0\1\0")
    with pytest.raises(MewError, match="component"):
        prepared(rootfs, cache)


def test_import_that_no_system_has_is_named(cache: Path, tmp_path: Path) -> None:
    text = '(module (import "env" "gone" (func $gone)) (func (export "_start") (call $gone)))'
    rootfs = root_directory(tmp_path / "rootfs", wat2wasm(text))
    with pytest.raises(MewError, match="gone"):
        prepared(rootfs, cache)


def test_slow_compiler_is_stopped(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("slow"))
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    sleeper.chmod(0o755)
    with pytest.raises(MewError, match="not compiled within 0.2 s") as failure:
        prepared(rootfs, cache, python=str(sleeper), compile_timeout_s=0.2)
    assert "mew precompile" in failure.value.hint


def test_missing_compiler_is_an_error_with_a_fix(cache: Path, tmp_path: Path) -> None:
    rootfs = root_directory(tmp_path / "rootfs", program("none"))
    with pytest.raises(MewError, match="cannot start the compiler") as failure:
        prepared(rootfs, cache, python="/nonexistent/python")
    assert "llvmlite" in failure.value.hint


def test_container_starts_import_little() -> None:
    """The path that every start takes loads none of these; each costs milliseconds."""
    script = (
        "import sys\n"
        "from mew.oci import prepare\n"
        "heavy = {'typing', 'pathlib', 'argparse', 'dataclasses', 'subprocess', 'tempfile'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", f"import sys; sys.path[:0] = [{str(ROOT / 'src/python')!r}]\n"
         + script],
        capture_output=True, text=True, check=False, timeout=60,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def large_program(text: str) -> str:
    """A module that is compiled in units, and writes `text`."""
    functions = "".join(
        f"(func $f{number} (param i32) (result i32) "
        + "(i32.add (i32.mul (local.get 0) (i32.const 12345)) " * 12
        + f"(i32.const {number})"
        + ")" * 13
        for number in range(800)
    )
    calls = "".join(f"(drop (call $f{number} (i32.const 1)))" for number in range(0, 800, 7))
    return f"""(module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\{len(text):02x}\\00\\00\\00")
      (data (i32.const 16) "{text}")
      {functions}
      (func (export "_start")
        {calls}
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"""


def test_large_module_is_compiled_in_parts(cache: Path, tmp_path: Path) -> None:
    content = wat2wasm(large_program("big"))
    assert len(content) >= compiling.SPLIT_BYTES_MIN
    found = prepared(root_directory(tmp_path / "rootfs", content), cache)
    run = run_module("mew", "run", found.kernel, "--timeout-s", 60)
    assert expect_success(run).stdout == "big"


def test_fault_in_a_large_module_is_placed_in_the_module(cache: Path, tmp_path: Path) -> None:
    """Not in the part of it that was being compiled."""
    content = wat2wasm(large_program("big"))
    # The last function's first `i32.mul` becomes an `i64.mul`.
    multiplied = b"\x20\x00\x41\xb9\xe0\x00"
    place = content.rindex(multiplied + b"\x6c") + len(multiplied)
    rootfs = root_directory(tmp_path / "rootfs", content[:place] + b"\x7e" + content[place + 1 :])
    with pytest.raises(MewError, match=r"app\.wasm: .*byte 0x") as failure:
        prepared(rootfs, cache)
    (offset,) = re.findall(r"byte 0x([0-9a-f]+)", failure.value.message)
    assert int(offset, 16) == place


def test_kernel_of_the_host_is_linked_as_the_image_says(cache: Path, tmp_path: Path) -> None:
    """As if it were the image's: its sockets, its directories in memory, its stack."""
    text = """(module
      (import "wasi_snapshot_preview1" "sock_shutdown" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_unlink_file"
        (func (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")))"""
    rootfs = root_directory(tmp_path / "rootfs", wat2wasm(text))
    link = {"stack_size": 1 << 16, "listeners": ["tcp:8080"], "memory": ["/run"]}
    with_kernel(rootfs, b"", link=link, kernels={})
    content = Path(prepared(rootfs, cache).kernel).read_bytes()
    assert b"listen=tcp:8080\0" in content
    assert b"preopen=/=image\0preopen=/run=memory\0" in content
    with_kernel(rootfs, b"", link=link, kernels={}, wasm={"path": "/app.wasm", "sha256": "0"})
    content = Path(prepared(rootfs, cache).kernel).read_bytes()
    assert b"listen=" not in content
    assert b"preopen=/=image\0preopen=/tmp=memory\0" in content


@pytest.mark.parametrize("is_image", [False, True])
def test_precompiled_module_needs_no_compiler_later(
    cache: Path, tmp_path: Path, is_image: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    content = program(f"ahead {is_image}")
    rootfs = root_directory(tmp_path / "rootfs", content)
    module = rootfs / "app.wasm"
    options = ["--cache", str(cache)]
    if is_image:
        image = tmp_path / "image.tar"
        build = ["image", "build", str(module), "-o", str(image), "--tag", "localhost/a:1"]
        assert main([*build, "--no-kernel"]) == 0
        assert main(["image", "precompile", str(image), *options]) == 0
    else:
        assert main(["precompile", str(module), *options]) == 0
    assert str(cache) in capsys.readouterr().out
    assert prepared(rootfs, cache, python="/nonexistent").source == prepare.CACHE


def test_image_of_something_else_is_not_precompiled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "image.tar"
    layer = Layer({"bin/sh": file(b"#!")}, "test")
    image.write_bytes(image_archive([layer], "/bin/sh", ImageOptions(("localhost/a:1",))))
    assert main(["image", "precompile", str(image), "--cache", str(tmp_path / "cache")]) == 1
    assert "not a WebAssembly file" in capsys.readouterr().err
