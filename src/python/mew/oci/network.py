# SPDX-License-Identifier: Apache-2.0
"""A container's network, handed over to its virtual machine.

The engine has given the container's network namespace an interface with an address. The machine
gets a tap device there, traffic control passes each frame from one to the other, both ways, and
the guest takes over address, MAC and MTU: for the outside nothing changes. The namespace itself
is deaf on that interface meanwhile, as are other containers in it.

Nothing here touches a namespace that is the runtime's own: it would cut off the host.
"""
from __future__ import annotations

import fcntl
import os
import socket
import struct
from typing import NamedTuple
from typing import Optional

from mew.errors import MewError

# As all engines name it; else the first one that has an address.
_USUAL_NAME = "eth0"
_LOOPBACK = "lo"
_TAP_NAME = "mew0"
# include/uapi/linux/if_tun.h, sockios.h, if.h
_TUNSETIFF = 0x4004_54CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x2, 0x1000, 0x4000
_SIOCGIFADDR, _SIOCGIFNETMASK, _SIOCGIFHWADDR = 0x8915, 0x891B, 0x8927
_SIOCGIFMTU, _SIOCSIFMTU, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8921, 0x8922, 0x8913, 0x8914
_IFF_UP = 0x1
_RTF_GATEWAY = 0x2
_NAME_BYTES = 16
_SCOPE_GLOBAL = "00"


class Interface(NamedTuple):
    """An interface of the namespace. Addresses are as `ADDRESS/PREFIX`; `gateways` one of each
    family at most."""

    name: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]


class Attachment(NamedTuple):
    """The machine's end: an open tap device, and what the guest has to know."""

    tap: int
    interface: Interface


def is_foreign(own: str = "/proc/self/ns/net", callers: str = "") -> bool:
    """Whether the namespace at `own` is another one than the runtime was called in."""
    return bool(callers) and os.readlink(own) != callers


def find_interface() -> Optional[Interface]:
    """Return the interface of this namespace that has an address, or None."""
    names = [name for _, name in socket.if_nameindex() if name not in (_LOOPBACK, _TAP_NAME)]
    names.sort(key=lambda name: (name != _USUAL_NAME, name))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        for name in names:
            addresses = _addresses4(channel, name) + _addresses6(_read("/proc/net/if_inet6"), name)
            if addresses:
                return Interface(
                    name=name,
                    mac=_ask(channel, _SIOCGIFHWADDR, name)[18:24].hex(":"),
                    mtu=struct.unpack_from("i", _ask(channel, _SIOCGIFMTU, name), _NAME_BYTES)[0],
                    addresses=tuple(addresses),
                    gateways=_gateways(
                        _read("/proc/net/route"), _read("/proc/net/ipv6_route"), name
                    ),
                )
    return None


def attach(interface: Interface, tc: str) -> Attachment:
    """Make a tap device and connect it with the interface. The device ends with its descriptor.

    Raises MewError with what the kernel or tc said.
    """
    try:
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise MewError(
            f"/dev/net/tun: {error.strerror}", hint="load the module tun, or set network = false"
        ) from None
    try:
        flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", _TAP_NAME.encode(), flags))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            mtu = struct.pack("16si20x", _TAP_NAME.encode(), interface.mtu)
            fcntl.ioctl(channel, _SIOCSIFMTU, mtu)
            up = struct.unpack_from("H", _ask(channel, _SIOCGIFFLAGS, _TAP_NAME), _NAME_BYTES)[0]
            fcntl.ioctl(
                channel, _SIOCSIFFLAGS, struct.pack("16sH22x", _TAP_NAME.encode(), up | _IFF_UP)
            )
        detach(interface.name, tc)
        _run_tc(tc, redirections(interface.name, _TAP_NAME))
    except (OSError, MewError) as error:
        os.close(tap)
        if isinstance(error, MewError):
            raise
        raise MewError(
            f"network device {_TAP_NAME}: {error.strerror}",
            hint="one unikernel can be in a network namespace at a time",
        ) from None
    return Attachment(tap, interface)


def detach(name: str, tc: str) -> None:
    """Give interface `name` back to the namespace; nothing happens if nobody had it."""
    _run_tc(tc, [f"qdisc del dev {name} ingress"], may_fail=True)


def is_attached() -> bool:
    """Whether a machine has this namespace's interface now."""
    return any(name == _TAP_NAME for _, name in socket.if_nameindex())


def redirections(one: str, other: str) -> list[str]:
    """Return tc's commands that pass each frame from `one` to `other` and back. The classifier is
    u32, which old kernels and small ones have too."""
    commands = []
    for source, target in ((one, other), (other, one)):
        commands += [
            f"qdisc add dev {source} ingress",
            f"filter add dev {source} parent ffff: protocol all u32 match u32 0 0 "
            f"action mirred egress redirect dev {target}",
        ]
    return commands


def nameservers(resolv_conf: str) -> list[str]:
    """Return the addresses of name servers in the text of a resolv.conf, but for those that name
    an interface of the host's."""
    lines = [line.split() for line in resolv_conf.splitlines()]
    found = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    return [text for text in found if _is_address(text)]


def _is_address(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except OSError:
        return False
    return True


def _run_tc(tc: str, commands: list[str], *, may_fail: bool = False) -> None:
    import subprocess

    try:
        done = subprocess.run(
            [tc, "-batch", "-"], input="\n".join(commands).encode(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    except OSError as error:
        raise MewError(
            f"cannot start {tc}: {error.strerror}",
            hint="install iproute2, or name its tc in the configuration",
        ) from None
    if done.returncode and not may_fail:
        raise MewError(f"{tc}: {done.stderr.decode('utf-8', 'replace').strip()}")


def _ask(channel: socket.socket, request: int, name: str) -> bytes:
    return fcntl.ioctl(channel, request, struct.pack("16s24x", name.encode()))


def _addresses4(channel: socket.socket, name: str) -> list[str]:
    try:
        address = _ask(channel, _SIOCGIFADDR, name)[20:24]
        mask = _ask(channel, _SIOCGIFNETMASK, name)[20:24]
    except OSError:
        return []
    prefix = bin(int.from_bytes(mask, "big")).count("1")
    return [f"{socket.inet_ntop(socket.AF_INET, address)}/{prefix}"]


def _addresses6(if_inet6: str, name: str) -> list[str]:
    """Global addresses of /proc/net/if_inet6; the guest makes its link-local one itself."""
    found = []
    for line in if_inet6.splitlines():
        address, _, prefix, scope, _, device = line.split()
        if device == name and scope == _SCOPE_GLOBAL:
            text = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(address))
            found.append(f"{text}/{int(prefix, 16)}")
    return found


def _gateways(route: str, ipv6_route: str, name: str) -> tuple[str, ...]:
    """The default gateways by `name`, from /proc/net/route and ipv6_route."""
    found = []
    for line in route.splitlines()[1:]:
        device, destination, gateway, flags, *_, mask = line.split()[:8]
        if device == name and int(flags, 16) & _RTF_GATEWAY:
            if int(destination, 16) == 0 and int(mask, 16) == 0:
                number = struct.pack("<I", int(gateway, 16))
                found.append(socket.inet_ntop(socket.AF_INET, number))
                break
    for line in ipv6_route.splitlines():
        words = line.split()
        if words[-1] != name or int(words[0], 16) or int(words[1], 16):
            continue
        if int(words[8], 16) & _RTF_GATEWAY:
            found.append(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(words[4])))
            break
    return tuple(found)


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except FileNotFoundError:
        return ""
