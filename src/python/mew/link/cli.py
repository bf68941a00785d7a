# SPDX-License-Identifier: Apache-2.0
"""The subcommands `build-system` and `link`."""
import argparse
from pathlib import Path
from typing import Any
from typing import Dict
from typing import Tuple

from mew.errors import MewError
from mew.link import commands
from mew.link.build import build_system
from mew.link.image import link_image
from mew_abi import layout
from mew_abi import network
from mew_abi import preopens
from mew_abi import wasi

_DEFAULT_PREOPENS = " ".join(f"{name}={kind}" for name, kind in preopens.DEFAULT.items())

# Where a checkout has them; a sandbox that lays files out otherwise passes --sources.
_SOURCES = Path(__file__).resolve().parents[4] / "kernel"


def add_subcommands(subparsers: Any) -> None:
    """Add both subcommands; each sets `handler`, a function from options to the exit code."""
    build = subparsers.add_parser(
        "build-system", help="compile the kernel or the Linux host into linkable objects"
    )
    _add_common(build)
    build.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    build.add_argument("--sources", type=Path, default=_SOURCES, metavar="DIR",
                       help="the directory `kernel` of the repository")
    build.add_argument("--features", default=",".join(wasi.DEFAULT_FEATURES), metavar="A,B",
                       help="WASI feature sets that programs may use (default: %(default)s)")
    build.set_defaults(handler=_run_build)
    link = subparsers.add_parser("link", help="link program objects with a built system")
    _add_common(link)
    link.add_argument("programs", type=Path, nargs="+", metavar="OBJECT")
    link.add_argument("-o", "--output", type=Path, required=True, metavar="IMAGE")
    link.add_argument("--objects", type=Path, required=True, metavar="DIR",
                      help="what `mew build-system` wrote")
    link.add_argument("--files", type=Path, metavar="DIR",
                      help="kernel only: the files of the image")
    link.add_argument("--preopen", action="append", metavar="NAME=KIND",
                      help="kernel only, repeatable: a directory that the program starts with; "
                      + "; ".join(f"{kind}: {text}" for kind, text in preopens.KINDS.items())
                      + f" (default: {_DEFAULT_PREOPENS})")
    link.add_argument("--no-preopens", action="store_true",
                      help="kernel only: the program starts without directories")
    link.add_argument("--listen", action="append", metavar="PROTOCOL:[ADDRESS:]PORT",
                      help="kernel only, repeatable: a socket that the program starts with, which "
                      "listens already, as in tcp:8080")
    link.add_argument("--stack-size", type=int, metavar="BYTES",
                      help="of the program's stack (default: the system's choice)")
    link.set_defaults(handler=_run_link)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--system", choices=commands.SYSTEMS, required=True)
    parser.add_argument("--zig", type=Path, required=True, metavar="PATH",
                        help="the zig 0.17.1 executable")


def _run_build(options: argparse.Namespace) -> int:
    features = [name for name in options.features.split(",") if name]
    build_system(
        options.system, zig=options.zig, sources=options.sources, output=options.output,
        features=features,
    )
    return 0


def _run_link(options: argparse.Namespace) -> int:
    kernel_only = {
        "--files": options.files,
        "--preopen": options.preopen,
        "--no-preopens": options.no_preopens,
        "--listen": options.listen,
    }
    given = [name for name, value in kernel_only.items() if value]
    if given and options.system != "kernel":
        raise MewError(
            f"{given[0]} is for the kernel, not for {options.system}",
            hint="Give a Linux program its directories with MEW_PREOPENS when it starts, its "
            "listeners with MEW_LISTEN.",
        )
    if options.stack_size is not None:
        wrong = layout.stack_size_fault(options.stack_size)
        if wrong:
            raise MewError(f"--stack-size: {wrong}", hint="Correct the option --stack-size.")
    link_image(
        options.system, zig=options.zig, objects=options.objects, programs=options.programs,
        output=options.output, files=options.files,
        preopens=_preopens(options) if options.system == "kernel" else None,
        listeners=_listeners(options),
        stack_bytes=options.stack_size,
    )
    return 0


def _listeners(options: argparse.Namespace) -> Tuple[network.Listener, ...]:
    """Those that the options give. Raises MewError for what is none."""
    try:
        return network.parse_listeners(options.listen or ())
    except ValueError as error:
        raise MewError(f"--listen: {error}", hint="Correct the option --listen.") from error


def _preopens(options: argparse.Namespace) -> Dict[str, str]:
    """The table that the options give. Raises MewError for what can be in none."""
    if options.no_preopens:
        if options.preopen:
            raise MewError("--preopen and --no-preopens", hint="Give one of them.")
        return {}
    if not options.preopen:
        return dict(preopens.DEFAULT)
    table = preopens.parse(options.preopen)
    wrong = preopens.fault(table)
    if wrong:
        raise MewError(f"--preopen: {wrong}", hint="Write NAME=KIND, as in /data=memory.")
    return table
