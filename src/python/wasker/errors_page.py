# SPDX-License-Identifier: Apache-2.0
"""Write the catalogue of diagnostics as a page: `python -m wasker.errors_page PATH`.

Only `catalogue.py` is edited by hand; `tests/wasker/test_catalogue.py` fails when the checked-in
page differs from what this module makes.
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Sequence

from wasker.catalogue import CATALOGUE

PAGE_PATH = "docs/reference/errors.md"

_HEADER = """\
# Error codes

Every fault in an input has one of these codes. A message has the form

    error[CODE]: FILE: PLACE: what was seen
      fix: what to do

where PLACE is a function's name and a byte offset, or a line and column of text. This page is
written from `src/python/wasker/catalogue.py` by `python -m wasker.errors_page`.
"""


def page() -> str:
    """Return the text of docs/reference/errors.md."""
    parts = [_HEADER]
    for code, entry in CATALOGUE.items():
        parts.append(f"\n## {code}: {entry.title}\n\n{entry.explanation}\n\nFix: {entry.fix}\n")
    return "".join(parts)


def main(arguments: Sequence[str]) -> int:
    """Write the page to the one path given, by way of a temporary name."""
    (target,) = arguments
    temporary = Path(target + ".tmp")
    temporary.write_text(page(), encoding="utf-8", newline="\n")
    temporary.replace(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
