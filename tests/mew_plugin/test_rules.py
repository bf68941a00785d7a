# SPDX-License-Identifier: Apache-2.0
"""The backend loads as a whole, and the pure parts of its rules."""
from __future__ import annotations

from pathlib import Path

import pytest
from mew_plugin import register
from mew_plugin.argv import CompileOptions
from mew_plugin.argv import ContainerImageOptions
from mew_plugin.argv import LinkOptions
from mew_plugin.errors import ContainerImageError
from mew_plugin.errors import FilesError
from mew_plugin.errors import NetworkError
from mew_plugin.goals.test import UnikernelTestFieldSet
from mew_plugin.util_rules import compile as compile_rules
from mew_plugin.util_rules import container
from mew_plugin.util_rules import sources
from mew_plugin.util_rules import tested_run
from mew_plugin.util_rules import toolchain
from mew_plugin.util_rules.container import ContainerImageFieldSet
from mew_plugin.util_rules.files import CollectedFiles
from mew_plugin.util_rules.files import FilesRequest
from mew_plugin.util_rules.program import UnikernelFieldSet
from pants.core import register as core_register
from pants.engine.addresses import Address
from pants.testutil.rule_runner import QueryRule
from pants.testutil.rule_runner import RuleRunner

LOCK = """\
llvmlite==0.50.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
wasmtime==50.0.1 \\
    --hash=sha256:cc
"""


def test_rule_graph_is_complete_and_targets_parse() -> None:
    """Building the graph fails when any rule asks for what nothing makes."""
    runner = RuleRunner(
        rules=[*core_register.rules(), *register.rules()],
        target_types=register.target_types(),
    )
    runner.write_files(
        {
            "app/BUILD": 'wasm_unikernel(name="kernel", sources=["app.wasm"], wasi=["stdio"], '
            'preopens={"/data": "disk"}, disk=":data", stack_size=65536, debug_lines=True)\n'
            'fat32_image(name="data", size_mib=40, label="STORE")\n'
            'wasm_executable(name="linux", sources=["app.wasm"])\n'
            'wasm_unikernel_test(name="test", kernel=":kernel", expect_stdout="hi")\n'
            'wasi_module(name="module", sources=["main.c"])\n'
            'wasm_unikernel_image(name="image", kernel=":kernel", repository="localhost/app")\n',
            "app/app.wasm": "",
            "app/main.c": "",
        }
    )
    for name in ("kernel", "linux", "test", "module", "image"):
        assert runner.get_target(Address("app", target_name=name)).alias.startswith("was")
    assert runner.get_target(Address("app", target_name="data")).alias == "fat32_image"


def test_files_of_an_image_by_the_kind_of_target() -> None:
    runner = RuleRunner(
        rules=[
            *core_register.rules(),
            *register.rules(),
            QueryRule(CollectedFiles, [FilesRequest]),
        ],
        target_types=[*core_register.target_types(), *register.target_types()],
    )
    runner.set_options(["--source-root-patterns=['/src/app']"])
    runner.write_files(
        {
            "src/app/BUILD": 'files(name="loose", sources=["web/*.html"])\n'
            'files(name="module", sources=["app.wasm"])\n'
            'resources(name="packed", sources=["web/*.css"])\n'
            'files(name="other", sources=["etc/*"])\n'
            'relocated_files(name="moved", files_targets=[":other"], src="src/app/etc", dest="")\n'
            'wasm_unikernel(name="kernel", wasi=["filesystem"], '
            'dependencies=[":module", ":loose", ":packed", ":moved"])\n',
            "src/app/app.wasm": "",
            "src/app/web/page.html": "",
            "src/app/web/page.css": "",
            "src/app/etc/settings": "",
        }
    )
    target = runner.get_target(Address("src/app", target_name="kernel"))
    request = UnikernelFieldSet.create(target).unikernel_request().files
    found = runner.request(CollectedFiles, [request])
    assert found.paths == ("settings", "src/app/web/page.html", "web/page.css")


