# SPDX-License-Identifier: Apache-2.0
"""Options of commands that make kernels, and what they describe."""
from __future__ import annotations

import argparse
import sys

from mew.kernels import defaults


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
