# SPDX-License-Identifier: Apache-2.0
"""From bytes to a Module: what a good file becomes, and what each bad one is told."""
from __future__ import annotations

import pytest
from wasker.errors import Diagnostic
from wasker.wasm import features
from wasker.wasm.features import THREADS
from wasker.wasm.features import WASM_2_0
from wasker.wasm.features import WASM_3_0
from wasker.wasm.module import FUNCREF
from wasker.wasm.module import Export
from wasker.wasm.module import FuncType
from wasker.wasm.module import GlobalType
from wasker.wasm.module import Import
from wasker.wasm.module import Limits
from wasker.wasm.module import MemoryType
from wasker.wasm.module import TableType
from wasker.wasm.reader import read_module
from wasker.wasm.sections import LOCALS_MAX
from wasker.wasm.text import text_to_binary
from wasker.wasm.typesection import VALUES_MAX
from wasker.wasm.validate import validate_module
from wasm_samples import SAMPLES_TEXT
from wasm_samples import sample

ALL = WASM_3_0 | {THREADS}
HEADER = b"\0asm\1\0\0\0"


def refusal(data: bytes, enabled: features.Features = ALL) -> Diagnostic:
    """The diagnostic that reading `data` ends with."""
    with pytest.raises(Diagnostic) as raised:
        read_module(data, enabled)
    return raised.value


def test_a_module_becomes_what_its_text_says() -> None:
    module = read_module(sample("core"))
    assert module.imports == (
        Import("host", "log", "func", 1),
        Import("host", "limit", "global", GlobalType("i32", False)),
        Import("host", "shared", "table", TableType(FUNCREF, Limits(1, 10))),
    )
    assert module.types[0] == FuncType(("i32",), ("i32",))
    assert module.tables[1] == TableType(FUNCREF, Limits(4, None))
    assert module.memories == (MemoryType(Limits(1, 4)),)
    assert module.globals[1:] == (
        GlobalType("i32", True), GlobalType("i64", False), GlobalType("f64", False),
    )
    assert len(module.globals) == len(module.global_inits) + 1
    assert module.exports == (Export("fib", "func", 2), Export("memory", "memory", 0))
    assert module.start == 1
    assert [segment.mode for segment in module.elements] == ["active", "passive", "declarative"]
    assert [(each.mode, each.content) for each in module.data] == [
        ("active", b"hello\0\xff"), ("passive", b"passive"),
    ]
    assert module.data_count == 2
    assert module.code[1].locals == ((1, "i64"), (2, "f32"))
    assert module.function_type(2) == FuncType(("i32",), ("i32",))
    assert module.names.module == "core"
    assert (module.function_name(0), module.function_name(2)) == ("log", "fib")
    assert module.names.globals[1] == "counter"


