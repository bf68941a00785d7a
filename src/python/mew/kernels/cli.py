# SPDX-License-Identifier: Apache-2.0
"""The subcommand `precompile`: kernels for modules, into the host's cache, ahead of containers."""
import argparse
from pathlib import Path
from typing import Any

from mew.errors import MewError
from mew.files import read_input
from mew.kernels.compile import ensure
from mew.kernels.compile import ensure_systems
from mew.kernels.options import add_cache_options
from mew.kernels.options import add_link_options
from mew.kernels.options import link_of


def add_subcommands(subparsers: Any) -> None:
    """Add `precompile`; it sets `handler`, a function from options to the exit code."""
    command = subparsers.add_parser(
        "precompile", help="compile modules into the cache that containers on this host start from"
    )
    command.add_argument("modules", type=Path, nargs="*", metavar="MODULE", help=".wasm files")
    command.add_argument("--systems", action="store_true",
                         help="the kernel's own parts, for whatever modules come")
    add_link_options(command)
    add_cache_options(command)
    command.set_defaults(handler=_run)


def _run(options: argparse.Namespace) -> int:
    if not options.modules and not options.systems:
        raise MewError("nothing to compile", hint="Name modules, or give --systems.")
    if options.systems:
        for entry in ensure_systems(options):
            print(entry)
    for path in options.modules:
        made = ensure(options, read_input(path), str(path), link_of(options))
        print(f"{path}: {made.path}")
    return 0