NETWORK_BUILD = """
wasm_unikernel(
    name="kernel", sources=["app.wasm"], wasi=["sockets"], listen=["tcp:80", "udp:53"],
    forward_ports=["8080:80", "0:81"],
)
wasm_unikernel(name="closed", sources=["app.wasm"], wasi=["stdio"], listen=["tcp:80"])
wasm_unikernel_test(name="test", kernel=":kernel", sources=["test_app.py"])
wasm_unikernel_test(
    name="both", kernel=":kernel", sources=["test_app.py"], expect_stdout="", expect_exit_code=1
)
wasm_unikernel_test(name="plain", kernel=":kernel", expect_exit_code=1)
"""


@pytest.fixture(scope="module")
def network() -> RuleRunner:
    runner = RuleRunner(
        rules=[*core_register.rules(), *register.rules()],
        target_types=register.target_types(),
    )
    runner.write_files(
        {"app/BUILD": NETWORK_BUILD, "app/app.wasm": "", "app/test_app.py": ""}
    )
    return runner


def test_ports_of_runs_and_of_tests(network: RuleRunner) -> None:
    kernel = UnikernelFieldSet.create(network.get_target(Address("app", target_name="kernel")))
    assert kernel.unikernel_request().options.listeners == ("tcp:80", "udp:53")
    assert [ports.text() for ports in kernel.publications()] == [
        "127.0.0.1:8080:80", "127.0.0.1:0:81",
    ]  # fmt: skip
    assert kernel.tested_publications() == (
        "127.0.0.1:0:80", "127.0.0.1:0:81", "127.0.0.1:0:53/udp",
    )  # fmt: skip
    closed = UnikernelFieldSet.create(network.get_target(Address("app", target_name="closed")))
    with pytest.raises(NetworkError, match="app:closed: .*\n  fix: add"):
        closed.unikernel_request()


def test_a_test_compares_ends_or_runs_files(network: RuleRunner) -> None:
    def field_set(name: str) -> UnikernelTestFieldSet:
        target = network.get_target(Address("app", target_name=name))
        return UnikernelTestFieldSet.create(target)

    assert field_set("test").has_pytest_files()
    assert not field_set("plain").has_pytest_files()
    with pytest.raises(FilesError, match="app:both: `sources` and `expect_stdout`.*\n  fix: "):
        field_set("both").has_pytest_files()


def test_files_with_tests_are_found() -> None:
    assert tested_run.test_files("a:b", ["a/test_x.py", "a/x_test.py", "a/x.py"]) == (
        "a/test_x.py", "a/x_test.py",
    )  # fmt: skip
    with pytest.raises(FilesError, match=r"a:b: no tests .*\(a/x.py\)(.|\n)*test_\*.py"):
        tested_run.test_files("a:b", ["a/x.py"])


def test_pinned_requirement() -> None:
    assert toolchain.pinned_requirement(LOCK, "wasmtime").split() == [
        "wasmtime==50.0.1", "\\", "--hash=sha256:cc",
    ]  # fmt: skip
    with pytest.raises(KeyError):
        toolchain.pinned_requirement(LOCK, "llvm")


def test_download_failure_says_what_to_do() -> None:
    output = "retry\nNo matching distribution\n"
    text = toolchain.download_failure("llvmlite==0.50.0", "toolchain.txt", output)
    for word in (
        "llvmlite==0.50.0", "toolchain.txt", "No matching", "PIP_INDEX_URL", "find_links",
        "offline",
    ):  # fmt: skip
        assert word in text


def test_installed_sources_have_the_workspaces_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        file.path: file.content
        for file in sources.installed_files("mew_abi", ("*.py",), "src/python/mew_abi")
    }
    assert "src/python/mew_abi/layout.py" in files
    import mew_abi.layout

    assert files["src/python/mew_abi/layout.py"] == Path(mew_abi.layout.__file__).read_bytes()
    assert not list(sources.installed_files("no_such_package", ("*",), "x"))


