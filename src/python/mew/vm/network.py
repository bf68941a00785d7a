# SPDX-License-Identifier: Apache-2.0
"""A machine's network: QEMU's own (user networking, with ports of this host forwarded to the
guest), or a tap device of the host. Values only; `ports.py` beside this asks the host.
"""
import ipaddress
import re
from dataclasses import dataclass
from dataclasses import replace
from typing import Optional
from typing import Sequence
from typing import Tuple

from mew.errors import MewError
from mew_abi.network import Addressing
from mew_abi.network import parse_port

NETDEV = "net0"
_PROTOCOLS = ("tcp", "udp")
KINDS = ("user", "none", "tap=NAME", "tap-fd=N")

# Of QEMU's user networking [slirp]: the guest's address, and with any other network the same
# places in it. The guest could ask for all of it by DHCP; to be told saves the round trip.
_USER_NETWORK = ipaddress.IPv4Network("10.0.2.0/24")
_USER_GUEST, _USER_GATEWAY, _USER_NAME_SERVER = 15, 2, 3
# Whoever publishes a port without an address means this machine, not all who can reach it.
DEFAULT_HOST_ADDRESS = "127.0.0.1"

# IFNAMSIZ with its final zero.
_INTERFACE_NAME = re.compile(r"[^\s/:,]{1,15}")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
# Bursts of small packets wait in the ring while the guest computes; the largest that QEMU has.
_RECEIVE_QUEUE_SIZE = 1024


@dataclass(frozen=True)
class Publication:
    """A port of this host that leads to one of the guest. Host port 0: any that is free."""

    host_port: int
    guest_port: int
    protocol: str = "tcp"
    host_address: str = DEFAULT_HOST_ADDRESS

    def host_text(self) -> str:
        """Return the host's side, for people."""
        return f"{self.host_address}:{self.host_port}"

    def text(self) -> str:
        """Return what `parse_publication` reads."""
        suffix = "" if self.protocol == "tcp" else f"/{self.protocol}"
        return f"{self.host_text()}:{self.guest_port}{suffix}"


def parse_publication(text: str) -> Publication:
    """Return what `[ADDRESS:]HOSTPORT:GUESTPORT[/udp]` describes. Raises MewError."""
    ports, slash, protocol = text.partition("/")
    address, _, host_and_guest = _cut_address(ports)
    host, colon, guest = host_and_guest.partition(":")
    host_port, guest_port = parse_port(host), parse_port(guest)
    if not colon or host_port is None or not guest_port or (slash and protocol not in _PROTOCOLS):
        raise MewError(
            f"{text!r} publishes no port",
            hint="write HOSTPORT:GUESTPORT, as in 8080:80; 0:80 takes a free port of this host, "
            "0.0.0.0:8080:80 publishes to everybody, 5353:53/udp is UDP",
        )
    if address and not _is_ip4(address):
        raise MewError(
            f"{text!r} publishes at {address!r}, which is no IPv4 address",
            hint=f"write it in numbers, as in {DEFAULT_HOST_ADDRESS}:{host}:{guest}, or leave it "
            "out: QEMU forwards ports of IPv4 only",
        )
    return Publication(
        host_port, guest_port, protocol or "tcp", address or DEFAULT_HOST_ADDRESS
    )


def _cut_address(ports: str) -> Tuple[str, str, str]:
    """Divide `ADDRESS:HOST:GUEST` before the last two; the address may be missing."""
    if ports.count(":") < 2:
        return "", "", ports
    address, colon, rest = ports.rpartition(":")
    address, colon, host = address.rpartition(":")
    return address, colon, f"{host}:{rest}"


@dataclass(frozen=True)
class Network:
    """One network interface. With `tap` (a name) or `tap_fd` (an open descriptor of a tap device)
    it is on that; else on QEMU's user networking, the only one that publishes ports. `pcap` is a
    file for all packets, as tcpdump and others read it.
    """

    tap: str = ""
    tap_fd: Optional[int] = None
    publications: Tuple[Publication, ...] = ()
    mac: str = ""
    addressing: Addressing = Addressing()
    pcap: str = ""

    def __post_init__(self) -> None:
        if self.is_user:
            _check_user(self)
        elif self.publications:
            raise MewError(
                "ports are published by user networking only",
                hint="leave out --publish: a guest on a tap has an address of its own; or leave "
                "out --net",
            )
        if self.mac and not _MAC.fullmatch(self.mac):
            raise MewError(
                f"{self.mac!r} is no hardware address", hint="write --mac 52:54:00:12:34:56"
            )
        if self.mac and int(self.mac[:2], 16) & 1:
            raise MewError(
                f"{self.mac!r} is the address of a group",
                hint="use an even first byte: --mac 52:54:00:12:34:56",
            )

    @property
    def is_user(self) -> bool:
        """Whether it is QEMU's own network."""
        return not self.tap and self.tap_fd is None

    def inherited(self) -> Tuple[int, ...]:
        """Return the descriptors that QEMU has to inherit."""
        return () if self.tap_fd is None else (self.tap_fd,)

    def guest_addressing(self) -> Addressing:
        """Return what the guest is told. A guest on a tap without an address asks by DHCP."""
        if not self.is_user:
            return self.addressing
        network = _user_network(self.addressing)
        given = self.addressing
        if given.addresses and _given_ip4(given) is None:
            # QEMU's DHCP server has the rest.
            return given
        return given._replace(
            addresses=given.addresses or (f"{network[_USER_GUEST]}/{network.prefixlen}",),
            gateways=given.gateways or (str(network[_USER_GATEWAY]),),
            name_servers=given.name_servers or (str(network[_USER_NAME_SERVER]),),
        )


