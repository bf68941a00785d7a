# SPDX-License-Identifier: Apache-2.0
"""Ports of this host: taken ones are named before QEMU starts, chosen ones are told."""
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from mew.cli import main
from mew.errors import MewError
from mew.vm.network import Network
from mew.vm.network import Publication
from mew.vm.ports import check_host
from mew.vm.ports import match_forwards
from mew.vm.ports import random_mac
from mew_abi import protocol
from standin import MONITOR
from standin import PRELUDE

# QEMU 7.2's words.
TABLE = """Hub -1 (net0):\r
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r
  TCP[HOST_FORWARD]  10       127.0.0.1 37637       10.0.2.15    80     0     0\r
  TCP[HOST_FORWARD]   3               * 37683       10.0.2.15    80     0     0\r
  TCP[ESTABLISHED]    4       127.0.0.1    80       10.0.2.15    80     0     0\r
  UDP[HOST_FORWARD]   9       127.0.0.1 38953       10.0.2.15    53     0     0\r
"""


def test_qemus_table_of_forwards() -> None:
    everywhere = Publication(0, 80, host_address="0.0.0.0")
    wanted = (Publication(38953, 53, "udp"), everywhere, Publication(0, 80))
    assert [one.host_port for one in match_forwards(wanted, TABLE)] == [38953, 37683, 37637]
    with pytest.raises(MewError, match="none to port 81"):
        match_forwards((Publication(0, 81),), TABLE)


@pytest.mark.parametrize("protocol_name", ["tcp", "udp"])
def test_a_taken_port_is_named(protocol_name: str) -> None:
    kind = socket.SOCK_STREAM if protocol_name == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if protocol_name == "tcp":
            other.listen()
        publication = Publication(other.getsockname()[1], 80, protocol_name)
        with pytest.raises(MewError, match=rf"{publication.host_text()} .* is taken") as refused:
            check_host(Network(publications=(publication,)))
        assert "--publish 0:80" in refused.value.hint and "forward_ports" in refused.value.hint
    check_host(Network(publications=(publication,)))


def test_an_address_of_another_host_is_named() -> None:
    publication = Publication(8080, 80, host_address="192.0.2.1")
    with pytest.raises(MewError, match="192.0.2.1:8080 .* no address of this host"):
        check_host(Network(publications=(publication,)))


def test_taps_that_are_not_there() -> None:
    with pytest.raises(MewError, match="no tap device mew-none") as refused:
        check_host(Network(tap="mew-none"))
    assert "ip tuntap add mew-none" in refused.value.hint
    with open(os.devnull, "rb") as other:
        with pytest.raises(MewError, match=f"{other.fileno()} is no tap device, but /dev/null"):
            check_host(Network(tap_fd=other.fileno()))
    with pytest.raises(MewError, match="closed"):
        check_host(Network(tap_fd=9999))


def test_addresses_are_of_one_station_and_differ() -> None:
    first, second = random_mac(), random_mac()
    assert first != second
    assert Network(mac=first).mac.startswith("02:")


def test_what_qemu_refuses_has_a_fix(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A port that is taken after we have looked, a tap that is in use."""
    qemu = tmp_path / "qemu"
    (tmp_path / "app.elf").touch()
    for words, fix in (
        ("Could not set up host forwarding rule 'tcp:127.0.0.1:1-:1'", "--publish"),
        ("could not configure /dev/net/tun (tap0): Device or resource busy", "ip tuntap add"),
    ):
        qemu.write_text(f"#!{sys.executable}\nimport sys\nsys.exit({words!r})\n")
        qemu.chmod(0o755)
        command = ["run", str(tmp_path / "app.elf"), "--qemu", str(qemu), "--publish", "0:80"]
        assert main(command) == protocol.RUNNER_EXIT_VMM_FAILURE
        shown = capfd.readouterr().err
        assert words in shown and "fix: " in shown and fix in shown


FORWARDS = rf"""
answers["human-monitor-command"] = {TABLE!r}
def stop(count): pass
threading.Thread(target=serve, daemon=True).start()
assert "-S" in sys.argv
let_go.wait()
assert b"notices=listening" in config
say(b"\x1eMEW1 nonce=NONCE listening=tcp:80\n")
end(b'exit', 0, {protocol.QEMU_STATUS_EXIT})
"""


def test_chosen_ports_are_told(tmp_path: Path) -> None:
    qemu = tmp_path / "qemu"
    qemu.write_text(PRELUDE + MONITOR + FORWARDS)
    qemu.chmod(0o755)
    (tmp_path / "app.elf").touch()
    events, told = os.pipe()
    done = subprocess.run(
        [sys.executable, "-m", "mew", "run", "app.elf", "--qemu", str(qemu), "--timeout-s", "60",
         "--publish", "0:80", "--publish", "38953:53/udp", "--ports-file", "ports.json",
         "--events-fd", str(told)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        pass_fds=[told], cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "mew: 127.0.0.1:37637 (tcp) leads to port 80 of the program\n" in done.stderr
    assert "38953" not in done.stderr
    ports = json.loads((tmp_path / "ports.json").read_text())
    assert ports == [
        {"protocol": "tcp", "guest_port": 80, "address": "127.0.0.1", "port": 37637},
        {"protocol": "udp", "guest_port": 53, "address": "127.0.0.1", "port": 38953},
    ]
    os.close(told)
    with open(events, encoding="utf-8") as lines:
        assert [json.loads(line) for line in lines] == [
            {"event": "published", "ports": ports},
            {"event": "listening", "protocol": "tcp", "guest_port": 80},
        ]