def test_large_binaries_are_compiled_in_units() -> None:
    options = CompileOptions("x86-64-v2", 2, ())
    size = compile_rules.SPLIT_BYTES_MIN
    assert compile_rules.is_split(options, size, is_text=False)
    assert not compile_rules.is_split(options, size - 1, is_text=False)
    assert not compile_rules.is_split(options, size, is_text=True)
    lines = CompileOptions("x86-64-v2", 2, (), debug_lines=True)
    assert not compile_rules.is_split(lines, size, is_text=False)
    described = compile_rules.unit_description(3, 41, "//app:kernel", 12)
    assert described == "Compile unit 3/41 of //app:kernel (12 functions)"


def container_image(runner: RuleRunner, fields: str) -> ContainerImageFieldSet:
    runner.write_files({"Some/app/BUILD": f'wasm_unikernel_image(name="image", {fields})\n'})
    target = runner.get_target(Address("Some/app", target_name="image"))
    return ContainerImageFieldSet.create(target)


def test_container_image_is_what_its_fields_say() -> None:
    runner = RuleRunner(target_types=register.target_types())
    made = container_image(
        runner,
        'kernel=":kernel", repository="registry.example/x", image_tags=["1", "latest"], '
        'args=["a b"], env={"B": "2", "A": "1"}, labels={"z": "1", "y": "2"}, ports=["80"], '
        'stop_signal="SIGINT", compress=True',
    )
    assert made.image_path() == "Some.app/image.oci.tar"
    link = LinkOptions("kernel", "k.elf", stack_size=65536)
    assert made.image_options(("stdio",), link, (("ziglang", "1"),), "K") == ContainerImageOptions(
        image="image.oci.tar",
        references=("registry.example/x:1", "registry.example/x:latest"),
        platform="linux/amd64",
        arguments=("a b",),
        env=(("B", "2"), ("A", "1")),
        labels=(("y", "2"), ("z", "1")),
        ports=("80",),
        stop_signal="SIGINT",
        is_compressed=True,
        features=("stdio",),
        link=link,
        toolchain=(("ziglang", "1"),),
        key="K",
    )


@pytest.mark.parametrize(
    "fields, has_kernel",
    [
        ("", True),
        ("prelink=False", False),
        ('platform="wasi/wasm"', False),
        ('platform="wasi/wasm", prelink=True', True),
    ],
)
def test_container_image_holds_a_kernel_by_platform(fields: str, has_kernel: bool) -> None:
    runner = RuleRunner(target_types=register.target_types())
    assert container_image(runner, f'kernel=":k", {fields}').has_kernel() == has_kernel


def test_container_image_is_named_after_its_folder() -> None:
    runner = RuleRunner(target_types=register.target_types())
    assert container_image(runner, 'kernel=":k"').references() == ("localhost/app:latest",)
    runner.write_files({"-/BUILD": 'wasm_unikernel_image(name="image", kernel=":k")\n'})
    target = runner.get_target(Address("-", target_name="image"))
    with pytest.raises(ContainerImageError, match="-:image.*\n.*repository="):
        ContainerImageFieldSet.create(target).references()


def test_embedded_files_are_where_the_program_expects_them() -> None:
    preopens = {"/": "image", "/tmp": "memory", "/srv/www": "overlay", "/data": "host"}
    assert container.file_prefixes(preopens) == ("", "srv/www")


def test_versions_of_tools_are_those_of_the_lock() -> None:
    assert container.pinned_versions(LOCK + "ziglang==0.17.1 \\\n") == (
        ("llvmlite", "0.50.0"), ("ziglang", "0.17.1"),
    )


def test_kernel_key_depends_on_every_part() -> None:
    keys = {container.kernel_key(*parts) for parts in ((1, "a"), (1, "b"), ("1", "a"), (1,))}
    assert len(keys) == 4
