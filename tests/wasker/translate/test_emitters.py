# SPDX-License-Identifier: Apache-2.0
"""Every instruction that a module may use has an emitter, and every emitter an instruction."""
from __future__ import annotations

from wasker.translate.emitters import EMITTERS_BY_NAME
from wasker.wasm.features import SUPPORTED
from wasker.wasm.opcodes import OPCODES


def test_every_supported_instruction_has_an_emitter() -> None:
    wanted = {row.name for row in OPCODES if not row.proposal or row.proposal in SUPPORTED}
    assert len(wanted) > 430
    missing = sorted(wanted - set(EMITTERS_BY_NAME))
    assert not missing, f"no emitter for {missing}"


def test_every_emitter_is_for_an_instruction() -> None:
    names = {row.name for row in OPCODES}
    assert not sorted(set(EMITTERS_BY_NAME) - names)
