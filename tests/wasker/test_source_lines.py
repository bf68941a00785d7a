# SPDX-License-Identifier: Apache-2.0
"""Source lines of a trap: behind the report of `mew run`, and by `mew symbolize`."""
from __future__ import annotations

import random
import sys
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from inlined import build_inlined  # noqa: E402
from mew.debug.lines import Lines  # noqa: E402
from pipeline import Outcome  # noqa: E402
from pipeline import System  # noqa: E402
from pipeline import expect_success  # noqa: E402
from pipeline import run_module  # noqa: E402


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lines")
    return System.build("kernel", folder).link(build_inlined(folder), "app", "--debug-lines")


@pytest.fixture(scope="module")
def trapped(image: Path) -> Outcome:
    outcome = run_module("mew", "run", image, "--timeout-s", 120)
    assert outcome.exit_code == 134, outcome
    return outcome


def test_a_report_has_the_lines_with_what_was_inlined(trapped: Outcome) -> None:
    report, source = trapped.stderr.split("  source:\n")
    assert "trap: unreachable\n  in wasm function 'start'\n" in report
    assert source.splitlines() == [
        "    #0 at /source/main.c:5 in caller, inlined",
        "    #0 at /source/main.c:10",
    ]


def test_a_pasted_report(image: Path, trapped: Outcome) -> None:
    report = trapped.stderr.partition("  source:\n")[0]
    done = expect_success(run_module("mew", "symbolize", image, stdin=report.encode()))
    lines = done.stdout.splitlines()
    frame = next(index for index, line in enumerate(lines) if "#0 0x" in line)
    assert lines[frame].endswith("wasm function 'start' + " + lines[frame].rsplit(" ", 1)[1])
    assert lines[frame + 1 : frame + 3] == [
        "       at /source/main.c:5 in caller, inlined",
        "       at /source/main.c:10",
    ]
    assert "#1 0x" in lines[frame + 3] and "'mew_start'" in lines[frame + 3]
    # An address alone, and one that is none.
    address = lines[frame].split()[1]
    alone = expect_success(run_module("mew", "symbolize", image, address))
    assert alone.stdout.splitlines()[1] == "  at /source/main.c:5 in caller, inlined"
    refused = run_module("mew", "symbolize", image, "main")
    assert refused.exit_code == 1 and "'main' is no address" in refused.stderr


def test_damaged_lines_are_missing_lines(image: Path) -> None:
    content = image.read_bytes()
    reader = ELFFile(BytesIO(content))
    sections = [one for one in reader.iter_sections() if one.name.startswith(".debug_")]
    address = next(
        symbol["st_value"]
        for symbol in reader.get_section_by_name(".symtab").iter_symbols()
        if symbol.name == "wasm:start"
    )
    assert Lines(content).at(address) and Lines(content).at(0) == ()
    generator = random.Random(5)
    counts = set()
    for _ in range(300):
        damaged = bytearray(content)
        for section in generator.choices(sections, k=3):
            place = section["sh_offset"] + generator.randrange(section["sh_size"])
            damaged[place] = generator.choice([0, 1, 5, 127, 128, 255])
        counts.add(len(Lines(bytes(damaged)).at(address)))
    assert 0 in counts and len(counts) > 1


def test_without_the_reader_the_report_says_so(
    image: Path, trapped: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mew.debug.source import source_of_report

    monkeypatch.setitem(sys.modules, "elftools.common.exceptions", None)
    said = source_of_report(image, trapped.stderr)
    assert "`pyelftools`" in said and "fix: install it" in said
