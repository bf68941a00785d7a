# SPDX-License-Identifier: Apache-2.0
"""A program finds hosts by name: an address by DHCP, name servers from there, answers by UDP and
TCP."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from bench import PROGRAMS
from bench import Images
from namespace import Namespace
from netvm import HOST_ADDRESS
from netvm import Vm
from netvm import run_argv
from netvm import static_options
from pipeline import ZIG
from servers import DISCOVER
from servers import REQUEST
from servers import DhcpServer
from servers import DnsServer

MANY = [f"192.0.2.{number}" for number in range(1, 31)]
# wasi/errno.zig: WasmEdge's code for a name that is not there.
AINONAME = 84
NAMES: "dict[str, list[str] | str]" = {
    "one.test": ["192.0.2.200"],
    "many.test": MANY,
    "alias.test": "one.test",
}


@pytest.fixture(scope="module")
def image(images: Images) -> Path:
    module = images.system.work / "names.wasm"
    argv = [ZIG, "cc", "-target", "wasm32-wasi", "-O2", "-s", PROGRAMS / "names.c", "-o", module]
    cache = str(images.system.work)
    caches = {"ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache}
    subprocess.run(argv, check=True, env={**os.environ, **caches})
    return images.system.link(module, "names")


def ask(image: Path, *options: object) -> "tuple[list[str], DhcpServer, DnsServer]":
    """Run the program for all names; return its lines, and the servers."""
    words = [*options, "--", "one.test", "many.test", "alias.test", "none.test", "192.0.2.9"]
    namespace = Namespace()
    tap = namespace.open_tap("tap0", f"{HOST_ADDRESS}/24")
    dns = DnsServer(namespace, NAMES)
    dhcp = DhcpServer(namespace, "tap0")
    try:
        with Vm(run_argv(image, tap, *words), tap) as vm:
            assert vm.wait() == 0, vm.last_words()
            return vm.output().splitlines(), dhcp, dns
    finally:
        dhcp.close()
        dns.close()
        namespace.close()


def expect_names(lines: "list[str]", dns: DnsServer) -> None:
    assert lines == [
        "ready",
        "one.test 192.0.2.200",
        "many.test " + " ".join(MANY[:8]),
        "alias.test 192.0.2.200",
        f"none.test error {AINONAME}",
        "192.0.2.9 192.0.2.9",
    ]
    assert ("many.test", "tcp") in dns.asked
    assert ("192.0.2.9", "udp") not in dns.asked


def test_by_dhcp(image: Path) -> None:
    lines, dhcp, dns = ask(image)
    expect_names(lines, dns)
    assert dhcp.kinds[0] == DISCOVER and dhcp.kinds[-1] == REQUEST


def test_by_options(image: Path) -> None:
    lines, dhcp, dns = ask(image, *static_options(), "--dns", HOST_ADDRESS)
    expect_names(lines, dns)
    assert not dhcp.kinds
