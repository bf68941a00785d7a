# SPDX-License-Identifier: Apache-2.0
"""Golden tests: each `.wat` beside this file ends with the LLVM IR that it must become.

`UPDATE=1 pytest tests/wasker/golden` rewrites the expected part of every file; review the diff.
A line `;; options: name=value ...` sets compiler options (default: entry=none). What is the same
in every module (types, attributes, metadata) is left out.
"""
from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from wasker.options import Options
from wasker.translate.module import translate_module
from wasker.wasm.code import decode_body
from wasker.wasm.features import SUPPORTED
from wasker.wasm.opcodes import OPCODES
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary
from wasker.wasm.validate import validated_functions

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.wat"))
MARK = ";; expected:\n"
_FRAME = re.compile(r'source_filename|%mew|attributes #|!\d+ = |@"mew.linear_memory" = ')


def options_of(source: str) -> Options:
    options = Options(entry="none", module_name="m")
    match = re.search(r"^;; options: (.*)$", source, re.MULTILINE)
    for pair in match[1].split() if match else ():
        name, _, value = pair.partition("=")
        options = replace(options, **{name: value})
    return options


def translated(source: str) -> str:
    module = read_module(text_to_binary(source.encode()))
    ir = translate_module(module, validated_functions(module), options_of(source))
    lines = [line for line in ir.splitlines() if line and not _FRAME.match(line)]
    return "".join(f";; {line}\n" for line in lines)


def test_every_instruction_has_a_golden() -> None:
    seen = set()
    for path in FILES:
        module = read_module(text_to_binary(path.read_bytes()))
        for body in module.code:
            seen.update(opcode for opcode, _, _ in decode_body(module, body))
    compiled = [row for row in OPCODES if not row.proposal or row.proposal in SUPPORTED]
    missing = [f"{row.name} ({row.family})" for row in compiled if row.code not in seen]
    assert not missing, f"add to a .wat of this folder: {', '.join(missing)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translation(path: Path) -> None:
    source, _, expected = path.read_text().partition(MARK)
    found = translated(source)
    if os.environ.get("UPDATE"):
        path.write_text(source + MARK + found)
    else:
        assert expected == found, f"{path.name} translates differently; UPDATE=1 accepts it"
