# SPDX-License-Identifier: Apache-2.0
"""Parts of the runtime that only compute: command lines, configuration, limits, states, logs."""
from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from bundles import ROOT

from mew.errors import MewError
from mew.oci import arguments
from mew.oci import cgroups
from mew.oci import config
from mew.oci import guest
from mew.oci import install
from mew.oci import jail
from mew.oci import lifecycle
from mew.oci import log
from mew.oci import monitor
from mew.oci import network
from mew.oci import spec as specs
from mew.oci import state
from mew.oci import update
from mew.vm.report import Ending
from mew.vm.report import interpret


def test_engines_command_lines() -> None:
    """As containerd's shim and conmon write them."""
    call = arguments.parse(
        ["--root", "/run/r", "--log", "/l", "--log-format=json", "--systemd-cgroup", "create",
         "--bundle", "/b", "--pid-file", "/p", "name"]
    )
    assert (call.command, call.global_options, call.options, call.operands) == (
        "create",
        {"root": "/run/r", "log": "/l", "log-format": "json", "systemd-cgroup": ""},
        {"bundle": "/b", "pid-file": "/p"},
        ("name",),
    )
    assert arguments.parse(["kill", "name", "9", "--all"]).options == {"all": ""}
    assert arguments.parse(["delete", "-f", "name"]).options == {"force": ""}
    assert arguments.parse(["ps", "-f", "json", "name"]).options == {"format": "json"}
    # Not ours to understand: runc's, perhaps.
    unknown = arguments.parse(["exec", "-t", "name", "sh", "-c"])
    assert unknown.operands == ("-t", "name", "sh", "-c")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--what", "state", "x"], "unknown option '--what'"),
        (["create", "--bundle"], "option --bundle lacks its value"),
        (["start"], "start: 0 arguments"),
        (["state", "a", "b"], "state: 2 arguments"),
    ],
)
def test_wrong_command_lines(words: "list[str]", message: str) -> None:
    with pytest.raises(MewError, match=message):
        arguments.parse(words)


def test_configuration() -> None:
    text = '# a comment\nrunc = "/opt/runc" # why\n\nmemory_mib = 64\nnetwork = false\n'
    found = config.parse(text, "file")
    assert (found.runc, found.memory_mib, found.network) == ("/opt/runc", 64, False)
    assert found.qemu == config.OciConfig().qemu
    assert set(config.KEYS) == set(config.OciConfig._fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("what = 1", "line 1: unknown key 'what'"),
        ("\nrunc", "line 2: 'runc' is no setting"),
        ("runc = 1", "runc is 1"),
        ("runc = 'x'", "runc is 'x'"),
        ('runc = "x"', 'runc is "x"'),
        ("memory_mib = true", "memory_mib is true"),
        ("memory_mib = -1", "memory_mib is -1"),
        ("network = 1", "network is 1"),
        ('machine = "vax"', 'machine is "vax"'),
        ("memory_mib = 1\nmemory_mib = 2", "line 2: memory_mib is there twice"),
        ("qemu_uid_first = 0", "qemu_uid_first is 0"),
    ],
)
def test_wrong_configuration(text: str, message: str) -> None:
    with pytest.raises(MewError) as caught:
        config.parse(text, "file")
    assert message in caught.value.message


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs/reference/oci.md").read_text()
    for key, meaning in config.KEYS.items():
        default = json.dumps(getattr(config.OciConfig(), key))
        assert f"| `{key}` | `{default}` | {meaning} |" in page


HYBRID = """\
30 23 0:26 / /sys/fs/cgroup/unified rw shared:4 - cgroup2 cgroup2 rw
31 23 0:27 / /sys/fs/cgroup/memory rw shared:5 - cgroup cgroup rw,memory
32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:6 - cgroup cgroup rw,cpu,cpuacct
"""
UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


def test_hierarchies() -> None:
    found = cgroups.hierarchies(HYBRID)
    assert [(tree.mount_point, tree.version, tree.controllers) for tree in found] == [
        ("/sys/fs/cgroup/memory", 1, ("memory",)),
        ("/sys/fs/cgroup/cpu,cpuacct", 1, ("cpu", "cpuacct")),
    ]
    (tree,) = cgroups.hierarchies(UNIFIED)
    assert (tree.mount_point, tree.version) == ("/sys/fs/cgroup", 2)


@pytest.mark.parametrize(
    ("given", "is_systemd", "path"),
    [
        ("/default/name", False, "/default/name"),
        ("machine/../name", False, "/name"),
        ("system.slice:cri:name", True, "/system.slice/cri-name.scope"),
        (":cri:name", True, "/system.slice/cri-name.scope"),
        ("kubepods-pod1.slice:cri:x", True, "/kubepods.slice/kubepods-pod1.slice/cri-x.scope"),
    ],
)
def test_cgroup_paths(given: str, is_systemd: bool, path: str) -> None:
    assert cgroups.path_below(given, is_systemd=is_systemd) == path


def test_no_limit_for_the_whole_machine() -> None:
    with pytest.raises(MewError):
        cgroups.path_below("/", is_systemd=False)


RESOURCES = {
    "memory": {"limit": 1 << 27, "swap": 1 << 28, "reservation": 1 << 26},
    "cpu": {"shares": 1024, "quota": 50_000, "period": 100_000, "cpus": "0-1"},
    "pids": {"limit": 5},
}


