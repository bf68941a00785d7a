# SPDX-License-Identifier: Apache-2.0
"""`mew-oci` without an engine and without privileges: bundles made by hand, VMs on tcg."""
from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

import pytest
from bundles import TIMEOUT_S
from bundles import Program
from bundles import Runtime
from bundles import change_bundle
from bundles import create
from bundles import ended
from bundles import may_unshare
from bundles import read_line
from bundles import write_bundle
from bundles import write_config
from hosts import program
from hosts import root_directory


def test_run(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    """Arguments and environment arrive as they are; nothing is left behind."""
    bundle = write_bundle(tmp_path, guest, "show", "two words", 'quo"te,=é')
    done = runtime.run("run", "--bundle", bundle, "run1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == [
        "argument: /app.wasm", "argument: show", "argument: two words", 'argument: quo"te,=é',
        "environment: NAME=value", "environment: PWD=/",
    ]
    assert json.loads(runtime.run("list", "--format", "json").stdout) == []


@pytest.mark.parametrize("code", [0, 1, 126, 255])
def test_exit_codes(runtime: Runtime, guest: Program, tmp_path: Path, code: int) -> None:
    bundle = write_bundle(tmp_path, guest, "exit", str(code))
    assert runtime.run("run", "--bundle", bundle, f"exit{code}").returncode == code


def test_streams_apart(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, guest, "streams")
    done = runtime.run("run", "--bundle", bundle, "streams")
    assert (done.stdout, done.stderr) == (b"to output\n", b"to errors\n")


def test_stdin(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    content = bytes(range(256)) * 100
    bundle = write_bundle(tmp_path, guest, "cat")
    assert runtime.run("run", "--bundle", bundle, "cat", stdin=content).stdout == content


def test_trap(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, guest, "trap")
    done = runtime.run("run", "--bundle", bundle, "trap")
    assert done.returncode == 134
    assert b"trap: unreachable" in done.stderr


@pytest.mark.usefixtures("subreaper")
def test_states(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    """created, running, paused, running, stopped; each command says no in the wrong one."""
    bundle = write_bundle(tmp_path, guest, "wait")
    change_bundle(bundle, annotations={"some": "thing"})
    pid, output = create(runtime, bundle, "states")
    with output:
        state = runtime.state("states")
        assert (state["status"], state["pid"]) == ("created", pid)
        assert state["annotations"] == {"some": "thing"}
        assert b"cannot pause" in runtime.run("pause", "states").stderr
        assert runtime.run("start", "states").returncode == 0
        assert read_line(output) == b"waiting\n"
        assert b"it has to be created" in runtime.run("start", "states").stderr
        pids = json.loads(runtime.run("ps", "--format", "json", "states").stdout)
        assert pids[0] == pid and len(pids) == 2
        for command, status in (("pause", "paused"), ("resume", "running")):
            assert runtime.run(command, "states").returncode == 0
            assert runtime.state("states")["status"] == status
        assert b"exec is not possible" in runtime.run("exec", "states", "ls").stderr
        assert b"it has to be" in runtime.run("delete", "states").stderr
        assert runtime.run("kill", "states", "SIGTERM").returncode == 0
        assert ended(pid) == 128 + signal.SIGTERM
    state = runtime.state("states")
    assert (state["status"], state["pid"]) == ("stopped", 0)
    assert b"container not running" in runtime.run("kill", "states", "9").stderr
    assert runtime.run("kill", "--all", "states", "9").returncode == 0
    assert runtime.run("delete", "states").returncode == 0
    assert not (runtime.folder / "state/states").exists()


@pytest.mark.usefixtures("subreaper")
def test_killed(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    """With the monitor QEMU dies, at once; `delete --force` is what an engine does then."""
    pid, output = create(runtime, write_bundle(tmp_path, guest, "wait"), "killed")
    with output:
        runtime.run("start", "killed")
        assert read_line(output) == b"waiting\n"
        pids = json.loads(runtime.run("ps", "--format", "json", "killed").stdout)
        qemu = os.pidfd_open(pids[1])
        assert runtime.run("kill", "killed", "KILL").returncode == 0
        assert ended(pid) == -signal.SIGKILL
        assert select.select([qemu], [], [], TIMEOUT_S)[0], "QEMU is still there"
        os.close(qemu)
    assert runtime.run("delete", "--force", "killed").returncode == 0
    assert runtime.run("delete", "--force", "killed").returncode == 0


@pytest.mark.usefixtures("subreaper")
def test_end_before_start(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    pid, output = create(runtime, write_bundle(tmp_path, guest, "wait"), "early")
    with output:
        assert runtime.run("kill", "early").returncode == 0
        assert ended(pid) == 128 + signal.SIGTERM
        assert output.read() == b""
    assert runtime.run("delete", "early").returncode == 0


def test_terminal(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    """What is typed goes to the program, what it writes to the terminal; Ctrl-C ends it."""
    bundle = write_bundle(tmp_path, guest, "cat", terminal=True)
    path = runtime.folder / "console"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        with runtime.start("run", "--bundle", bundle, "--console-socket", path, "tty") as process:
            connection, _ = listener.accept()
            _, (master,), _, _ = socket.recv_fds(connection, 100, 1)
            with connection, os.fdopen(master, "r+b", buffering=0) as terminal:
                terminal.write(b"hello\n")
                # The terminal's echo, then the program's own.
                assert read_line(terminal) == b"hello\r\n"
                assert read_line(terminal) == b"hello\r\n"
                terminal.write(b"\x03")
                assert process.wait(TIMEOUT_S) == 128 + signal.SIGINT
    path.unlink()


def test_files(runtime: Runtime, whole: Program, tmp_path: Path) -> None:
    """The program sees and changes the container's root directory."""
    bundle = write_bundle(tmp_path, whole, "write", "new", "text")
    assert runtime.run("run", "--bundle", bundle, "write").returncode == 0
    new = bundle / "rootfs/new"
    assert new.read_text() == "text"
    assert new.stat().st_uid == os.geteuid()
    (bundle / "rootfs/other").write_text("content")
    change_bundle(
        bundle,
        process={"args": ["/app.wasm", "read", "other"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
    )
    assert runtime.run("run", "--bundle", bundle, "read").stdout == b"content"


def test_hooks(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    """Each runs once, in its order, and gets the state; one that fails is an error."""
    bundle = write_bundle(tmp_path, guest, "streams")
    record = tmp_path / "record"
    kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart"]
    script = f'printf "%s " "$0" >> {record}; grep -q \'"id": "hooks"\''

    def hooks(command: str) -> "dict[str, list[dict[str, object]]]":
        return {
            kind: [{"path": "/bin/sh", "args": ["sh", "-c", command, kind]}]
            for kind in (*kinds, "poststop")
        }

    change_bundle(bundle, hooks=hooks(script))
    assert runtime.run("run", "--bundle", bundle, "hooks").returncode == 0
    assert record.read_text().split() == [*kinds, "poststop"]
    change_bundle(bundle, hooks={"prestart": hooks("echo refused; exit 3")["prestart"]})
    done = runtime.run("run", "--bundle", bundle, "failing")
    assert done.returncode == 1 and b"refused" in done.stderr
    assert not (runtime.folder / "state/failing").exists()


def test_errors_reach_the_log(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    """As JSON for engines: here a memory limit that leaves no room for a machine."""
    bundle = write_bundle(tmp_path, guest, "show")
    resources = {"memory": {"limit": 20 << 20}}
    change_bundle(bundle, linux={"namespaces": [], "resources": resources})
    log = tmp_path / "log.json"
    done = runtime.run("--log", log, "--log-format", "json", "create", "--bundle", bundle, "small")
    assert done.returncode == 1
    entry = json.loads(log.read_text())
    assert entry["level"] == "error" and "memory limit of 20 MiB is too low" in entry["msg"]
    assert not (runtime.folder / "state/small").exists()


def test_name_is_taken_once(runtime: Runtime, guest: Program, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, guest, "show")
    (runtime.folder / "state/taken").mkdir(parents=True)
    done = runtime.run("run", "--bundle", bundle, "taken")
    assert b"container with given ID already exists" in done.stderr
    (runtime.folder / "state/taken").rmdir()


@pytest.mark.skipif(
    os.geteuid() != 0 or not may_unshare(), reason="privileges are given up by root only"
)
@pytest.mark.usefixtures("subreaper")
@pytest.mark.parametrize("uid", [0, 1234])
def test_qemu_has_no_privileges(
    runtime: Runtime, whole: Program, tmp_path: Path, uid: int
) -> None:
    """Its identity, its filter of system calls, what it sees of the host, and that it is alone."""
    bundle = write_bundle(tmp_path, whole, "wait", user={"uid": uid, "gid": uid})
    name = f"jail{uid}"
    pid, output = create(runtime, bundle, name)
    with output:
        qemu = json.loads(runtime.run("ps", "--format", "json", name).stdout)[1]
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{qemu}/status").read_text().splitlines()
            if ":\t" in line
        )
        uids = {int(number) for number in status["Uid"].split()}
        assert uids == ({1234} if uid else uids - {0})
        # The container's root may read, write and own each file of the container's.
        assert int(status["CapEff"], 16) == (0 if uid else 0b1011)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert status["NSpid"].split()[1:] == ["1"]
        seen = {path.name for path in Path(f"/proc/{qemu}/root").iterdir()}
        assert seen <= {"bin", "dev", "lib", "lib32", "lib64", "libx32", "proc", "rootfs", "sbin",
                        "usr"}
        assert runtime.run("kill", name, "KILL").returncode == 0
        assert ended(pid) == -signal.SIGKILL
    assert runtime.run("delete", name).returncode == 0


def test_module_without_a_kernel(cache: Path, tmp_path: Path) -> None:
    """It is compiled when the container is created; what is wrong with it is that call's error."""
    runtime = Runtime.install(tmp_path)
    (tmp_path / "config.toml").write_text(
        f'python = "{sys.executable}"\ncache = "{cache}"\naccelerator = "tcg"\n'
    )
    bundle = tmp_path / "bundle"
    root_directory(bundle / "rootfs", program("made here"))
    write_config(bundle)
    done = runtime.run("run", "--bundle", bundle, "made")
    assert (done.returncode, done.stdout) == (0, b"made here"), done.stderr
    root_directory(bundle / "rootfs", b"\0asm\1\0\0\0\xff")
    log = tmp_path / "log"
    done = runtime.run("--log", log, "--log-format", "json", "run", "--bundle", bundle, "bad")
    assert done.returncode == 1
    assert "app.wasm" in json.loads(log.read_text())["msg"]
