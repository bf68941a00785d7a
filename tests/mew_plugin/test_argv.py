# SPDX-License-Identifier: Apache-2.0
"""Command lines of sandboxed processes: complete, relative, and free of the machine."""
from __future__ import annotations

from dataclasses import replace

import pytest
from mew_plugin import argv

OPTIONS = argv.CompileOptions("x86-64-v2", 2, ("process", "stdio"))
BOOT = argv.BootOptions("microvm", 64, "auto", "/usr/bin/qemu", 9, (("A", "b c"),))


def test_compile() -> None:
    command = argv.compile_argv("/py", "app/app.wasm", OPTIONS)
    assert command == (
        "/py", "-s", "-B", "-m", "wasker", "compile", "app/app.wasm", "-o", "app.o",
        "--module-name", "app", "--cpu", "x86-64-v2", "--opt", "2", "--wasi", "process,stdio",
    )  # fmt: skip


def test_units_have_the_same_command_in_every_program() -> None:
    split = argv.split_argv("/py", "app/app.wasm", ("process", "stdio"))
    assert split == (
        "/py", "-s", "-B", "-m", "wasker", "split", "app/app.wasm", "-o", "__units",
        "--module-name", "app", "--wasi", "process,stdio",
    )  # fmt: skip
    assert argv.codegen_argv("/py", "x86-64-v3", 2) == (
        "/py", "-s", "-B", "-m", "wasker", "codegen", "unit.unit", "-o", ".",
        "--cpu", "x86-64-v3", "--opt", "2",
    )  # fmt: skip
    objects = ("__units/00000/unit.o", "__units/00001/unit.o")
    options = argv.LinkOptions("kernel", "k.elf")
    link = argv.link_argv("/py", options, has_files=False, objects=objects)
    assert link[link.index("link") + 1 :][:2] == objects


def test_system_and_link_use_relative_paths() -> None:
    system = argv.build_system_argv("/py", "kernel", "__mew/kernel", ("stdio",))
    link = argv.link_argv("/py", argv.LinkOptions("kernel", "kernel.elf"), has_files=True)
    for command in (system, link):
        assert command[0] == "/py"
        assert not [part for part in command[1:] if part.startswith("/")]
    assert system[system.index("--features") + 1] == "stdio"
    assert link[link.index("--objects") + 1] == system[system.index("-o") + 1]


def test_debug_lines_are_asked_for() -> None:
    assert "--debug-lines" not in argv.compile_argv("/py", "a.wasm", OPTIONS)
    options = argv.CompileOptions("x86-64-v2", 2, ("stdio",), debug_lines=True)
    assert argv.compile_argv("/py", "a.wasm", options)[-1] == "--debug-lines"


def test_link_says_what_the_program_starts_with() -> None:
    table = (("/", "image"), ("/a=b", "memory"))
    options = argv.LinkOptions("kernel", "k.elf", stack_size=65536, preopens=table)
    command = argv.link_argv("/py", options, has_files=True)
    assert command[-6:] == (
        "--stack-size", "65536", "--files", "__files", "--preopen=/=image",
        "--preopen=/a=b=memory",
    )  # fmt: skip
    bare = argv.link_argv("/py", argv.LinkOptions("kernel", "k.elf"), has_files=False)
    assert bare[-1] == "--no-preopens" and "--files" not in bare
    linux = argv.link_argv("/py", argv.LinkOptions("linux", "k"), has_files=False)
    assert not [word for word in linux if "preopen" in word]


def test_a_disk_and_a_boot_with_a_copy_of_it() -> None:
    command = argv.disk_argv("/py", argv.DiskOptions("data.img", 64, "DATA"), has_files=True)
    assert command[3:] == (
        "-m", "mew", "disk", "-o", "data.img", "--size-mib", "64", "--label", "DATA",
        "--files", "__files",
    )  # fmt: skip
    boot = argv.BootOptions("microvm", 64, "auto", "/usr/bin/qemu", disk="data.img")
    command = argv.boot_argv("/py", "kernel.elf", boot)
    assert command[command.index("--default-disk") + 1] == "data.img"
    assert "--default-disk" not in argv.boot_argv("/py", "kernel.elf", BOOT)


def test_boot_ends_in_the_programs_arguments() -> None:
    command = argv.boot_argv("/py", "kernel.elf", BOOT, ("one", "--two", "th ree"))
    assert command[-4:] == ("--", "one", "--two", "th ree")
    assert "--env=A=b c" in command
    assert command[command.index("--timeout-s") + 1] == "9"
    assert "--vm-options-first" not in command


def test_a_person_may_append_options_of_the_vm() -> None:
    # `pants run target -- arguments` appends: the separator has to be last.
    command = argv.interactive_boot_argv("/py", "kernel.elf", BOOT)
    assert command[-2:] == ("--vm-options-first", "--")
    assert command[:-2] == argv.boot_argv("/py", "kernel.elf", BOOT)[:-1]


def test_listeners_and_ports_of_this_host() -> None:
    options = argv.LinkOptions("kernel", "k.elf", listeners=("tcp:80", "udp:53"))
    assert argv.link_argv("/py", options, has_files=False)[-2:] == (
        "--listen=tcp:80", "--listen=udp:53",
    )  # fmt: skip
    boot = argv.BootOptions(
        "microvm", 64, "auto", "/usr/bin/qemu", publish=("127.0.0.1:80:80",), has_network=True
    )
    assert argv.interactive_boot_argv("/py", "kernel.elf", boot)[-4:] == (
        "--default-publish=127.0.0.1:80:80", "--default-net=user", "--vm-options-first", "--",
    )  # fmt: skip
    assert not [word for word in argv.boot_argv("/py", "kernel.elf", BOOT) if "-net" in word]


