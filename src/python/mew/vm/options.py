# SPDX-License-Identifier: Apache-2.0
"""The VM's options that may stand before a program's arguments: one definition, two places.

`mew run` takes them among its own. `./pants run target -- ...` has one list of words for the VM
and the program; docs/decisions/0007-vm-options-before-arguments.md says how it is divided.
"""
import argparse
from pathlib import Path
from typing import Any
from typing import NoReturn
from typing import Optional
from typing import Sequence
from typing import Tuple

from mew.errors import MewError
from mew.vm.machine import LOG_LEVELS
from mew.vm.network import DEFAULT_HOST_ADDRESS
from mew.vm.network import KINDS
from mew.vm.network import Network
from mew.vm.network import parse_network
from mew.vm.network import parse_publication
from mew_abi import preopens
from mew_abi.network import Addressing

# What QEMU's -s means, and what editors that speak to it expect.
GDB_PORT_DEFAULT = 1234

SEPARATOR = "--"
# Option -> whether a value follows it as a word of its own. Each takes its value after `=` too,
# which is the only way for a value that can be left out.
_VALUE_FOLLOWS = {
    "--gdb": False,
    "--log-level": True,
    "--env": True,
    "--disk": True,
    "--share": True,
    "--preopen": True,
    "--publish": True,
    "--net": True,
    "--mac": True,
    "--pcap": True,
    "--ip": True,
    "--gateway": True,
    "--dns": True,
    "--hostname": True,
    "--listen": True,
    "--ports-file": True,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options. What is not given stays as the namespace has it, or is missing."""
    parser.add_argument(
        "--env", action="append", default=argparse.SUPPRESS, metavar="NAME=VALUE",
        help="of the program; repeatable",
    )
    parser.add_argument(
        "--disk", action="append", default=argparse.SUPPRESS, metavar="PATH[:ro]",
        help="a raw disk image for the program; repeatable",
    )
    parser.add_argument(
        "--share", action="append", default=argparse.SUPPRESS, metavar="NAME=DIR[:ro]",
        help="a directory of this host as the program's directory NAME; repeatable",
    )
    parser.add_argument(
        "--preopen", action="append", default=argparse.SUPPRESS, metavar="NAME=KIND",
        help=f"a directory of the program, in place of the image's own of that name: "
        f"{', '.join(preopens.KINDS)} or {preopens.PREOPEN_NONE}; repeatable",
    )
    _add_network_options(parser)
    parser.add_argument(
        "--log-level", choices=LOG_LEVELS, default=argparse.SUPPRESS, help="of the kernel itself"
    )
    parser.add_argument(
        "--gdb", nargs="?", type=_port, const=GDB_PORT_DEFAULT, default=argparse.SUPPRESS,
        metavar="PORT",
        help=f"wait for a debugger before the first instruction (port: {GDB_PORT_DEFAULT})",
    )


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--publish", action="append", default=argparse.SUPPRESS,
        metavar="[ADDRESS:]HOSTPORT:GUESTPORT[/udp]",
        help="a port of this host that leads to one of the program; host port 0: a free one, which "
        f"is told; ADDRESS is {DEFAULT_HOST_ADDRESS} unless it is given; repeatable",
    )
    parser.add_argument(
        "--ports-file", type=Path, default=argparse.SUPPRESS, metavar="FILE",
        help="write where the published ports are to be reached, as JSON, once they are",
    )
    parser.add_argument(
        "--net", default=argparse.SUPPRESS, metavar="|".join(KINDS),
        help="QEMU's user networking (what --publish needs), or a tap device of this host",
    )
    parser.add_argument("--mac", default=argparse.SUPPRESS, help="hardware address")
    parser.add_argument(
        "--pcap", default=argparse.SUPPRESS, metavar="FILE", help="write all packets there"
    )
    for option, metavar, what in (
        ("--ip", "A/M", "address (default on a tap: by DHCP); once for IPv4, once for IPv6"),
        ("--gateway", "A", "router; once for IPv4, once for IPv6"),
        ("--dns", "A", "name server; repeatable"),
        ("--listen", "tcp:PORT", "a socket that the program starts with, besides the image's own; "
         "repeatable"),
    ):  # fmt: skip
        parser.add_argument(
            option, action="append", default=argparse.SUPPRESS, metavar=metavar, help=what
        )
    parser.add_argument("--hostname", default=argparse.SUPPRESS, help="the machine's own name")


def network_of(options: argparse.Namespace) -> Optional[Network]:
    """Return the network that the options ask for. Raises MewError when they contradict."""
    texts = options.publish
    if not texts and options.net in (None, "user"):
        texts = options.default_publish
    kind = options.net or ("user" if texts else options.default_net)
    addressing = Addressing(
        tuple(options.ip), tuple(options.gateway), tuple(options.dns), options.hostname
    )
    if kind == "none" and (addressing != Addressing() or options.mac or options.pcap):
        raise MewError(
            "--ip, --mac or the like without a network", hint="add --net user, or --net tap=NAME"
        )
    network = Network(
        publications=tuple(parse_publication(text) for text in texts),
        mac=options.mac,
        addressing=addressing,
        pcap=options.pcap,
    )
    return parse_network(kind, network)


def split_arguments(arguments: Sequence[str]) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """Divide `arguments` into the VM's options and the program's arguments.

    The VM's are the known options at the start. The first word that is none begins the program's
    arguments; if that word is `--` it only says so and is dropped.
    """
    position = 0
    while position < len(arguments):
        word = arguments[position]
        if word == SEPARATOR:
            return tuple(arguments[:position]), tuple(arguments[position + 1 :])
        name, equals, _ = word.partition("=")
        if name not in _VALUE_FOLLOWS:
            break
        position += 2 if _VALUE_FOLLOWS[name] and not equals else 1
    return tuple(arguments[:position]), tuple(arguments[position:])


def parse_leading(arguments: Sequence[str], options: argparse.Namespace) -> Tuple[str, ...]:
    """Put the VM's options at the start of `arguments` into `options`; return the program's.

    Raises MewError for an option without its value, or with one that it cannot have.
    """
    leading, program_arguments = split_arguments(arguments)
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_options(parser)
    parser.parse_args(leading, namespace=options)
    return program_arguments


class _Parser(argparse.ArgumentParser):
    """Its errors are for someone who may have meant the program."""

    def error(self, message: str) -> NoReturn:
        raise MewError(
            f"VM option before the program's arguments: {message}",
            hint="Correct it; or, if the program is to get it, put `--` before: "
            "./pants run target -- -- --option",
        )


def _port(text: str) -> Any:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 0x1_0000:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no TCP port: write --gdb=1234, or --gdb alone"
        )
    return int(text)
