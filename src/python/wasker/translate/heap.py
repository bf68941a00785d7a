# SPDX-License-Identifier: Apache-2.0
"""Objects of the program's own: how exceptions, structs and arrays are allocated and told apart.

Objects come from a memory of their own that only grows: nothing is ever freed. A reference below
`any` is null, an object's address, an i31 (bit 0 set, the value above it), or a host's external
value (the two low bits are 10). An object begins with the address of its type's description:

    { i64 kind, i64 depth, ptr ancestors[depth + 1] }

whose symbol holds the type's digest, so that equal types of several objects files are one.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

from mew_abi import layout
from mew_abi import traps

from wasker.translate.entities import MEMORY_STRUCT
from wasker.translate.names import reference
from wasker.wasm.module import StructType

if TYPE_CHECKING:
    from wasker.translate.context import ModuleTranslator

ALLOCATOR = "heap.new"
_HEAP = "heap"
_GROWTH_PAGES = 16
_KIND_STRUCT = 1
_KIND_ARRAY = 2


def _new_helper(module: "ModuleTranslator", name: str) -> str:
    """Helper (bytes) -> zeroed space; sizes are rounded up to keep every object aligned."""
    memory = f'@"{_HEAP}"'
    return f"""\
@"{_HEAP}.top" = internal global i64 0
{memory} = internal global {MEMORY_STRUCT} {{ ptr null, i64 0, \
i64 {layout.MAX_MEMORY_PAGES}, i64 {layout.LINEAR_MEMORY_WINDOW} }}
define {module.own_linkage} ptr @"{name}"(i64 %size) #0 noinline {{
entry:
%none = load ptr, ptr {memory}
%first = icmp eq ptr %none, null
br i1 %first, label %create, label %allocate
create:
%status = call i32 {module.runtime("memory_create")}(ptr {memory})
%failed = icmp ne i32 %status, 0
br i1 %failed, label %full, label %allocate
allocate:
%top = load i64, ptr @"{_HEAP}.top"
%padded = add i64 %size, 15
%rounded = and i64 %padded, -16
%end = add i64 %top, %rounded
%pages = load i64, ptr getelementptr (i8, ptr {memory}, i64 8)
%bytes = shl i64 %pages, 16
%fits = icmp ule i64 %end, %bytes
br i1 %fits, label %done, label %grow
grow:
%missing = sub i64 %end, %bytes
%wanted = lshr i64 %missing, 16
%delta = add i64 %wanted, {_GROWTH_PAGES}
%old = call i64 {module.runtime("memory_grow")}(ptr {memory}, i64 %delta)
%refused = icmp eq i64 %old, -1
br i1 %refused, label %full, label %done
done:
store i64 %end, ptr @"{_HEAP}.top"
%base = load ptr, ptr {memory}
%place = getelementptr i8, ptr %base, i64 %top
ret ptr %place
full:
call void @llvm.ubsantrap(i8 {traps.ALLOCATION_FAILURE})
unreachable
}}"""


def type_symbol(module: "ModuleTranslator", index: int) -> str:
    """The description of a struct or array type, as a bare operand; defined on first use."""
    canonical = module.source.canonical_types[index]
    symbol = reference(f"mew.type.{module.type_digest(canonical)}")
    if symbol not in module.declarations:
        module.declarations[symbol] = ""
        chain = _ancestors(module, canonical)
        above = [type_symbol(module, ancestor) for ancestor in chain[:-1]] + [symbol]
        is_struct = isinstance(module.source.types[canonical], StructType)
        kind = _KIND_STRUCT if is_struct else _KIND_ARRAY
        listed = ", ".join(f"ptr {ancestor}" for ancestor in above)
        array = f"[{len(above)} x ptr]"
        module.declarations[symbol] = (
            f"{symbol} = weak dso_local constant {{ i64, i64, {array} }} "
            f"{{ i64 {kind}, i64 {len(chain) - 1}, {array} [{listed}] }}"
        )
    return symbol


def _ancestors(module: "ModuleTranslator", index: int) -> list[int]:
    """The declared supertypes from the root down to the type itself."""
    chain = [index]
    while module.source.subtypes[chain[0]].supertypes:
        chain.insert(0, module.source.subtypes[chain[0]].supertypes[0])
    return chain


_OBJECT_TEST = """\
define internal i1 @"{name}"(ptr %a) #1 {{
entry:
%bits = ptrtoint ptr %a to i64
%tag = and i64 %bits, 3
%plain = icmp eq i64 %tag, 0
%null = icmp eq ptr %a, null
%not_null = xor i1 %null, true
%object = and i1 %plain, %not_null
br i1 %object, label %look, label %no
look:
%type = load ptr, ptr %a
{test}
no:
ret i1 0
}}"""


def _test_helper(module: "ModuleTranslator", name: str, index: int) -> str:
    """Helper (any reference) -> whether it is an object of the type or of a subtype."""
    depth = len(_ancestors(module, module.source.canonical_types[index])) - 1
    test = f"""\
%depth_place = getelementptr i8, ptr %type, i64 8
%depth = load i64, ptr %depth_place, !invariant.load !0
%deep = icmp uge i64 %depth, {depth}
br i1 %deep, label %compare, label %no
compare:
%place = getelementptr i8, ptr %type, i64 {16 + 8 * depth}
%ancestor = load ptr, ptr %place, !invariant.load !0
%same = icmp eq ptr %ancestor, {type_symbol(module, index)}
ret i1 %same"""
    return _OBJECT_TEST.format(name=name, test=test)


def _kind_helper(kind: int):
    def helper(module: "ModuleTranslator", name: str) -> str:
        """Helper (any reference) -> whether it is an object of this kind."""
        test = f"%kind = load i64, ptr %type\n%same = icmp eq i64 %kind, {kind}\nret i1 %same"
        return _OBJECT_TEST.format(name=name, test=test)

    return helper


HELPERS = {
    ALLOCATOR: _new_helper,
    "ref.test": _test_helper,
    "ref.test.struct": _kind_helper(_KIND_STRUCT),
    "ref.test.array": _kind_helper(_KIND_ARRAY),
}
