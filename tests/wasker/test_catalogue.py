# SPDX-License-Identifier: Apache-2.0
"""Every code of the catalogue is triggered by a test, is documented, and no other code exists."""
from __future__ import annotations

import re
from pathlib import Path

import wasker
from wasker import errors_page
from wasker.catalogue import CATALOGUE

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = Path(wasker.__file__).resolve().parent
# A code as a test expects it: a quoted word of its own.
_QUOTED_CODE = re.compile(r'"(E\d{3})"')
_OWN_NAME = Path(__file__).name


def _codes_in(folder: Path, skip: tuple[str, ...]) -> dict[str, str]:
    """Each quoted code below `folder`, with one file that has it."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        if path.name not in skip:
            for code in _QUOTED_CODE.findall(path.read_text(encoding="utf-8")):
                found[code] = path.name
    return found


def test_every_code_is_expected_by_a_test() -> None:
    expected = _codes_in(REPOSITORY / "tests", skip=(_OWN_NAME,))
    missing = sorted(set(CATALOGUE) - set(expected))
    assert not missing, f"no test triggers these codes: {missing}"


def test_every_code_is_raised_somewhere_and_in_the_catalogue() -> None:
    raised = _codes_in(SOURCES, skip=("catalogue.py",))
    unknown = {code: name for code, name in raised.items() if code not in CATALOGUE}
    assert not unknown, f"codes that the catalogue lacks: {unknown}"
    unused = sorted(set(CATALOGUE) - set(raised))
    assert not unused, f"codes that nothing raises: {unused}"


def test_entries_are_complete_sentences() -> None:
    for code, entry in CATALOGUE.items():
        assert entry.title and not entry.title.endswith("."), code
        assert entry.explanation.endswith(".") and entry.fix.endswith("."), code
    assert list(CATALOGUE) == sorted(CATALOGUE)


def test_the_page_is_fresh() -> None:
    path = REPOSITORY / errors_page.PAGE_PATH
    fix = f"run: python -m wasker.errors_page {errors_page.PAGE_PATH}"
    assert path.read_text(encoding="utf-8") == errors_page.page(), fix
