# SPDX-License-Identifier: Apache-2.0
"""Type hashes, which indirect calls between objects compare."""
from __future__ import annotations

from wasker.translate.types import TypeHashes
from wasker.wasm.features import WASM_3_0
from wasker.wasm.module import Module
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary


def _module(types: str) -> Module:
    return read_module(text_to_binary(f"(module {types})".encode()), WASM_3_0)


def test_equal_types_have_equal_hashes_in_every_module() -> None:
    one = _module("(type $a (func (param i32))) (type $b (func (param (ref $a))))")
    other = _module("(type (func)) (type $a (func (param i32))) (type $b (func (param (ref $a))))")
    assert TypeHashes(one).hash_of(1) == TypeHashes(other).hash_of(2)
    assert TypeHashes(one).hash_of(0) != TypeHashes(other).hash_of(0)


def test_a_long_chain_of_types() -> None:
    chain = ["(type $t0 (func))"]
    chain += [f"(type $t{n} (func (param (ref $t{n - 1}))))" for n in range(1, 3000)]
    hashes = TypeHashes(_module(" ".join(chain)))
    assert len({hashes.hash_of(index) for index in (2999, 0, 1500)}) == 3
