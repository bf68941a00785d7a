# SPDX-License-Identifier: Apache-2.0
"""Reports of traps and panics with the source lines of their frames. Pure."""
import re
from typing import Iterator
from typing import List
from typing import Optional
from typing import Tuple

from mew.debug.functions import Functions
from mew.debug.functions import printable
from mew.debug.lines import Lines
from mew.debug.lines import Place

# A line of a backtrace as kernel/src/trap.zig writes it, with whatever stands before it in a log.
_FRAME = re.compile(
    r"^(?P<before>.*?)#(?P<index>\d{1,3}) 0x(?P<address>[0-9a-f]{1,16})\b(?P<rest>.*)$"
)
_BACKTRACE = "backtrace:"


def describe(
    address: int, functions: Functions, lines: Optional[Lines], *, is_return: bool = False
) -> Tuple[str, ...]:
    """Return `0x... function + offset`, then a line for each source place, innermost first.

    A return address belongs to the call before it, which may be the last of its function.
    """
    lookup = address - 1 if is_return else address
    function = functions.find(lookup)
    where = f" {function.shown()} + 0x{address - function.start:x}" if function else ""
    places = lines.at(lookup) if lines is not None else ()
    return (f"0x{address:x}{where}", *(_shown(place) for place in places))


def _shown(place: Place) -> str:
    file = printable(place.file)
    line = f"at {file}:{place.line}" if place.line else f"in {file}"
    return f"{line} in {printable(place.function)}, inlined" if place.is_inlined else line


def annotate(report: str, functions: Functions, lines: Optional[Lines]) -> str:
    """Return `report` with names and source lines added to each frame of its backtraces."""
    annotated = [line for text in report.splitlines() for line in _lines(text, functions, lines)]
    return "".join(f"{line}\n" for line in annotated)


def _lines(text: str, functions: Functions, lines: Optional[Lines]) -> Iterator[str]:
    frame = _FRAME.match(text)
    if frame is None:
        yield text
        return
    index, address = int(frame["index"]), int(frame["address"], 16)
    described, *places = describe(address, functions, lines, is_return=index > 0)
    # What the report says itself is right even if it is of another image.
    yield text if frame["rest"].strip() else f"{frame['before']}#{index} {described}"
    for place in places:
        yield " " * (len(frame["before"]) + len(f"#{index} ")) + place


def source_lines(report: str, functions: Functions, lines: Lines) -> str:
    """Return the frames of the report's last backtrace that have source lines; "" without any."""
    start = report.rfind(_BACKTRACE)
    found: List[str] = []
    for text in report[start:].splitlines() if start >= 0 else ():
        frame = _FRAME.match(text)
        if frame is None:
            continue
        index, address = int(frame["index"]), int(frame["address"], 16)
        _, *places = describe(address, functions, lines, is_return=index > 0)
        found += [f"    #{index} {place}\n" for place in places]
    return "".join(["  source:\n", *found]) if found else ""
