# SPDX-License-Identifier: Apache-2.0
"""Addresses by DHCP and names by DNS, with dnsmasq as the server."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from bench import PORT
from bench import TIMEOUT_S
from bench import Images
from namespace import Namespace
from netvm import HOST_ADDRESS
from netvm import STOP_TIMEOUT_S
from netvm import Vm
from netvm import run_argv

pytestmark = pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="needs dnsmasq on PATH")

HARDWARE_ADDRESS = "52:54:00:00:00:07"
LEASE = "10.0.2.77"
HOSTS = {
    "one.test": ["192.0.2.1"],
    "many.test": [f"192.0.2.{number}" for number in range(10, 16)],
    # More than fits into a datagram of 512 bytes: asked for again by TCP.
    "crowd.test": [f"198.51.100.{number}" for number in range(1, 61)],
}
# How many addresses programs/client.c asks for, and the error code for a name that is not there.
ADDRESSES_MAX = 8
NO_NAME = "errno 84"


class Site:
    """dnsmasq on a tap, on which one VM can boot."""

    def __init__(self, work: Path, images: Images) -> None:
        self._images = images
        self.namespace = Namespace()
        # The server needs the interface before the VM has its other end.
        self._tap = self.namespace.open_tap("tap0", f"{HOST_ADDRESS}/24")
        lines = [f"{address} {name}" for name, found in HOSTS.items() for address in found]
        hosts = work / "hosts"
        hosts.write_text("\n".join(lines) + "\n")
        self._server = self.namespace.popen(dnsmasq_argv(work, hosts), stderr=subprocess.PIPE)
        assert self._server.stderr is not None
        for line in self._server.stderr:
            if b"read" in line and str(hosts).encode() in line:
                return
        raise AssertionError(f"dnsmasq ended with {self._server.wait()}")

    def boot(self, image: Path, *words: object) -> Vm:
        """Start a VM that has to ask for its address."""
        return Vm(run_argv(image, self._tap, "--mac", HARDWARE_ADDRESS, *words), self._tap)

    def resolve(self, name: str) -> list[str]:
        """What the client program says about a name."""
        with self.boot(self._images.client, "--", "resolve", name) as vm:
            assert vm.wait() == 0, vm.last_words()
            return vm.output().splitlines()[1:]

    def close(self) -> None:
        self._server.terminate()
        self._server.communicate(timeout=STOP_TIMEOUT_S)
        self.namespace.close()


def dnsmasq_argv(work: Path, hosts: Path) -> list[str]:
    """Names below `test`, and one lease for our hardware address; nothing of this machine."""
    return [
        "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null",
        "--user=root", "--group=root", f"--pid-file={work / 'pid'}", "--no-resolv", "--no-hosts",
        f"--addn-hosts={hosts}", "--local=/test/", "--cname=alias.test,one.test",
        "--interface=tap0", "--bind-interfaces", "--dhcp-authoritative", "--no-ping",
        f"--dhcp-leasefile={work / 'leases'}",
        "--dhcp-range=10.0.2.50,10.0.2.99,255.255.255.0,2m",
        f"--dhcp-host={HARDWARE_ADDRESS},{LEASE}", f"--dhcp-option=option:router,{HOST_ADDRESS}",
    ]


@pytest.fixture
def site(tmp_path: Path, images: Images) -> Iterator[Site]:
    made = Site(tmp_path, images)
    yield made
    made.close()


def test_an_address_by_dhcp(site: Site, images: Images, tmp_path: Path) -> None:
    """It can be reached at the address of its lease, with a name for the server's list."""
    with site.boot(images.server, "--hostname", "guest") as vm:
        vm.wait_for("ready")
        with site.namespace.connect((LEASE, PORT), TIMEOUT_S) as connection:
            connection.sendall(b"echo\nhello")
            assert connection.recv(100) == b"hello"
    assert (tmp_path / "leases").read_text().split()[1:4] == [HARDWARE_ADDRESS, LEASE, "guest"]


@pytest.mark.parametrize("name", ["one.test", "many.test", "crowd.test"])
def test_names(site: Site, name: str) -> None:
    """The server of the lease is asked; it may give addresses in any order."""
    found = site.resolve(name)
    assert len(found) == len(set(found)) == min(len(HOSTS[name]), ADDRESSES_MAX)
    assert set(found) <= set(HOSTS[name])


def test_another_name_for_a_host(site: Site) -> None:
    assert site.resolve("alias.test") == HOSTS["one.test"]


def test_a_name_that_is_not_there(site: Site) -> None:
    assert site.resolve("nobody.test") == [NO_NAME]