@pytest.mark.parametrize("name", sorted(SAMPLES_TEXT))
def test_every_cut_file_is_refused(name: str) -> None:
    data = sample(name)
    complete = {len(data)}
    for size in range(len(data)):
        try:
            module = read_module(data[:size], ALL)
        except Diagnostic as error:
            assert error.code in ("E001", "E006", "E015"), error.render(name)
            assert error.hint and error.message
        else:
            # Only the end of a section that nothing later depends on makes a good module.
            complete.add(size)
            assert len(module.code) == len(module.functions) - len(module.imported("func"))
    assert len(complete) < 12


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "E001", "empty"),
        (b"(module (func))", "E002", "text"),
        (b"\xef\xbb\xbf \n;; comment\n(module)", "E002", "text"),
        (b"\x7fELF\x02\x01\x01\x00", "E003", "7f 45 4c 46"),
        (b"wasm", "E003", "77 61 73 6d"),
        (b"\0asm\x0d\0\1\0", "E004", "component"),
        (b"\0asm\2\0\0\0", "E005", "2"),
        (b"\0as", "E006", "3 bytes"),
        (b"\0asm\1\0", "E006", "6 bytes"),
        (HEADER + b"\1", "E006", "end of file"),
        (HEADER + b"\1\x05\0", "E006", "5 bytes wanted, 1 left"),
        (HEADER + b"\1\xff\xff\xff\xff\xff", "E010", "too long"),
        (HEADER + b"\x0e\0", "E011", "14"),
        (HEADER + b"\3\1\0\1\1\0", "E011", "section 1"),
        (HEADER + b"\1\1\0\1\1\0", "E011", "repeated"),
        (HEADER + b"\1\2\0\0", "E012", "1 bytes follow"),
        (HEADER + b"\1\2\1\x61", "E013", "0x61"),
        (HEADER + b"\1\4\1\x60\1\x01", "E013", "0x01"),
        (HEADER + b"\0\2\1\xff", "E014", "ff"),
        (HEADER + b"\1\4\1\x60\0\0\3\2\1\0", "E015", "1 and 0"),
        (HEADER + b"\x0c\1\2", "E015", "2, 0"),
        (HEADER + b"\2\4\1\0\0\5", "E017", "import kind 0x05"),
        (HEADER + b"\7\3\1\0\5", "E017", "export kind 0x05"),
        (HEADER + b"\5\3\1\x10\0", "E017", "0x10"),
        (HEADER + b"\6\3\1\x7f\2", "E017", "mutability 0x02"),
        (HEADER + b"\x0b\2\1\3", "E017", "0x3"),
        (HEADER + b"\x09\2\1\x08", "E017", "0x8"),
        (HEADER + b"\6\5\1\x7f\0\xff\x0b", "E016", "0xff"),
    ],
)
def test_bad_files(data: bytes, code: str, says: str) -> None:
    error = refusal(data)
    assert error.code == code and says in error.message, error.render("file")
    assert error.hint


def test_faults_name_section_and_offset() -> None:
    assert refusal(HEADER + b"\2\4\1\0\0\5").where == "section 'imports' at byte 0xd"


def test_a_list_longer_than_its_section_is_refused_before_it_is_read() -> None:
    assert refusal(HEADER + b"\1\5\xff\xff\xff\xff\x0f").code == "E006"


def _with_locals(count: int) -> bytes:
    return text_to_binary(f"(module (func (local {'i32 ' * count})))".encode())


def test_locals_have_a_limit() -> None:
    assert read_module(_with_locals(LOCALS_MAX)).code[0].locals == ((LOCALS_MAX, "i32"),)
    error = refusal(_with_locals(LOCALS_MAX + 1))
    assert error.code == "E018" and str(LOCALS_MAX + 1) in error.message


