# SPDX-License-Identifier: Apache-2.0
"""Options of the network become QEMU's arguments and the guest's configuration, or are refused."""
from __future__ import annotations

import argparse

import pytest
from mew.errors import MewError
from mew.vm.devices import device_argv
from mew.vm.network import Network
from mew.vm.network import Publication
from mew.vm.network import netdev_argv
from mew.vm.network import parse_network
from mew.vm.network import parse_publication
from mew.vm.options import network_of
from mew.vm.options import parse_leading
from mew_abi.network import Addressing

WEB = Publication(8080, 80)


@pytest.mark.parametrize(
    ("text", "publication"),
    [
        ("8080:80", WEB),
        ("0:80", Publication(0, 80)),
        ("127.0.0.1:8080:80", WEB),
        ("8080:80/tcp", WEB),
        ("0.0.0.0:5353:53/udp", Publication(5353, 53, "udp", "0.0.0.0")),
    ],
)
def test_publications(text: str, publication: Publication) -> None:
    assert parse_publication(text) == publication
    assert parse_publication(publication.text()) == publication


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("80", "'80' publishes no port"),
        ("80:", "publishes no port"),
        ("80:0", "publishes no port"),
        ("65536:80", "publishes no port"),
        ("80:80/sctp", "publishes no port"),
        ("80:80/", "publishes no port"),
        ("localhost:80:80", "'localhost', which is no IPv4"),
        ("::1:80:80", "'::1', which is no IPv4"),
    ],
)
def test_what_publishes_nothing(text: str, word: str) -> None:
    with pytest.raises(MewError, match=word) as refused:
        parse_publication(text)
    assert refused.value.hint


def test_user_networking_on_microvm() -> None:
    network = Network(publications=(WEB, Publication(0, 53, "udp", "0.0.0.0")))
    assert device_argv("microvm", output="out", network=network)[-4:] == (
        "-netdev",
        "user,id=net0,hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80,"
        "hostfwd=udp:0.0.0.0:0-10.0.2.15:53",
        "-device", "virtio-net-device,bus=virtio-mmio-bus.2,netdev=net0,rx_queue_size=1024",
    )  # fmt: skip
    assert network.guest_addressing().records() == (
        b"ip=10.0.2.15/24\0gateway=10.0.2.2\0dns=10.0.2.3\0"
    )


def test_a_tap_on_pci() -> None:
    network = Network(tap="tap0", mac="52:54:00:00:00:01", addressing=Addressing(hostname="web"))
    assert device_argv("q35", output="out", network=network)[-4:] == (
        "-netdev", "tap,id=net0,ifname=tap0,script=no,downscript=no,vnet_hdr=on",
        "-device", "virtio-net-pci,addr=0x6,disable-legacy=on,ioeventfd=off,romfile=,netdev=net0,"
        "rx_queue_size=1024,mac=52:54:00:00:00:01",
    )  # fmt: skip
    # By DHCP.
    assert network.guest_addressing().records() == b"hostname=web\0"


def test_a_tap_that_is_inherited() -> None:
    network = Network(tap_fd=9)
    assert netdev_argv(network) == ("-netdev", "tap,id=net0,fd=9")
    assert network.inherited() == (9,) and Network().inherited() == ()


def test_packets_are_written_down() -> None:
    assert netdev_argv(Network(tap="tap0", pcap="a,b.pcap"))[2:] == (
        "-object", "filter-dump,id=pcap,netdev=net0,file=a,,b.pcap",
    )  # fmt: skip


def test_another_user_network() -> None:
    network = Network(publications=(WEB,), addressing=Addressing(("10.9.0.40/16",)))
    assert netdev_argv(network)[1] == (
        "user,id=net0,net=10.9.0.0/16,hostfwd=tcp:127.0.0.1:8080-10.9.0.40:80"
    )
    assert network.guest_addressing() == Addressing(("10.9.0.40/16",), ("10.9.0.2",), ("10.9.0.3",))


def test_only_an_address_of_ip6_is_given() -> None:
    """QEMU's own server gives the one of IPv4 that it forwards to."""
    network = Network(publications=(WEB,), addressing=Addressing(("fec0::9/64",)))
    assert netdev_argv(network)[1] == "user,id=net0,hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80"
    assert network.guest_addressing().records() == b"ip=fec0::9/64\0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tap": "tap0", "publications": (WEB,)}, ["user networking only", "--net"]),
        ({"publications": (WEB, Publication(8080, 81))}, ["127.0.0.1:8080", "twice"]),
        ({"mac": "52:54:00"}, ["'52:54:00'", "--mac 52"]),
        ({"mac": "53:54:00:00:00:01"}, ["group", "even"]),
        ({"addressing": Addressing(("10.0.2.2/24",))}, ["QEMU itself", "10.0.2.15/24"]),
        ({"addressing": Addressing(("10.0.2.1/30",))}, ["too small", "27"]),
        ({"addressing": Addressing(("10.0.2.1",))}, ["prefix", "--ip"]),
    ],
)
def test_networks_that_cannot_be(change: "dict[str, object]", words: "list[str]") -> None:
    with pytest.raises(MewError) as refused:
        Network(**change)  # type: ignore[arg-type]
    for word in words:
        assert word in refused.value.render()


@pytest.mark.parametrize("kind", ["tap", "tap=", "tap=a/b", "tap=" + "a" * 16, "tap-fd=x", "vde"])
def test_kinds_that_do_not_exist(kind: str) -> None:
    with pytest.raises(MewError, match=f"'{kind}' is no network") as refused:
        parse_network(kind, Network())
    assert "tap=NAME" in refused.value.hint


def options(*words: str, **defaults: object) -> argparse.Namespace:
    """Those of a boot of an image with a port of its own, `words` being a person's."""
    namespace = argparse.Namespace(
        publish=[], net=None, mac="", pcap="", ip=[], gateway=[], dns=[], hostname="",
        default_publish=["8080:80"], default_net="none",
    )  # fmt: skip
    vars(namespace).update(defaults)
    assert parse_leading(words, namespace) == ()
    return namespace


@pytest.mark.parametrize(
    ("words", "network"),
    [
        ((), Network(publications=(WEB,))),
        (("--publish", "1:2"), Network(publications=(Publication(1, 2),))),
        (("--net=none",), None),
        (("--net", "tap=tap0"), Network(tap="tap0")),
        (("--net", "user", "--hostname", "a"),
         Network(publications=(WEB,), addressing=Addressing(hostname="a"))),
        (("--net=tap-fd=3", "--ip=10.0.0.9/8", "--gateway=10.0.0.1", "--dns=10.0.0.2"),
         Network(tap_fd=3, addressing=Addressing(("10.0.0.9/8",), ("10.0.0.1",), ("10.0.0.2",)))),
    ],
)  # fmt: skip
def test_options_go_over_those_of_the_image(
    words: "tuple[str, ...]", network: "Network | None"
) -> None:
    assert network_of(options(*words)) == network


def test_without_ports_the_image_says_whether_there_is_a_network() -> None:
    assert network_of(options(default_publish=[])) is None
    assert network_of(options(default_publish=[], default_net="user")) == Network()


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("--net=none", "--publish=1:2"), "--net none"),
        (("--net=tap=a", "--publish=1:2"), "user networking only"),
        (("--net=none", "--ip=10.0.0.1/8"), "without a network"),
        (("--net=none", "--pcap=a"), "without a network"),
    ],
)
def test_options_that_contradict(words: "tuple[str, ...]", word: str) -> None:
    with pytest.raises(MewError) as refused:
        network_of(options(*words))
    assert word in refused.value.render()
