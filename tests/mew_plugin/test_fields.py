# SPDX-License-Identifier: Apache-2.0
"""Fields refuse bad values with the target's address, the value seen and the fix."""
from __future__ import annotations

import pytest
from mew_plugin import container_types
from mew_plugin import file_types
from mew_plugin import network_types
from mew_plugin import target_types
from mew_plugin import unikernel_test_types
from mew_plugin.goals.tailor import unikernel_names
from mew_plugin.register import target_types as all_target_types
from mew_plugin.util_rules.files import require_disjoint
from mew_plugin.util_rules.image import require_feature
from mew_plugin.util_rules.module import only_module
from mew_plugin.util_rules.program import usable_listeners
from mew_plugin.util_rules.program import usable_preopens
from mew_plugin.errors import FilesError
from mew_plugin.errors import ModuleError
from mew_plugin.errors import NetworkError
from pants.engine.addresses import Address
from pants.engine.target import InvalidFieldException

ADDRESS = Address("app", target_name="kernel")

REFUSED = [
    (target_types.WasiFeaturesField, ["stdio", "files"], ["'files'", "'filesystem'"]),
    (target_types.CpuField, "native", ["native", "x86-64-v2"]),
    (target_types.OptimizationField, 4, ["4", "0, 1, 2, 3"]),
    (target_types.MemoryField, 1, ["1", "16 MiB"]),
    (target_types.MachineField, "pdp11", ["pdp11", "microvm"]),
    (target_types.StackSizeField, 70000, ["70000", "multiple of 4096"]),
    (file_types.PreopensField, {"/": "ram"}, ["'ram'", "'memory'"]),
    (file_types.PreopensField, {"": "image"}, ["''", "'/data'"]),
    (file_types.PreopensField, {f"/{n}": "memory" for n in range(17)}, ["17", "16"]),
    (unikernel_test_types.KernelField, [":kernel"], ["[':kernel']", 'kernel=":kernel"']),
    (unikernel_test_types.KernelField, None, ["kernel"]),
    (file_types.DiskField, [":data"], ["[':data']", 'disk=":disk"']),
    (network_types.ListenField, ["tcp:http"], ["'tcp:http'", "1 to 65535"]),
    (network_types.ListenField, ["tcp:80", "tcp:80"], ["same port"]),
    (network_types.ForwardPortsField, ["80"], ["'80'", "8080:80"]),
    (unikernel_test_types.ExpectedExitCodeField, 256, ["256", "255"]),
    (unikernel_test_types.TestTimeoutField, 0, ["0", "1 second"]),
    (target_types.ModuleSourcesField, "app.wasm", ["app.wasm"]),
    (container_types.ImageKernelField, None, ["kernel"]),
    (container_types.RepositoryField, "App", ["'App'", "Use small letters"]),
    (container_types.RepositoryField, "app:1", ["'app:1'", "Use small letters"]),
    (container_types.ImageTagsField, ["-1"], ["'-1'", "Use up to 128"]),
    (container_types.ImageTagsField, [], ["no tag", "Name one"]),
    (container_types.PlatformField, "linux/arm64", ["linux/arm64", "linux/amd64"]),
    (container_types.ImageEnvironmentField, {"A=": "1"}, ["'A='", "Write NAME=VALUE"]),
    (container_types.PortsField, ["http"], ["'http'", "8080"]),
    (container_types.StopSignalField, "TERM", ["'TERM'", "SIGTERM"]),
]


@pytest.mark.parametrize("field, value, words", REFUSED)
def test_refused(field: type, value: object, words: list) -> None:
    with pytest.raises(InvalidFieldException) as error:
        field(value, ADDRESS)
    for word in ["app:kernel", field.alias, *words]:
        assert word in str(error.value)


def test_features_have_one_order() -> None:
    field = target_types.WasiFeaturesField(["random", "stdio", "random"], ADDRESS)
    assert field.value == ("stdio", "random")
    default = target_types.WasiFeaturesField(None, ADDRESS)
    assert default.value == ("process", "stdio", "clocks", "random")