def test_parameters_have_a_limit() -> None:
    text = b"(module (type (func (param %s))))"
    validate_module(read_module(text_to_binary(text % (b"i32 " * VALUES_MAX))))
    assert refusal(text_to_binary(text % (b"i32 " * (VALUES_MAX + 1)))).code == "E018"


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("(memory 1 1 shared)", features.THREADS),
        ("(memory i64 1)", features.MEMORY64),
        ("(memory 1 (pagesize 1))", features.CUSTOM_PAGE_SIZES),
        ("(tag)", features.EXCEPTION_HANDLING),
        ("(import \"\" \"\" (tag))", features.EXCEPTION_HANDLING),
        ("(type (struct))", features.GC),
        ("(rec (type (func)))", features.GC),
        ("(type (sub (func)))", features.GC),
        ("(global anyref (ref.null any))", features.GC),
        ("(table 1 (ref func) (ref.func 0)) (func)", features.FUNCTION_REFERENCES),
        ("(type (func)) (func (param (ref null 0)))", features.FUNCTION_REFERENCES),
        ("(type (func)) (table 1 (ref null 0))", features.FUNCTION_REFERENCES),
        ("(func (param exnref))", features.EXCEPTION_HANDLING),
        ("(memory 1) (memory 1)", features.MULTI_MEMORY),
        ("(global i32 (i32.add (i32.const 1) (i32.const 2)))", features.EXTENDED_CONST),
    ],
)
def test_proposals_are_refused_by_name(text: str, proposal: str) -> None:
    with pytest.raises(Diagnostic) as raised:
        validate_module(read_module(text_to_binary(f"(module {text})".encode()), WASM_2_0))
    assert raised.value.code == "E020" and repr(proposal) in raised.value.message
    assert raised.value.hint.startswith(("Build", "Link"))


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("(memory 1 1 shared)", features.THREADS),
        ("(memory 1) (func (i32.atomic.load (i32.const 0)) drop)", features.THREADS),
        ("(memory 1 (pagesize 1))", features.CUSTOM_PAGE_SIZES),
        ("(func (i64.mul_wide_s (i64.const 0) (i64.const 0)) drop drop)", features.WIDE_ARITHMETIC),
        ("(memory 1) (func (memory.discard (i32.const 0) (i32.const 0)))", features.MEMORY_CONTROL),
        ("(type (func)) (type (cont 0))", features.STACK_SWITCHING),
        ("(func (param contref))", features.STACK_SWITCHING),
        ("(tag) (func (suspend 0))", features.STACK_SWITCHING),
        ("(type (shared (func)))", features.SHARED_EVERYTHING),
        ("(func (param (ref null (shared any))))", features.SHARED_EVERYTHING),
        ("(rec (type (descriptor 1) (struct)) (type (describes 0) (struct)))",
         features.CUSTOM_DESCRIPTORS),
        ("(type (func)) (func (param (ref null (exact 0))))", features.CUSTOM_DESCRIPTORS),
        ('(import "a" (item "b" (func)) (item "c" (func)))', features.COMPACT_IMPORTS),
    ],
)
def test_proposals_that_are_not_compiled(text: str, proposal: str) -> None:
    with pytest.raises(Diagnostic) as raised:
        validate_module(read_module(text_to_binary(f"(module {text})".encode())))
    assert raised.value.code == "E020" and repr(proposal) in raised.value.message
    assert raised.value.hint.startswith(("Build", "Link"))


# A body with the blocks and branches that each instruction needs, as clang's legacy form has them.
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("try", "06 40 19 0b 0b"),
        ("catch", "02 40 07 00 0b 0b"),
        ("rethrow", "02 40 09 00 0b 0b"),
        ("delegate", "02 40 18 00 0b 0b"),
        ("catch_all", "02 40 19 0b 0b"),
    ],
)
def test_legacy_exceptions_are_refused_by_name(name: str, body: str) -> None:
    code = b"\0" + bytes.fromhex(body)
    section = b"\1" + bytes([len(code)]) + code
    data = HEADER + b"\1\4\1\x60\0\0" + b"\3\2\1\0" + b"\x0a" + bytes([len(section)]) + section
    with pytest.raises(Diagnostic) as raised:
        validate_module(read_module(data))
    assert raised.value.code == "E020"
    assert repr(name) in raised.value.message
    assert repr(features.LEGACY_EXCEPTIONS) in raised.value.message
    assert "-fno-exceptions" in raised.value.hint


def test_components_are_refused_by_name() -> None:
    with pytest.raises(Diagnostic) as raised:
        read_module(text_to_binary(b"(component)"))
    assert raised.value.code == "E004" and "component" in raised.value.message


def _custom(name: bytes, content: bytes) -> bytes:
    payload = bytes([len(name)]) + name + content
    return b"\0" + bytes([len(payload)]) + payload


def test_custom_sections_are_kept_as_places() -> None:
    data = HEADER + _custom(b"producers", b"\1\2\3")
    ((name, start, end),) = read_module(data).custom_sections
    assert (name, data[start:end]) == ("producers", b"\1\2\3")


@pytest.mark.parametrize(
    ("content", "module_name"),
    [
        (b"\0\2\1m", "m"),
        (b"\0\2\1m\1\x7f\0", "m"),
        (b"\0\2\1m\1\2\1\0", "m"),
        (b"\0\2\1\xff", ""),
        (b"\0\x80", ""),
        (b"\x05\1\0\0\2\1m", "m"),
    ],
)
def test_a_damaged_name_section_costs_names_only(content: bytes, module_name: str) -> None:
    module = read_module(HEADER + _custom(b"name", content))
    assert module.names.module == module_name and module.names.functions == {}
