# SPDX-License-Identifier: Apache-2.0
"""What the host says about a network: whether its ports are free, its taps there, and which ports
QEMU has taken.
"""
import errno
import json
import os
import re
import secrets
import socket
from dataclasses import replace
from pathlib import Path
from typing import Tuple

from mew.errors import MewError
from mew.files import write_output
from mew.vm.events import port_entries
from mew.vm.network import Network
from mew.vm.network import Publication
from mew.vm.qmp import Monitor

# QEMU builds the whole machine before it answers; on a busy host that takes its time.
_ANSWER_S = 60.0
# A line of `info usernet`: where QEMU listens, then where it leads to.
_FORWARD = re.compile(
    r"^\s*(?P<protocol>TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(?P<address>\S+)\s+(?P<port>\d+)"
    r"\s+\S+\s+(?P<guest_port>\d+)\s", re.MULTILINE
)
_SOCKET_TYPES = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_REASONS = {
    errno.EADDRINUSE: "is taken",
    errno.EACCES: "is for the superuser only",
    errno.EADDRNOTAVAIL: "is at no address of this host",
}
_TUN = "/dev/net/tun"


def check_host(network: Network) -> None:
    """Raise MewError for what QEMU would fail on with a message that names no cause.

    Somebody may still take a port, or the tap, before QEMU does.
    """
    for publication in network.publications:
        if publication.host_port:
            _check_port(publication)
    if network.tap and not _has_interface(network.tap):
        # QEMU would make one, which leads nowhere.
        raise MewError(
            f"no tap device {network.tap}",
            hint=f"make one: ip tuntap add {network.tap} mode tap",
        )
    if network.tap_fd is not None and _opened(network.tap_fd) != _TUN:
        raise MewError(
            f"descriptor {network.tap_fd} is no tap device, but {_opened(network.tap_fd)}",
            hint=f"open {_TUN}, set its name by TUNSETIFF, and let mew inherit the descriptor",
        )


def _check_port(publication: Publication) -> None:
    with socket.socket(socket.AF_INET, _SOCKET_TYPES[publication.protocol]) as probe:
        # As QEMU does it: connections that have ended do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, publication.protocol == "tcp")
        try:
            probe.bind((publication.host_address, publication.host_port))
        except OSError as error:
            reason = _REASONS.get(error.errno or 0, f"cannot be had: {error.strerror}")
            raise MewError(
                f"port {publication.host_text()} ({publication.protocol}) of this host {reason}",
                hint=f"publish another one: --publish 0:{publication.guest_port} takes one that is "
                "free; a target's own are in its field forward_ports",
            ) from None


def _has_interface(name: str) -> bool:
    try:
        socket.if_nametoindex(name)
    except OSError:
        return False
    return True


def _opened(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return "closed"


def random_mac() -> str:
    """Return a hardware address that nobody else on the same network is likely to have."""
    # Locally administered, of one station (IEEE 802, section 8.2).
    return ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])


def taken_ports(
    monitor: Monitor, publications: Tuple[Publication, ...]
) -> Tuple[Publication, ...]:
    """Return the publications with the ports that QEMU has taken for them.

    Raises MonitorError when QEMU has failed.
    """
    text = monitor.execute(
        "human-monitor-command", timeout_s=_ANSWER_S, **{"command-line": "info usernet"}
    )
    return match_forwards(publications, text)


def match_forwards(publications: Tuple[Publication, ...], text: str) -> Tuple[Publication, ...]:
    """Return `publications` with the host ports that are in QEMU's table of its forwards."""
    left = [
        Publication(
            int(line["port"]), int(line["guest_port"]), line["protocol"].lower(), line["address"]
        )
        for line in _FORWARD.finditer(text)
    ]
    found = []
    for wanted in publications:
        chosen = next((one for one in left if _serves(one, wanted)), None)
        if chosen is None:
            raise MewError(
                f"QEMU's table of its forwards has none to port {wanted.guest_port}:\n{text}",
                hint="this version of QEMU is not known: report it, with that table",
            )
        left.remove(chosen)
        # The table has a name for the address of all zeros.
        found.append(replace(wanted, host_port=chosen.host_port))
    return tuple(found)


def _serves(forward: Publication, wanted: Publication) -> bool:
    return (
        (forward.protocol, forward.guest_port) == (wanted.protocol, wanted.guest_port)
        and wanted.host_port in (0, forward.host_port)
        and forward.host_address in (wanted.host_address, "*")
    )


def write_ports_file(path: Path, publications: Tuple[Publication, ...]) -> None:
    """Write where each published port is to be reached, as JSON for programs."""
    write_output(path, json.dumps(port_entries(publications), indent=1).encode() + b"\n")


def announcement(publication: Publication) -> str:
    """Return one line that tells a person where a published port is to be reached."""
    return (
        f"mew: {publication.host_text()} ({publication.protocol}) leads to port "
        f"{publication.guest_port} of the program"
    )
