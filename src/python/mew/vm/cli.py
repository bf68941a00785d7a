# SPDX-License-Identifier: Apache-2.0
"""`mew run`: boots an image and becomes its program, as far as exit code and streams go."""
import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import BinaryIO
from typing import Optional
from typing import Sequence
from typing import Tuple

from mew.errors import MewError
from mew.vm.accelerator import accelerator_here
from mew.vm.devices import parse_disk
from mew.vm.devices import parse_share
from mew.vm.machine import ACCELERATORS
from mew.vm.machine import DEFAULT_LOG_LEVEL
from mew.vm.machine import MACHINES
from mew.vm.machine import Machine
from mew.vm.machine import debugger_command
from mew.vm.network import Network
from mew.vm.options import add_options
from mew.vm.options import network_of
from mew.vm.options import parse_leading
from mew.vm.ports import random_mac
from mew.vm.run import DEFAULT_QEMU
from mew.vm.run import DEFAULT_STOP_TIMEOUT_S
from mew.vm.run import RunRequest
from mew.vm.run import run
from mew.vm.stop import stop_signals
from mew_abi import preopens
from mew_abi import protocol
from mew_abi.network import Listener
from mew_abi.network import parse_listeners

# What QEMU says.
_GDB_PORT_TAKEN = "Address already in use"
_HINTS = {
    "Could not set up host forwarding rule":
        "somebody has taken that port just now: publish another one (--publish)",
    "could not configure /dev/net/tun":
        "the tap is another VM's, or not yours: ip tuntap add NAME mode tap user YOU",
}
_USAGE = "mew run [options] kernel [-- program arguments]"
_EXIT_CODES = f"""\
exit codes: the program's own (255 when it is larger, with a message), {protocol.RUNNER_EXIT_TRAP}
for a trap, {protocol.RUNNER_EXIT_PANIC} when the VM broke or could not start the program,
{protocol.RUNNER_EXIT_VMM_FAILURE} when QEMU failed or is missing, {protocol.RUNNER_EXIT_TIMEOUT}
after --timeout-s, {protocol.RUNNER_EXIT_READER_GONE} when nobody reads its output any more.
"""


def add_subcommands(subcommands: "argparse._SubParsersAction[Any]") -> None:
    """Declare `run`."""
    parser = subcommands.add_parser(
        "run", help="boot an image in QEMU", usage=_USAGE, epilog=_EXIT_CODES
    )
    parser.add_argument("kernel", type=Path, help="image made by `mew link`")
    parser.add_argument("--machine", choices=sorted(MACHINES), default="microvm")
    parser.add_argument("--memory-mib", type=int, default=128, help="RAM (default: 128)")
    parser.add_argument("--accel", choices=ACCELERATORS, default="auto", dest="accelerator")
    parser.add_argument("--cpu", default="max", help="QEMU's CPU model (default: max)")
    parser.add_argument("--timeout-s", type=float, help="stop the VM after so many seconds")
    parser.add_argument(
        "--stop-timeout-s", type=float, default=DEFAULT_STOP_TIMEOUT_S,
        help="at SIGTERM or SIGINT the program is asked to end; after so many seconds, or at the "
        f"second signal, the VM is stopped (default: {DEFAULT_STOP_TIMEOUT_S:g})",
    )
    parser.add_argument(
        "--events-fd", type=int, metavar="N",
        help="tell what happens to the VM as lines of JSON on the open descriptor N "
        "(docs/howto/network.md)",
    )
    parser.add_argument("--qemu", default=DEFAULT_QEMU, help=f"default: {DEFAULT_QEMU} on PATH")
    parser.add_argument(
        "--no-sandbox", action="store_false", dest="sandbox",
        help="for a QEMU that was built without seccomp",
    )
    add_options(parser)
    parser.add_argument(
        "--vm-options-first", action="store_true",
        help="what follows -- may begin with VM options such as --env; a second -- ends them",
    )
    parser.add_argument(
        "--default-disk", type=Path, metavar="PATH",
        help="a disk for a boot without --disk: a copy of this image, deleted afterwards",
    )
    parser.add_argument(
        "--default-publish", action="append", default=[], metavar="PORTS",
        help="what is published in a boot without --publish",
    )
    parser.add_argument(
        "--default-net", choices=("user", "none"), default="none",
        help="the network of a boot that publishes nothing and has no --net (default: none)",
    )
    parser.set_defaults(
        handler=_run, env=[], disk=[], share=[], preopen=[], log_level=DEFAULT_LOG_LEVEL, gdb=None,
        publish=[], ports_file=None, net=None, mac="", pcap="",
        ip=[], gateway=[], dns=[], hostname="", listen=[],
    )


def _listeners(texts: Sequence[str]) -> Tuple[Listener, ...]:
    try:
        return parse_listeners(texts)
    except ValueError as error:
        raise MewError(f"--listen: {error}", hint="correct the option --listen") from error


def _network(options: argparse.Namespace) -> Optional[Network]:
    network = network_of(options)
    if network is None or network.is_user or network.mac:
        return network
    # Two machines on one wire must differ; QEMU gives all the same.
    return replace(network, mac=random_mac())


def _standard_input() -> Optional[BinaryIO]:
    """Ours, or None when we were started without one."""
    return None if sys.stdin is None or sys.stdin.closed else sys.stdin.buffer


def _run(options: argparse.Namespace) -> int:
    program_arguments = options.program_arguments
    if options.vm_options_first:
        program_arguments = parse_leading(program_arguments, options)
    machine = Machine(
        machine=options.machine,
        memory_mib=options.memory_mib,
        accelerator=accelerator_here(options.accelerator),
        cpu=options.cpu,
        sandbox=options.sandbox,
        gdb_port=options.gdb,
        disks=tuple(parse_disk(text) for text in options.disk),
        shares=tuple(parse_share(text) for text in options.share),
        network=_network(options),
    )
    request = RunRequest(
        kernel=options.kernel,
        machine=machine,
        program_arguments=program_arguments,
        environment=tuple(options.env),
        preopens=preopens.parse(options.preopen),
        listeners=_listeners(options.listen),
        ports_file=options.ports_file,
        events_fd=options.events_fd,
        scratch_disk=None if options.disk else options.default_disk,
        log_level=options.log_level,
        timeout_s=options.timeout_s,
        stop_timeout_s=options.stop_timeout_s,
        qemu=options.qemu,
    )
    if options.gdb is not None:
        print(f"mew: waiting for: {debugger_command(options.kernel, options.gdb)}", file=sys.stderr)
    with stop_signals() as requests:
        outcome = run(request, sys.stdout.buffer, sys.stderr.buffer, _standard_input(), requests)
    if outcome.message:
        print(f"mew: {outcome.message}", file=sys.stderr)
    hint = outcome.hint or next(
        (hint for words, hint in _HINTS.items() if words in outcome.message), ""
    )
    if not hint and options.gdb is not None and _GDB_PORT_TAKEN in outcome.message:
        hint = f"give another port than {options.gdb}: --gdb=PORT"
    if hint:
        print(f"  fix: {hint}", file=sys.stderr)
    return outcome.exit_code
