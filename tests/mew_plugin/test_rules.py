# SPDX-License-Identifier: Apache-2.0
"""The backend loads as a whole, and the pure parts of its rules."""
from __future__ import annotations

from pathlib import Path

import pytest
from mew_plugin import register
from mew_plugin.util_rules import sources
from mew_plugin.util_rules import toolchain
from pants.core import register as core_register
from pants.engine.addresses import Address
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
            'preopens={"/": "overlay"}, stack_size=65536, debug_lines=True)\n'
            'wasm_executable(name="linux", sources=["app.wasm"])\n'
            'wasm_unikernel_test(name="test", kernel=":kernel", expect_stdout="hi")\n'
            'wasi_module(name="module", sources=["main.c"])\n',
            "app/app.wasm": "",
            "app/main.c": "",
        }
    )
    for name in ("kernel", "linux", "test", "module"):
        assert runner.get_target(Address("app", target_name=name)).alias.startswith("was")


def test_pinned_requirement() -> None:
    assert toolchain.pinned_requirement(LOCK, "wasmtime").split() == [
        "wasmtime==50.0.1", "\\", "--hash=sha256:cc",
    ]  # fmt: skip
    with pytest.raises(KeyError):
        toolchain.pinned_requirement(LOCK, "llvm")


def test_download_failure_says_what_to_do() -> None:
    text = toolchain.download_failure("llvmlite==0.50.0 \\\n", "retry\nNo matching distribution\n")
    for word in ("llvmlite==0.50.0", "No matching", "PIP_INDEX_URL", "find_links", "offline"):
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
