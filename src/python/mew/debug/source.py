# SPDX-License-Identifier: Apache-2.0
"""What `mew run` adds to the report of a trap: the source lines, if the image has them."""
from pathlib import Path

from mew.debug.functions import Functions
from mew.debug.lines import Lines
from mew.debug.lines import has_lines
from mew.debug.symbolize import source_lines
from mew.errors import MewError
from mew.files import read_input
from mew.link import elf


def source_of_report(image: Path, report: str) -> str:
    """Return text that belongs behind `report`, which `image` made; "" when there is no more.

    A report has told the most already: that its source lines cannot be read is no error.
    """
    content = read_input(image)
    if not has_lines(content):
        return ""
    try:
        functions = Functions(elf.Image(content, str(image)).symbols())
        return source_lines(report, functions, Lines(content))
    except MewError as error:
        return f"  source: not known: {error.message}\n  fix: {error.hint}\n"
