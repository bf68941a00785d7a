# SPDX-License-Identifier: Apache-2.0
"""What a program is given of the network: sockets that already listen, and the machine's addresses.

The image holds `listen=PROTOCOL:[ADDRESS:]PORT` records among those of its directories
(`preopens.py`); the configuration of a boot (`protocol.py`) may add more, which come after those,
and says what the machine's addresses are. BUILD files, `mew link` and `mew run` take a listener as
the same text: `tcp:8080`, `tcp:127.0.0.1:8080`, `tcp:[::1]:8080`, `udp:53`.
"""
import ipaddress
from typing import Iterable
from typing import List
from typing import NamedTuple
from typing import Optional
from typing import Tuple

LISTENERS_MAX = 16
# Of one label of a domain name (RFC 1035, section 2.3.4).
HOSTNAME_BYTES_MAX = 63

_PROTOCOLS = ("tcp", "udp")
_PORT_MAX = 0xFFFF


class Listener(NamedTuple):
    """A socket that listens (or, of UDP, is bound) when the program starts.

    Without an address it takes what comes for any address of the machine.
    """

    protocol: str
    port: int
    address: Optional[str] = None

    def text(self) -> str:
        """Return the one way to write this listener."""
        if self.address is None:
            return f"{self.protocol}:{self.port}"
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol}:{address}:{self.port}"


def parse_listener(text: str) -> Listener:
    """Return the listener that a text describes. Raises ValueError that names fault and fix."""
    protocol, colon, rest = text.partition(":")
    if protocol not in _PROTOCOLS or not colon:
        raise ValueError(f"{text!r} is no listener; write 'tcp:8080', or 'udp:53'")
    host, colon, port = rest.rpartition(":")
    number = parse_port(port)
    if not number:
        raise ValueError(
            f"{text!r} has the port {port!r}; write a number from 1 to {_PORT_MAX}, "
            f"as in '{protocol}:8080'"
        )
    if not colon:
        return Listener(protocol, number)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(
            f"{text!r} has an IPv6 address without brackets; write '{protocol}:[{host}]:{number}'"
        )
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        raise ValueError(
            f"{text!r} has the address {host!r}, which is none; write one in numbers, as in "
            f"'{protocol}:127.0.0.1:{number}', or leave it out"
        ) from None
    return Listener(protocol, number, address)


def parse_listeners(texts: Iterable[str]) -> Tuple[Listener, ...]:
    """Return the listeners of a program, in the order of their descriptors.

    Raises ValueError that names fault and fix.
    """
    listeners: List[Listener] = []
    for text in texts:
        listener = parse_listener(text)
        for known in listeners:
            same_address = known.address == listener.address or None in (
                known.address, listener.address,
            )  # fmt: skip
            if known[:2] == listener[:2] and same_address:
                raise ValueError(f"{text!r} and {known.text()!r} are the same port; leave one out")
        listeners.append(listener)
    if len(listeners) > LISTENERS_MAX:
        raise ValueError(
            f"{len(listeners)} listeners, of which {LISTENERS_MAX} are possible; leave some out"
        )
    return tuple(listeners)


def records(listeners: Iterable[Listener]) -> bytes:
    """Return the records of listeners, in their order."""
    return b"".join(b"listen=%s\0" % listener.text().encode() for listener in listeners)


def parse_port(text: str) -> Optional[int]:
    """Return the number of a port, 0 included; None for what is none."""
    if not text.isascii() or not text.isdecimal() or int(text) > _PORT_MAX:
        return None
    return int(text)


class Addressing(NamedTuple):
    """What a machine is told of its network; without `addresses` it asks by DHCP.

    `addresses` are like 10.0.2.15/24, of IPv4 or IPv6. There is one gateway for each of the two at
    most; name servers in the order in which they are asked.
    """

    addresses: Tuple[str, ...] = ()
    gateways: Tuple[str, ...] = ()
    name_servers: Tuple[str, ...] = ()
    hostname: str = ""

    def fault(self) -> str:
        """Return what is wrong, and the fix; "" if nothing is."""
        for text in self.addresses:
            if "/" not in text or not _is(ipaddress.ip_interface, text):
                return f"{text!r} is no address; write it with its prefix, as in 10.0.2.15/24"
        for what, texts in (("gateway", self.gateways), ("name server", self.name_servers)):
            for text in texts:
                if not _is(ipaddress.ip_address, text):
                    return f"{text!r} is no {what}; write an address, as in 10.0.2.2"
        if self.gateways and not self.addresses:
            return f"gateway {self.gateways[0]!r} without an address; add one, as in 10.0.2.15/24"
        versions = [ipaddress.ip_address(text).version for text in self.gateways]
        if len(versions) != len(set(versions)):
            return f"gateways {', '.join(self.gateways)}; give one of IPv4, one of IPv6, or both"
        return _hostname_fault(self.hostname)

    def records(self) -> bytes:
        """Return the records of a boot's configuration."""
        values = [
            *(("ip", text) for text in self.addresses),
            *(("gateway", text) for text in self.gateways),
            *(("dns", text) for text in self.name_servers),
            *([("hostname", self.hostname)] if self.hostname else []),
        ]
        return b"".join(f"{key}={text}".encode() + b"\0" for key, text in values)


def _is(kind: "type", text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _hostname_fault(name: str) -> str:
    letters = name.replace("-", "").replace(".", "")
    labels_fit = all(0 < len(label) <= HOSTNAME_BYTES_MAX for label in name.split("."))
    if name and (not letters.isascii() or not letters.isalnum() or not labels_fit):
        return f"{name!r} is no host name; use letters, digits and '-', as in web-1"
    return ""
