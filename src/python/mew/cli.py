# SPDX-License-Identifier: Apache-2.0
"""The `mew` command: hands its arguments to the subcommand that they name."""
import argparse
import importlib
import sys
from typing import Dict
from typing import Sequence

from mew.errors import MewError

# Subcommand -> module whose `add_subcommands` declares it. Imported only when asked for: starting
# a VM should not wait for what linking needs.
_MODULES: Dict[str, str] = {
    "run": "mew.vm.cli",
    "link": "mew.link.cli",
    "build-system": "mew.link.cli",
    "disk": "mew.disk.cli",
    "image": "mew.image.cli",
    "precompile": "mew.kernels.cli",
    "symbolize": "mew.debug.cli",
}


def main(arguments: Sequence[str]) -> int:
    """Run one subcommand and return the exit code; a fault of the user's is shown, not raised.

    What follows the first `--` is for the program that runs, whatever it looks like.
    """
    separator = arguments.index("--") if "--" in arguments else len(arguments)
    program_arguments = tuple(arguments[separator + 1 :])
    parser = argparse.ArgumentParser(prog="mew", description="Link and run unikernels.")
    subcommands = parser.add_subparsers(dest="subcommand", required=True)
    wanted = [_MODULES[name] for name in arguments[:1] if name in _MODULES]
    for module_name in wanted or sorted(set(_MODULES.values())):
        importlib.import_module(module_name).add_subcommands(subcommands)
    options = parser.parse_args(arguments[:separator])
    options.program_arguments = program_arguments
    try:
        return int(options.handler(options))
    except MewError as error:
        print(error.render(), file=sys.stderr)
        return error.exit_code
