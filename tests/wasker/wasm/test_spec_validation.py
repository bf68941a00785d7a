# SPDX-License-Identifier: Apache-2.0
"""Every binary module of the official suites is accepted or refused as the suite says."""
from __future__ import annotations

from collections import Counter

import pytest
from corpus import archive
from corpus import load
from wasker.errors import Diagnostic
from wasker.wasm.features import WASM_2_0
from wasker.wasm.features import WASM_3_0
from wasker.wasm.features import Features
from wasker.wasm.reader import read_module
from wasker.wasm.validate import validate_module

_REFUSED = ("assert_malformed", "assert_invalid")
# Only a fault of the kind that the suite names counts: (text of the suite, codes).
_EXPECTED_CODES = {
    "type mismatch": {"E030"},
    "alignment must not be larger than natural": {"E032"},
    "constant expression required": {"E034"},
    "duplicate export name": {"E037"},
    "undeclared function reference": {"E038"},
    "invalid lane index": {"E039"},
    "uninitialized local": {"E041"},
    "start function": {"E036"},
    "size minimum must not be greater than maximum": {"E035"},
    "malformed UTF-8 encoding": {"E014"},
    "data count section required": {"E040"},
    "function and code section have inconsistent lengths": {"E015"},
    "unexpected content after last section": {"E011"},
}


def _verdict(data: bytes, features: Features) -> str:
    """The code of the refusal, or "" for a valid module."""
    try:
        validate_module(read_module(data, features))
    except Diagnostic as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("suite", "features", "counts"),
    [
        ("2.0", WASM_2_0, {"assert_malformed": 719, "assert_invalid": 2146}),
        ("3.0", WASM_3_0, {"assert_malformed": 711, "assert_invalid": 2703}),
    ],
)
def test_official_suite(suite: str, features: Features, counts: dict[str, int]) -> None:
    path = archive(suite)
    if path is None:
        pytest.skip("the official suite's archive is missing; set MEW_CORPORA")
    seen: Counter = Counter()
    wrong = []
    for script in load(path):
        for command in script.commands:
            if not command.get("filename", "").endswith(".wasm"):
                continue
            code = _verdict(script.files[command["filename"]], features)
            seen[command["type"]] += 1
            expected = _EXPECTED_CODES.get(command.get("text", ""))
            refused = command["type"] in _REFUSED
            if bool(code) != refused or (expected and code not in expected):
                wrong.append(f"{script.name}:{command['line']} {code!r} {command}")
    assert not wrong, "\n".join(wrong)
    assert {kind: seen[kind] for kind in counts} == counts
    assert seen["module"] > 1500