def test_kernel_is_one_address() -> None:
    assert unikernel_test_types.KernelField(":kernel", ADDRESS).value == (":kernel",)


def test_every_target_and_field_explains_itself() -> None:
    for target in all_target_types():
        assert len(str(target.help)) > 40, target.alias
        for field in target.core_fields:
            text = field.help() if callable(field.help) else field.help
            assert len(str(text)) > 20, f"{target.alias}.{field.alias}"


def test_exactly_one_module() -> None:
    assert only_module("a:b", ["a/x.txt", "a/x.wasm"]) == "a/x.wasm"
    with pytest.raises(ModuleError, match="a:b: 2 WebAssembly modules.*a/x.wasm, a/y.wat"):
        only_module("a:b", ["a/y.wat", "a/x.wasm"])
    with pytest.raises(ModuleError, match=r"a:b: no WebAssembly module \(.*a/x.txt\)"):
        only_module("a:b", ["a/x.txt"])


def test_preopens_keep_their_order_and_have_a_default() -> None:
    field = file_types.PreopensField({"/z": "memory", "/a": "image"}, ADDRESS)
    assert list(field.value.items()) == [("/z", "memory"), ("/a", "image")]
    default = file_types.PreopensField(None, ADDRESS)
    assert dict(default.value) == {"/": "image", "/tmp": "memory"}
    assert usable_preopens(ADDRESS, field.value, ["filesystem"]) == tuple(field.value.items())


def test_directories_need_the_feature_set() -> None:
    default = file_types.PreopensField(None, ADDRESS).value
    assert usable_preopens(ADDRESS, default, ["stdio"]) == ()
    assert usable_preopens(ADDRESS, {}, ["stdio"]) == ()
    with pytest.raises(FilesError, match='app:kernel: `preopens`.*\n.*add "filesystem"'):
        usable_preopens(ADDRESS, {"/data": "memory"}, ["stdio"])
    require_feature(ADDRESS, (), ["stdio"])
    with pytest.raises(FilesError, match='app:kernel: .* 2 files .*\n.*add "filesystem"'):
        require_feature(ADDRESS, ("a", "b"), ["stdio"])


def test_listeners_need_the_feature_set() -> None:
    assert usable_listeners(ADDRESS, ("tcp:80",), ["sockets"]) == ("tcp:80",)
    assert usable_listeners(ADDRESS, (), ["stdio"]) == ()
    with pytest.raises(NetworkError, match="app:kernel: `listen`.*'tcp:80'.*\n.*add \"sockets\""):
        usable_listeners(ADDRESS, ("tcp:80",), ["stdio"])


def test_listeners_are_forwarded_from_the_same_port() -> None:
    listen = network_types.ListenField(["tcp:8080", "udp:[::1]:53"], ADDRESS)
    forward = network_types.ForwardPortsField

    def published(raw: object) -> list:
        field = forward(raw, ADDRESS)
        return [ports.text() for ports in field.publications(listen.listeners())]

    assert published(None) == ["127.0.0.1:8080:8080", "127.0.0.1:53:53/udp"]
    assert published([]) == []
    assert published(["0.0.0.0:80:8080", "0:53/udp"]) == ["0.0.0.0:80:8080", "127.0.0.1:0:53/udp"]


def test_one_path_one_file() -> None:
    require_disjoint(ADDRESS, ["a"], ["b"])
    with pytest.raises(FilesError, match="app:kernel: .* give b twice"):
        require_disjoint(ADDRESS, ["a", "b"], ["c", "b"])


def test_tailored_names_are_distinct() -> None:
    names = unikernel_names(["a/app.wasm", "a/tool.wat", "a/tool.wasm", "b/app.wasm"])
    assert names == {
        "a/app.wasm": "app",
        "a/tool.wasm": "tool_wasm",
        "a/tool.wat": "tool_wat",
        "b/app.wasm": "app",
    }