def test_pytest_reads_nothing_but_its_command() -> None:
    command = argv.pytest_argv(
        "/py", ["app/test_app.py"], boot="b.json", report="r.xml", name="app:test", extra=["-vv"]
    )
    assert command == (
        "/py", "-s", "-B", "-S", "-m", "pytest",
        "-p", "mew.testing.plugin", "-p", "no:cacheprovider",
        "-c", "/dev/null", "--rootdir=.", "--basetemp=__tmp", "--unikernel=b.json",
        "--junitxml=r.xml", "-o", "junit_suite_name=app:test", "-vv", "app/test_app.py",
    )  # fmt: skip
    boot = argv.tested_boot("/py", "kernel.elf", BOOT, ["one"])
    assert boot["arguments"] == ["one"]
    assert (*boot["command"], "--", "one") == argv.boot_argv("/py", "kernel.elf", BOOT, ["one"])


def test_environment_has_no_path_and_names_the_interpreter() -> None:
    environment = argv.python_environment("fingerprint", ["a", "b"], prefix="{chroot}/")
    assert environment == {
        "LC_ALL": "C.UTF-8",
        "MEW_PYTHON": "fingerprint",
        "PYTHONPATH": "{chroot}/a:{chroot}/b",
    }


def test_download_asks_for_hashes_and_may_be_offline() -> None:
    def command(offline: bool) -> tuple:
        return argv.pip_download_argv(
            "/py", requirements="r.txt", output="wheels", find_links=["/wheels"],
            offline=offline, extra=["--retries=1"],
        )  # fmt: skip

    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command(False))
    assert "--no-index" not in command(False) and "--no-index" in command(True)
    assert "--find-links=/wheels" in command(True) and "--retries=1" in command(True)


@pytest.mark.parametrize(
    "sources, expected",
    [
        (["d/main.c", "d/util.h"], ["cc", "d/main.c"]),
        (["d/a.c", "d/b.cpp"], ["c++", "d/a.c", "d/b.cpp"]),
        (["d/only.zig"], ["build-exe", "d/only.zig", "-femit-bin=d/m.wasm"]),
        (["d/main.zig", "d/util.zig"], ["build-exe", "d/main.zig"]),
    ],
)
def test_wasi_module(sources: list, expected: list) -> None:
    command = argv.wasi_module_argv(sources, "d/m.wasm", ["-DX"], ["-lm"])
    assert command[0] == "__zig/ziglang/zig"
    assert [part for part in command if part in expected] == expected
    assert "d/util.h" not in command and "d/util.zig" not in command
    assert "-DX" in command and command[-1] == "-lm"


def test_wasi_module_with_debug_information_hides_the_sandbox() -> None:
    command = argv.wasi_module_argv(["a.c"], "m.wasm", [], [], debug=True)
    assert "-g" in command and "-ffile-prefix-map={sandbox}=." in command
    assert "-g" not in argv.wasi_module_argv(["a.c"], "m.wasm", [], [])


@pytest.mark.parametrize(
    "sources, words",
    [
        (["a.h"], "only headers"),
        (["a.c", "a.zig"], "one target"),
        (["a.zig", "b.zig"], "main.zig"),
    ],
)
def test_wasi_module_refuses(sources: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        argv.wasi_module_argv(sources, "m.wasm", [], [])


IMAGE = argv.ContainerImageOptions(
    image="image.oci.tar", references=("localhost/a:1", "localhost/a:2"), platform="linux/amd64",
    arguments=("--x", "a b"), env=(("A", "1=1"),), labels=(("l", "2"),), ports=("80",),
    stop_signal="SIGINT", is_compressed=True, features=("process", "stdio"),
    link=argv.LinkOptions("kernel", "k.elf", 65536, (("/", "image"),), ("tcp:80",)),
    toolchain=(("ziglang", "0.17.1"),), key="K",
)  # fmt: skip


def test_container_image_with_a_kernel() -> None:
    command = argv.container_image_argv(
        "/py", "a/app.wasm", IMAGE, kernel="kernel.elf", has_files=True
    )
    assert command == (
        "/py", "-s", "-B", "-m", "mew", "image", "build", "a/app.wasm", "-o", "image.oci.tar",
        "--tag=localhost/a:1", "--tag=localhost/a:2", "--platform", "linux/amd64", "--arg=--x",
        "--arg=a b", "--env=A=1=1", "--label=l=2", "--port=80", "--stop-signal", "SIGINT", "--gzip",
        "--files", "__files", "--stack-size", "65536", "--listen=tcp:80", "--kernel", "kernel.elf",
        "--features", "process,stdio", "--key", "K", "--toolchain=ziglang=0.17.1",
    )  # fmt: skip


def test_container_image_without_a_kernel_says_so() -> None:
    command = argv.container_image_argv("/py", "app.wasm", IMAGE, kernel=None, has_files=False)
    assert command[-3:] == ("65536", "--listen=tcp:80", "--no-kernel")
    assert "--files" not in command


def test_container_image_says_how_a_program_with_files_is_linked() -> None:
    options = replace(IMAGE, features=("filesystem",))
    command = argv.container_image_argv("/py", "a.wasm", options, kernel=None, has_files=False)
    assert "--preopen=/=image" in command
    bare = replace(options, link=argv.LinkOptions("kernel", "k.elf"))
    command = argv.container_image_argv("/py", "a.wasm", bare, kernel=None, has_files=False)
    assert command[-2:] == ("--no-preopens", "--no-kernel")


def test_text_becomes_the_image_module() -> None:
    assert argv.binary_argv("/py", "a.wat")[-4:] == ("binary", "a.wat", "-o", "app.wasm")
