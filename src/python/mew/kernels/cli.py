# SPDX-License-Identifier: Apache-2.0
"""The subcommand `precompile`: kernels for modules, into the host's cache, ahead of containers."""
import argparse
import sys
from pathlib import Path
from typing import Any

from mew.files import read_input
from mew.kernels import defaults
from mew.kernels import keys
from mew.kernels.compile import Compiler
from mew.kernels.compile import ensure_kernel
from mew.kernels.store import Store


def add_subcommands(subparsers: Any) -> None:
    """Add `precompile`; it sets `handler`, a function from options to the exit code."""
    command = subparsers.add_parser(
        "precompile", help="compile modules into the cache that containers on this host start from"
    )
    command.add_argument("modules", type=Path, nargs="+", metavar="MODULE", help=".wasm files")
    add_cache_options(command)
    command.set_defaults(handler=_run)


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


def compiler_of(options: argparse.Namespace) -> Compiler:
    """Return the compiler that the options describe."""
    return Compiler(options.python, options.zig, options.cpu, keys.compiler_fingerprint())


def _run(options: argparse.Namespace) -> int:
    store = Store(options.cache, options.cache_mib_max << 20)
    compiler = compiler_of(options)
    for path in options.modules:
        entry = ensure_kernel(read_input(path), str(path), store, compiler)
        print(f"{path}: {entry}/{keys.KERNEL_NAME}")
    return 0
