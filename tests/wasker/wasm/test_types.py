# SPDX-License-Identifier: Apache-2.0
"""Equal types get equal indices, and subtyping follows the declarations."""
from __future__ import annotations

import pytest
from wasker.errors import Diagnostic
from wasker.wasm.features import WASM_3_0
from wasker.wasm.module import EXTERNREF
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import FuncType
from wasker.wasm.module import Module
from wasker.wasm.module import RefType
from wasker.wasm.reader import read_module
from wasker.wasm.subtyping import matches
from wasker.wasm.text import text_to_binary
from wasker.wasm.validate import validate_module


def _types(text: str) -> Module:
    return read_module(text_to_binary(f"(module {text})".encode()), WASM_3_0)


def test_equal_groups_share_indices() -> None:
    module = _types(
        "(rec (type $a (struct (field (ref null $b)))) (type $b (func (param (ref $a)))))"
        "(rec (type $c (struct (field (ref null $d)))) (type $d (func (param (ref $c)))))"
        "(type $e (func (param (ref $c))))"
        "(type $f (func (param (ref $a))))"
    )
    assert module.canonical_types == (0, 1, 0, 1, 4, 4)
    assert module.types[3] == module.types[1] == FuncType((RefType(False, 0),), ())


def test_the_place_in_a_group_and_finality_matter() -> None:
    module = _types(
        "(type (func)) (rec (type (func)) (type (struct))) (type (sub (func)))"
        "(rec (type (struct)) (type (func)))"
    )
    assert module.canonical_types == (0, 1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def tower() -> Module:
    """0 <- 1 <- 2 structs, 3 array, 4 func."""
    module = _types(
        "(type (sub (struct))) (type (sub 0 (struct (field i32))))"
        "(type (sub 1 (struct (field i32))))"
        "(type (array i8)) (type (func))"
    )
    validate_module(module)
    return module


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (2, 0), (2, 1), (2, "struct"), (2, "eq"), (2, "any"), (3, "array"), (3, "eq"),
        (4, "func"), ("none", 2), ("none", 3), ("none", "i31"), ("nofunc", 4), ("i31", "eq"),
        ("noextern", "extern"), ("noexn", "exn"), ("struct", "any"),
    ],
)
def test_heap_subtypes(tower: Module, lower: object, upper: object) -> None:
    assert matches(tower, RefType(False, lower), RefType(True, upper))
    assert matches(tower, RefType(False, lower), RefType(False, upper))
    assert not matches(tower, RefType(True, lower), RefType(False, upper))
    assert not matches(tower, RefType(False, upper), RefType(False, lower))


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("none", 4), ("none", "func"), ("nofunc", 2), ("func", "any"), (4, "any"), (3, "struct"),
        ("extern", "any"), ("none", "extern"), (0, 3),
    ],
)
def test_separate_hierarchies(tower: Module, lower: object, upper: object) -> None:
    assert not matches(tower, RefType(False, lower), RefType(True, upper))


def test_numbers_match_themselves_only(tower: Module) -> None:
    assert matches(tower, "i32", "i32") and not matches(tower, "i32", "i64")
    assert not matches(tower, FUNCREF, EXTERNREF) and not matches(tower, "i32", FUNCREF)


@pytest.mark.parametrize(
    "text",
    [
        "(type (struct)) (type (sub 0 (struct)))",
        "(type (sub (struct (field i32)))) (type (sub 0 (struct (field i64))))",
        "(type (sub (struct (field i32)))) (type (sub 0 (struct)))",
        "(type (sub (array i8))) (type (sub 0 (struct)))",
        "(type (sub (struct (field (mut anyref))))) (type (sub 0 (struct (field (mut eqref)))))",
        "(type (sub (func (param eqref)))) (type (sub 0 (func (param i31ref))))",
    ],
)
def test_wrong_supertypes(text: str) -> None:
    with pytest.raises(Diagnostic) as raised:
        validate_module(_types(text))
    assert raised.value.code == "E042"


def test_a_type_that_is_its_own_supertype_is_refused() -> None:
    # One group of two types, each `sub 0`: 4e 02, 50 01 00 5f 00 twice; text cannot say it.
    group = bytes.fromhex("4e02" "5001005f00" "5001005f00")
    data = b"\0asm\1\0\0\0\1" + bytes([len(group) + 1, 1]) + group
    with pytest.raises(Diagnostic) as raised:
        validate_module(read_module(data, WASM_3_0))
    assert raised.value.code == "E042"
