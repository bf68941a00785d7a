# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of the examples in a VM, by way of published ports, and its graceful end."""
from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from mew.testing.unikernel import Unikernel
from mew.testing.unikernel import UnikernelError
from pipeline import ROOT
from pipeline import ZIG
from pipeline import System
from pipeline import module_environment
from pipeline import run_module

SOURCES = ROOT / "examples/http_server"
FEATURES = "process,stdio,clocks,filesystem,sockets"
PORT = 8080
TIMEOUT_S = 120
SIZE_MAX_KIB = 768


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("server")
    kernel = System.build("kernel", work, "--features", FEATURES)
    module = work / "server.wasm"
    subprocess.run(
        [ZIG, "cc", "-target", "wasm32-wasi", "-O2", *sorted(SOURCES.glob("*.c")), "-o", module],
        check=True,
        env={"ZIG_LOCAL_CACHE_DIR": str(work), "ZIG_GLOBAL_CACHE_DIR": str(work)},
    )
    return kernel.link(
        module, "server", "--wasi", FEATURES,
        options=[f"--listen=tcp:{PORT}", "--files", SOURCES / "site"],
    )


def boot(image: Path, *options: object) -> Unikernel:
    return Unikernel(
        [sys.executable, "-m", "mew", "run", str(image), "--timeout-s", str(TIMEOUT_S),
         *map(str, options)],
        environment=module_environment(),
    )


def get(machine: Unikernel, path: str) -> "tuple[int, bytes]":
    """Status and content of an answer."""
    port = machine.port(PORT)
    client = http.client.HTTPConnection(machine.address, port, timeout=TIMEOUT_S)
    client.request("GET", path)
    answer = client.getresponse()
    return answer.status, answer.read()


def test_size(image: Path) -> None:
    assert image.stat().st_size <= SIZE_MAX_KIB * 1024


@pytest.mark.parametrize("machine_type", ["microvm", "pc", "q35"])
def test_it_serves_and_ends_when_asked_to(image: Path, machine_type: str) -> None:
    with boot(image, "--machine", machine_type, "--publish", f"0:{PORT}") as machine:
        assert get(machine, "/") == (200, (SOURCES / "site/index.html").read_bytes())
        assert get(machine, "/none")[0] == 404
        assert machine.stop() == 0


def test_addresses_of_this_boot(image: Path) -> None:
    """Another network, another address in it, and one more listener."""
    options = ("--ip", "10.9.8.40/24", "--hostname", "server", "--listen", "tcp:8081")
    with boot(image, "--publish", f"0:{PORT}", "--publish", "0:8081", *options) as machine:
        assert get(machine, "/")[0] == 200
        assert machine.port(8081) != machine.port(PORT)


WITHOUT_ADDRESSES = """
import sys
from mew.cli import main
from mew.vm.network import Network
from mew_abi.network import Addressing

Network.guest_addressing = lambda network: Addressing()
sys.exit(main(sys.argv[1:]))
"""


def test_an_address_that_is_asked_for(image: Path) -> None:
    """A runner that tells no address leaves it to QEMU's DHCP server."""
    command = [
        sys.executable, "-c", WITHOUT_ADDRESSES, "run", str(image), "--timeout-s", str(TIMEOUT_S),
        "--publish", f"0:{PORT}",
    ]  # fmt: skip
    with Unikernel(command, environment=module_environment()) as machine:
        assert get(machine, "/")[0] == 200


def test_a_port_that_is_taken(image: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(UnikernelError, match=f"port 127.0.0.1:{taken} .* is taken") as refused:
            boot(image, "--publish", f"{taken}:{PORT}")
    assert "fix: publish another one: --publish 0:8080" in str(refused.value)


def test_without_a_network_it_still_starts(image: Path) -> None:
    with boot(image) as machine:
        with pytest.raises(UnikernelError, match="not forwarded"):
            machine.port(PORT)
        machine.wait_for_error_output("http_server: ")
        assert machine.stop() == 0
    assert "no network device" in machine.error_output


def test_ports_of_two_machines_differ(image: Path) -> None:
    with boot(image, "--publish", f"0:{PORT}") as one, boot(image, "--publish", "0:8080") as other:
        assert one.port(PORT) != other.port(PORT)
        assert get(one, "/") == get(other, "/")


# Runs in a network namespace of its own, which ends with it.
TAP_SCRIPT = """
import subprocess, sys, urllib.request
from mew.testing.unikernel import Unikernel

for words in (
    "tuntap add tap0 mode tap", "address add 192.0.2.1/24 dev tap0", "link set tap0 up",
):
    subprocess.run(["ip", *words.split()], check=True)
command = [sys.executable, "-m", "mew", "run", sys.argv[1], "--timeout-s", sys.argv[2],
           "--net", "tap=tap0", "--ip", "192.0.2.7/24"]
with Unikernel(command) as machine:
    machine.wait_for_error_output("http_server: ")
    with urllib.request.urlopen("http://192.0.2.7:8080/", timeout=float(sys.argv[2])) as answer:
        assert b"unikernel" in answer.read()
    assert machine.stop() == 0
"""


def test_a_tap_by_its_name(image: Path) -> None:
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        pytest.skip("ip or unshare is not installed")
    namespace = ["unshare", "--map-root-user", "--net"]
    add_tap = [*namespace, "ip", "tuntap", "add", "tap0", "mode", "tap"]
    if subprocess.run(add_tap, capture_output=True, check=False).returncode:
        pytest.skip("this user may have no network namespace, or no tap device")
    done = subprocess.run(
        [*namespace, sys.executable, "-c", TAP_SCRIPT, image, str(TIMEOUT_S)],
        capture_output=True, text=True, check=False, env=module_environment(),
    )
    assert done.returncode == 0, done.stderr


def test_no_network_that_cannot_be(image: Path) -> None:
    outcome = run_module("mew", "run", image, "--net", "tap=mew-none")
    assert outcome.exit_code == 1 and "no tap device mew-none" in outcome.stderr
    outcome = run_module("mew", "run", image, "--publish", "nonsense")
    assert outcome.exit_code == 1 and "'nonsense' publishes no port" in outcome.stderr
    assert "Traceback" not in outcome.stderr