def parse_network(kind: str, network: Network) -> Optional[Network]:
    """Return `network` on what the option --net names; None for no network at all."""
    name, equals, value = kind.partition("=")
    if kind == "none":
        if network.publications:
            raise MewError("--publish without a network", hint="leave out --net none")
        return None
    if kind == "user":
        return network
    if name == "tap" and equals and _INTERFACE_NAME.fullmatch(value):
        return replace(network, tap=value)
    if name == "tap-fd" and value.isascii() and value.isdecimal():
        return replace(network, tap_fd=int(value))
    raise MewError(f"{kind!r} is no network", hint=f"use one of {', '.join(KINDS)} for --net")


def netdev_argv(network: Network) -> Tuple[str, ...]:
    """Return QEMU's arguments for the host's side."""
    if network.pcap:
        dump = f"filter-dump,id=pcap,netdev={NETDEV},file={network.pcap.replace(',', ',,')}"
        return (*netdev_argv(replace(network, pcap="")), "-object", dump)
    if network.tap_fd is not None:
        return ("-netdev", f"tap,id={NETDEV},fd={network.tap_fd}")
    if network.tap:
        # vnet_hdr carries the offloads: checksums and segments left to the host.
        return (
            "-netdev",
            f"tap,id={NETDEV},ifname={network.tap},script=no,downscript=no,vnet_hdr=on",
        )
    subnet = _user_network(network.addressing)
    given = _given_ip4(network.addressing)
    guest = subnet[_USER_GUEST] if given is None else given.ip
    options = [f"user,id={NETDEV}"]
    if subnet != _USER_NETWORK:
        options.append(f"net={subnet}")
    options += [
        f"hostfwd={one.protocol}:{one.host_text()}-{guest}:{one.guest_port}"
        for one in network.publications
    ]
    return ("-netdev", ",".join(options))


def nic_options(network: Network) -> str:
    """Return the options of the virtio device, the guest's side."""
    mac = f",mac={network.mac}" if network.mac else ""
    return f"netdev={NETDEV},rx_queue_size={_RECEIVE_QUEUE_SIZE}{mac}"


def _check_user(network: Network) -> None:
    subnet = _user_network(network.addressing)
    taken = {str(subnet[_USER_GATEWAY]), str(subnet[_USER_NAME_SERVER])}
    for text in network.addressing.addresses:
        if text.partition("/")[0] in taken:
            raise MewError(
                f"{text!r} is an address of QEMU itself", hint=f"use --ip {subnet[_USER_GUEST]}/"
                f"{subnet.prefixlen}, or another one"
            )
    _check_distinct(network.publications)


def _check_distinct(publications: Sequence[Publication]) -> None:
    fixed = [one for one in publications if one.host_port]
    for index, one in enumerate(fixed):
        for other in fixed[:index]:
            if (one.protocol, one.host_port) == (other.protocol, other.host_port) and (
                one.host_address == other.host_address
            ):
                raise MewError(
                    f"port {one.host_text()} ({one.protocol}) is published twice",
                    hint="give each guest port a port of its own",
                )


def _user_network(addressing: Addressing) -> ipaddress.IPv4Network:
    """The network that holds the guest's IPv4 address, if it was given one."""
    wrong = addressing.fault()
    if wrong:
        raise MewError(wrong, hint="correct --ip, --gateway, --dns or --hostname")
    given = _given_ip4(addressing)
    if given is None:
        return _USER_NETWORK
    if given.network.num_addresses <= _USER_GUEST:
        raise MewError(
            f"{given} is in a network too small for QEMU's own addresses",
            hint="use a prefix of at most 27, as in --ip 10.0.2.15/24",
        )
    return given.network


def _given_ip4(addressing: Addressing) -> Optional[ipaddress.IPv4Interface]:
    for text in addressing.addresses:
        interface = ipaddress.ip_interface(text)
        if isinstance(interface, ipaddress.IPv4Interface):
            return interface
    return None


def _is_ip4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
