# SPDX-License-Identifier: Apache-2.0
"""The compiler as functions: bytes and options in, bytes out. Reads no files and no environment."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from dataclasses import field
from time import perf_counter

from wasker.catalogue import CATALOGUE
from wasker.codegen.emit import Emitted
from wasker.codegen.emit import emit_object
from wasker.errors import Diagnostic
from wasker.options import Options
from wasker.summary import functions_text
from wasker.summary import module_text
from wasker.translate.imports import check_imports
from wasker.translate.imports import start_function
from wasker.translate.module import translate_module
from wasker.translate.module import translate_unit
from wasker.units.cut import CutRule
from wasker.units.split import NotInstructions
from wasker.units.split import split_module
from wasker.units.split import with_names
from wasker.units.store import decode
from wasker.units.store import encode
from wasker.wasm.check_declarations import check_declarations
from wasker.wasm.module import Module
from wasker.wasm.reader import read_module
from wasker.wasm.text import text_to_binary
from wasker.wasm.validate import validated_functions


@dataclass(frozen=True)
class CompileResult:
    """An object file, the stages' texts (if asked for) and how long each stage took.

    `note` says what was not optimised because of the program's size, or is "".
    """

    object_bytes: bytes
    note: str
    ir: str
    optimised_ir: str
    assembly: str
    seconds: dict[str, float] = field(compare=False)


def compile_module(
    data: bytes, options: Options = Options(), *, keep_texts: bool = False
) -> CompileResult:
    """Compile a Wasm binary to an ELF object; raises Diagnostic for whatever is wrong with it."""
    clock = [perf_counter()]
    module = read_module(data)
    functions = validated_functions(module)  # declarations now, each body when it is translated
    check_imports(module, options)
    clock.append(perf_counter())
    ir = translate_module(module, functions, options)
    clock.append(perf_counter())
    emitted = emit_object(ir, options.cpu, options.optimisation, keep_texts=keep_texts)
    clock.append(perf_counter())
    stages = ("read", "validate+translate", "llvm")
    seconds = {name: end - start for name, start, end in zip(stages, clock, clock[1:])}
    return CompileResult(
        emitted.object_bytes, emitted.note, ir, emitted.optimised_ir, emitted.assembly, seconds
    )


def texts_of(data: bytes, result: CompileResult) -> dict[str, str]:
    """What people may want to see of a compilation, made with `keep_texts`, by stage."""
    module = read_module(data)
    return {
        "module": module_text(module),
        "functions": functions_text(module, result.object_bytes),
        "ir": result.ir,
        "opt-ir": result.optimised_ir,
        "asm": result.assembly,
    }


@dataclass(frozen=True)
class UnitFile:
    """A codegen unit as `split` writes it: its name is a hash of its content."""

    content: bytes
    functions: int

    @property
    def file_name(self) -> str:
        """Name of the file, which decides nothing."""
        return hashlib.blake2b(self.content, digest_size=16).hexdigest() + ".unit"


def split_program(
    data: bytes, options: Options = Options(), rule: CutRule = CutRule()
) -> list[UnitFile]:
    """The codegen units of a Wasm binary, in link order.

    Raises Diagnostic for whatever is wrong outside of functions; what is wrong with one shows when
    its unit is compiled, or by `check_module`.
    """
    module = read_module(data)
    check_declarations(module)
    check_imports(module, options)
    start_function(module, options)
    try:
        units = split_module(module, options, rule)
    except NotInstructions:
        check_module(data, options)
        raise
    return [UnitFile(encode(unit), len(unit.linkages)) for unit in units]


def compile_unit(content: bytes, cpu: str, optimisation: int) -> Emitted:
    """Compile the content of a unit's file to an ELF object; raises what `unit_ir` raises."""
    return emit_object(unit_ir(content, cpu), cpu, optimisation)


def unit_ir(content: bytes, cpu: str = Options.cpu) -> str:
    """LLVM IR text of a unit's file.

    Raises Diagnostic: E072 for a file that is no unit, E016 to E049 for a function that does not
    validate, with an offset in the unit (`check_module` knows the one in the module).
    """
    try:
        unit = with_names(decode(content))
    except ValueError as error:
        raise Diagnostic("E072", str(error), hint=CATALOGUE["E072"].fix) from None
    options = Options(
        module_name=unit.module_name, cpu=cpu, memory=unit.memory, entry=unit.entry
    )
    return translate_unit(unit, validated_functions(unit.module), options)


def check_module(data: bytes, options: Options = Options()) -> None:
    """Raise the Diagnostic that `compile_module` would raise, and generate no code."""
    module = read_module(data)
    functions = validated_functions(module)
    check_imports(module, options)
    translate_module(module, functions, options)


def binary_of(content: bytes, is_text: bool) -> bytes:
    """The module's binary, from a binary or from text; raises Diagnostic for bad text."""
    return text_to_binary(content) if is_text else content


def inspect_module(data: bytes) -> dict:
    """Imports and exports of a module as plain values, for people and other tools."""
    module = read_module(data)
    check_declarations(module)
    return {
        "imports": [
            {
                "module": entry.module,
                "name": entry.name,
                "kind": entry.kind,
                "type": _type_value(module, entry.kind, entry.type),
            }
            for entry in module.imports
        ],
        "exports": [
            {
                "name": entry.name,
                "kind": entry.kind,
                "type": _type_value(module, entry.kind, _entity(module, entry.kind, entry.index)),
                "import": _import_of(module, entry.kind, entry.index),
            }
            for entry in module.exports
        ],
    }


def _entity(module: Module, kind: str, index: int) -> object:
    spaces = {
        "func": module.functions,
        "table": module.tables,
        "memory": module.memories,
        "global": module.globals,
        "tag": module.tags,
    }
    return spaces[kind][index]


def _import_of(module: Module, kind: str, index: int) -> object:
    """[module, name] when an export hands on an import, else None."""
    imports = module.imported(kind)
    if index >= len(imports):
        return None
    return [imports[index].module, imports[index].name]


def _type_value(module: Module, kind: str, entity: object) -> object:
    if kind == "func":
        entity = module.types[entity]  # type: ignore[index]
    return _plain(entity)


def _plain(value: object) -> object:
    """NamedTuples as dictionaries, so that JSON names the fields."""
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}  # type: ignore
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