def test_limits() -> None:
    first = {entry.file: entry.value for entry in cgroups.settings(RESOURCES, 1)}
    assert first == {
        "memory.limit_in_bytes": "134217728", "memory.soft_limit_in_bytes": "67108864",
        "memory.memsw.limit_in_bytes": "268435456", "cpu.shares": "1024",
        "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000", "cpuset.cpus": "0-1",
    }
    second = {entry.file: entry.value for entry in cgroups.settings(RESOURCES, 2)}
    assert second == {
        "memory.max": "134217728", "memory.low": "67108864", "memory.swap.max": "134217728",
        "cpu.weight": "39", "cpu.max": "50000 100000", "cpuset.cpus": "0-1",
    }
    assert cgroups.settings({"cpu": {"quota": -1}}, 2)[0].value == "max 100000"
    assert cgroups.settings({"memory": {"limit": -1}}, 2)[0].value == "max"


def spec_of(tmp_path: Path, **sections: object) -> specs.Spec:
    (tmp_path / "rootfs").mkdir(exist_ok=True)
    content = {
        "ociVersion": "1.1.0", "root": {"path": "rootfs"},
        "process": {"args": ["/app.wasm"], "cwd": "/"}, **sections,
    }
    (tmp_path / "config.json").write_text(json.dumps(content))
    return specs.load(str(tmp_path))


def test_memory_of_the_machine(tmp_path: Path) -> None:
    settings = config.OciConfig(memory_mib=200, memory_overhead_mib=40)
    assert guest.memory_mib(spec_of(tmp_path), settings) == 200
    limited = spec_of(tmp_path, linux={"resources": {"memory": {"limit": 100 << 20}}})
    assert guest.memory_mib(limited, settings) == 60
    small = spec_of(tmp_path, linux={"resources": {"memory": {"limit": 50 << 20}}})
    with pytest.raises(MewError, match="50 MiB is too low"):
        guest.memory_mib(small, settings)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"ociVersion": "2.0"}, "ociVersion is '2.0'"),
        ({"process": {"args": [], "cwd": "/"}}, "process.args is empty"),
        ({"process": {"args": [1]}}, "args holds something else than texts"),
        ({"root": {"path": "nowhere"}}, "no directory"),
        ({"mounts": [{"type": "bind"}]}, "KeyError"),
        ({"linux": []}, "linux is"),
    ],
)
def test_wrong_bundles(tmp_path: Path, sections: "dict[str, object]", message: str) -> None:
    with pytest.raises(MewError, match=message):
        spec_of(tmp_path, **sections)


def test_user_namespaces_are_refused(tmp_path: Path) -> None:
    found = spec_of(tmp_path, linux={"namespaces": [{"type": "user"}]})
    with pytest.raises(MewError, match="user namespace"):
        specs.refuse_unsupported(found)


def test_identity_of_qemu() -> None:
    """Nobody, without privileges; with files to share, whoever the container's process is."""
    root, other = specs.User(), specs.User(1000, 1001, (7,))
    assert jail.identity(root, unused_uid=5, shares_files=False) == (5, 5, (), ())
    assert jail.identity(other, unused_uid=5, shares_files=False) == (5, 5, (), ())
    assert jail.identity(other, unused_uid=5, shares_files=True) == (1000, 1001, (7,), ())
    assert jail.identity(root, unused_uid=5, shares_files=True).uid == 5


def test_states(tmp_path: Path) -> None:
    started = state.start_time(os.getpid())
    assert started is not None and state.is_alive(os.getpid(), started)
    assert not state.is_alive(os.getpid(), started + "0")
    with pytest.raises(MewError, match="no container id"):
        state.directory("/run", "../etc")
    with pytest.raises(MewError, match="container not running"):
        state.require({"status": state.STOPPED}, "kill")
    with pytest.raises(MewError, match="container does not exist"):
        state.read(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "number"), [("TERM", 15), ("SIGKILL", 9), ("9", 9), ("sigint", 2)]
)
def test_signals(text: str, number: int) -> None:
    assert lifecycle.signal_number(text) == number


@pytest.mark.parametrize("text", ["", "0", "99", "SIGNAL", "SIG_IGN"])
def test_no_signals(text: str) -> None:
    with pytest.raises(MewError):
        lifecycle.signal_number(text)


def test_end_by_memory() -> None:
    ending = Ending(-9, None)
    code, message = monitor.exit_code(ending, interpret(ending), 15)
    assert code == 137 and "memory" in message


def test_log_lines() -> None:
    entry = json.loads(log.line('a "b"', "error", "json", 0))
    assert entry == {"level": "error", "msg": 'a "b"', "time": "1970-01-01T00:00:00Z"}
    text = log.line("x", "error", "text", 0)
    assert text == 'time="1970-01-01T00:00:00Z" level=error msg="x"\n'


def test_name_servers() -> None:
    text = "# nameserver 1.1.1.1\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nnameserver ::1\n"
    assert network.nameservers(text) == ["10.0.0.1", "::1"]


def test_update_options() -> None:
    assert update.resources({"memory": "5", "cpuset-cpus": "0", "pids-limit": "7"}) == {
        "memory": {"limit": 5}, "cpu": {"cpus": "0"},
    }
    with pytest.raises(MewError, match="no number"):
        update.resources({"memory": "much"})


def test_installed_programs(tmp_path: Path) -> None:
    """They name everything by absolute paths, and run in an empty environment."""
    install.install(str(tmp_path), "/bin/echo")
    runtime = subprocess.run(
        [tmp_path / "bin/mew-oci", "--version"], env={}, capture_output=True, check=True
    )
    assert b"spec: " in runtime.stdout
    shim = subprocess.run(
        [tmp_path / "bin" / install.SHIM, "-id", "a b"], env={}, capture_output=True, check=True
    )
    assert shim.stdout == b"-id a b\n"
    assert (tmp_path / "libexec/mew/runc").resolve() == tmp_path / "bin/mew-oci"
    assert str(tmp_path / "bin/mew-oci") in install.snippets(str(tmp_path))
    with pytest.raises(MewError, match="first line"):
        install.entry_script("/a b/python", "/src")
