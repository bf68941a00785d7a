# SPDX-License-Identifier: Apache-2.0
"""Options of commands that make kernels, and what they describe."""
from __future__ import annotations

import argparse
import sys

from mew.errors import MewError
from mew.kernels import defaults
from mew.kernels import linkfacts
from mew_abi import layout
from mew_abi import network
from mew_abi import preopens


def add_link_options(command: argparse.ArgumentParser) -> None:
    """Add what `mew link` has too, and what counts in a container."""
    command.add_argument("--stack-size", type=int, metavar="BYTES",
                         help="of the program's stack (default: the kernel's choice)")
    command.add_argument("--preopen", action="append", metavar="NAME=KIND",
                         help="repeatable: a directory that the program starts with; those of the "
                         "kind memory count, all others are the container's (default: "
                         + " ".join(f"{name}=memory" for name in linkfacts.DEFAULT["memory"]) + ")")
    command.add_argument("--no-preopens", action="store_true", help="none in memory")
    command.add_argument("--listen", action="append", default=[],
                         metavar="PROTOCOL:[ADDRESS:]PORT",
                         help="repeatable: a socket that listens already, as in tcp:8080")


def link_of(options: argparse.Namespace) -> dict:
    """Return what these options say (`mew.kernels.linkfacts`). Raises MewError for faults."""
    table = preopens.parse(options.preopen or ())
    wrong = preopens.fault(table)
    if options.stack_size is not None:
        wrong = wrong or layout.stack_size_fault(options.stack_size)
    if options.no_preopens and table:
        wrong = wrong or "--preopen and --no-preopens; give one of them"
    try:
        listeners = network.parse_listeners(options.listen)
    except ValueError as error:
        wrong = wrong or str(error)
    if wrong:
        what, _, fix = wrong.partition("; ")
        raise MewError(what, hint=fix)
    memory = [name for name, kind in table.items() if kind == linkfacts.MEMORY]
    if not table and not options.no_preopens:
        memory = linkfacts.DEFAULT["memory"]
    return {
        "stack_size": options.stack_size,
        "listeners": [listener.text() for listener in listeners],
        "memory": memory,
    }


def add_cache_options(command: argparse.ArgumentParser) -> None:
    """Add what says where kernels are kept and how they are made."""
    command.add_argument("--cache", default=defaults.CACHE, metavar="DIR",
                         help="default: %(default)s")
    command.add_argument("--cache-mib-max", type=int, default=defaults.CACHE_MIB_MAX, metavar="N",
                         help="what was not used for longest goes beyond that (%(default)s)")
    command.add_argument("--cpu", choices=defaults.CPU_LEVELS, default=defaults.CPU,
                         help="the oldest CPU that runs the kernels (default: %(default)s)")
    command.add_argument("--zig", default="", metavar="PATH",
                         help="the zig 0.17.1 executable (default: of the package ziglang)")
    command.add_argument("--python", default=sys.executable, metavar="PATH",
                         help="has llvmlite (default: %(default)s)")
