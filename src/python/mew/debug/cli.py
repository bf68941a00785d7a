# SPDX-License-Identifier: Apache-2.0
"""`mew symbolize`: addresses, or a pasted report, with functions and source lines."""
import argparse
import sys
from pathlib import Path
from typing import Any

from mew.debug.functions import Functions
from mew.debug.lines import Lines
from mew.debug.lines import has_lines
from mew.debug.symbolize import annotate
from mew.debug.symbolize import describe
from mew.errors import MewError
from mew.files import read_input
from mew.link import elf


def add_subcommands(subcommands: "argparse._SubParsersAction[Any]") -> None:
    """Declare `symbolize`."""
    parser = subcommands.add_parser(
        "symbolize", help="say which functions and source lines addresses are",
        description="Without addresses, reads a report of a trap or panic from standard input.",
    )
    parser.add_argument("image", type=Path, help="the very image that the addresses are of")
    parser.add_argument("addresses", nargs="*", metavar="ADDRESS", help="hexadecimal")
    parser.set_defaults(handler=_symbolize)


def _symbolize(options: argparse.Namespace) -> int:
    content = read_input(options.image)
    functions = Functions(elf.Image(content, str(options.image)).symbols())
    lines = Lines(content) if has_lines(content) else None
    if not options.addresses:
        report = sys.stdin.buffer.read().decode("utf-8", "replace")
        sys.stdout.write(annotate(report, functions, lines))
        return 0
    for text in options.addresses:
        first, *places = describe(_address(text), functions, lines)
        print(first)
        for place in places:
            print(f"  {place}")
    return 0


def _address(text: str) -> int:
    try:
        address = int(text, 16)
    except ValueError:
        address = -1
    if not 0 <= address < 1 << 64:
        raise MewError(f"{text!r} is no address", hint="write it as the report does: 0x104d20")
    return address
