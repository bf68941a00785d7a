# SPDX-License-Identifier: Apache-2.0
"""The small programs that run inside sandboxes."""
from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mew_plugin import argv
from mew_plugin.scripts import expect
from mew_plugin.scripts import native
from mew_plugin.scripts import precompile
from mew_plugin.scripts import unpack


def expected(**changes: object) -> dict:
    values = {"stdout": "out\n", "stderr_contains": [], "exit_code": 0, **changes}
    return dict(argv.expectations(**values))


@pytest.mark.parametrize(
    "expectations, run, words",
    [
        (expected(), (0, "out\n", "noise"), []),
        (expected(stdout=None), (0, "anything", ""), []),
        (expected(), (3, "out\n", ""), ["exit code 3, expected 0"]),
        (expected(exit_code=134), (0, "out\n", ""), ["exit code 0, expected 134"]),
        (expected(), (0, "out", ""), ["-out\n", "standard output differs"]),
        (expected(), (0, "", ""), ["standard output differs"]),
        (expected(stderr_contains=["trap"]), (0, "out\n", "error"), ["'trap'"]),
    ],
)
def test_mismatches(expectations: dict, run: tuple, words: list) -> None:
    found = expect.mismatches(expectations, *run)
    assert bool(found) == bool(words)
    for word in words:
        assert word in "\n".join(found)


@pytest.mark.parametrize("code, result, failures", [(7, 0, "0"), (8, 1, "1")])
def test_expect_runs_reports_and_judges(
    tmp_path: Path, capsys: pytest.CaptureFixture, code: int, result: int, failures: str
) -> None:
    expectations = tmp_path / "expectations.json"
    expectations.write_text(json.dumps(expected(exit_code=7)))
    report = tmp_path / "report.xml"
    program = f"import sys; print('out'); print('words', file=sys.stderr); sys.exit({code})"
    command = [str(expectations), str(report), "app:test", sys.executable, "-c", program]
    assert expect.main(command) == result
    captured = capsys.readouterr()
    assert captured.out == "out\n" and captured.err.startswith("words\n")
    suite = ElementTree.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", failures)


def test_unpack_is_deterministic_and_keeps_programs_executable(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels/tool.whl", "w") as wheel:
        program = zipfile.ZipInfo("tool/program")
        program.external_attr = 0o755 << 16
        wheel.writestr(program, "run")
        wheel.writestr("tool/data.txt", "data")
        wheel.writestr("tool/tests/big.txt", "not wanted")
        wheel.writestr("tool-1.dist-info/RECORD", "not wanted")
    tree = tmp_path / "tree"
    unpack.main([str(tmp_path / "wheels"), str(tree), "tool/tests/*", "*.dist-info/*"])
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert files == {"tool/program", "tool/data.txt"}
    assert (tree / "tool/program").stat().st_mode & 0o777 == 0o755
    assert (tree / "tool/data.txt").stat().st_mode & 0o777 == 0o644


def section(number: int, body: bytes) -> bytes:
    assert len(body) < 0x80
    return bytes([number, len(body)]) + body


def custom(name: bytes, content: bytes) -> bytes:
    return section(0, bytes([len(name)]) + name + content)


def test_debug_sections_go_and_names_stay() -> None:
    header = b"\0asm\1\0\0\0"
    types, names = section(1, b"\0"), custom(b"name", b"\1\2")
    module = header + types + custom(b".debug_info", b"/tmp/x") + names + custom(b"producers", b"")
    assert native.rewrite_debug_sections(module, lambda _: None) == header + types + names
    kept = native.rewrite_debug_sections(module, lambda content: content.replace(b"tmp", b"///"))
    assert kept == header + types + custom(b".debug_info", b"/////x") + names


def test_folders_of_this_machine_become_slashes() -> None:
    content = (
        b"\0/tmp/sandbox-1/app/main.c\0/tmp/sandbox-12\0"
        b"/cache/a/ziglang/lib/std/mem.zig\0/cache/a/ziglang/lib\0./a.c"
    )
    assert native.blank_folders(content, "/tmp/sandbox-1") == (
        b"\0///////////////app/main.c\0/tmp/sandbox-12\0"
        b"/////////ziglang/lib/std/mem.zig\0/////////ziglang/lib\0./a.c"
    )
    split = b"\0/tmp/root\0/tmp\0/tmp/x\0inputs/ziglang/lib/c.h\0"
    assert native.blank_folders(split, "/tmp/root/sandbox-1") == (
        b"\0/////////\0////\0/tmp/x\0///////ziglang/lib/c.h\0"
    )


def test_byte_code_is_used_and_depends_on_the_sources_alone(tmp_path: Path) -> None:
    source = "NAMES = {'b', 'a', 'c'}\n\ndef f(x):\n    return x in {'q', 'r', 's', 't'}\n"
    made = []
    for name in ("one", "two"):
        tree = tmp_path / name / "tree"
        (tree / "package").mkdir(parents=True)
        (tree / "package/module.py").write_text(source)
        command = [sys.executable, precompile.__file__, "tree", "output"]
        environment = {"PYTHONHASHSEED": "0", "HOME": str(tmp_path / name)}
        subprocess.run(command, cwd=tree.parent, env=environment, check=True)
        (found,) = (tree.parent / "output").rglob("*.pyc")
        made.append(found.read_bytes())
    assert made[0] == made[1] and str(tmp_path).encode() not in made[0]
    cached = tree / found.relative_to(tree.parent / "output")
    cached.parent.mkdir()
    cached.write_bytes(made[0])
    # What is imported is the byte code: the source is another one by now.
    (tree / "package/module.py").write_text("NAMES = 'changed'\n")
    command = [sys.executable, "-B", "-c", "import package.module as m; print(m.NAMES, m.f('q'))"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True)
    assert "'a'" in done.stdout and done.stdout.endswith(" True\n")
