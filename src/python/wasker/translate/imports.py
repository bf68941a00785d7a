# SPDX-License-Identifier: Apache-2.0
"""What a program may import: WASI functions with their exact types, within declared features.

And what it has to export to be one.
"""
from __future__ import annotations

from typing import Optional

from mew_abi import symbols
from mew_abi import wasi

from wasker.errors import Diagnostic
from wasker.options import Options
from wasker.wasm.module import FuncType
from wasker.wasm.module import Import
from wasker.wasm.module import Module

_START_EXPORT = "_start"
_TYPE_LETTERS = {"i": "i32", "I": "i64"}


def _wasi_type(function: wasi.WasiFunction) -> FuncType:
    params = tuple(_TYPE_LETTERS[letter] for letter in function.params)
    return FuncType(params, tuple(_TYPE_LETTERS[letter] for letter in function.results))


def _type_text(function_type: FuncType) -> str:
    params = ", ".join(map(str, function_type.params))
    return f"({params}) -> ({', '.join(map(str, function_type.results))})"


def _wasi_function(module: Module, entry: Import) -> Optional[str]:
    """Key of `wasi.SYSTEM_FUNCTIONS` that a function import means: its name's, with its type."""
    found = module.types[entry.type]
    for name in wasi.imported(entry.name):
        if found == _wasi_type(wasi.SYSTEM_FUNCTIONS[name]):
            return name
    return None


def import_symbol(options: Options, module: Module, entry: Import) -> str:
    """The symbol that an import is bound to when objects are linked.

    It is that of the import's own name, unless the system has several functions of that name,
    of which the import's type chooses one (`mew_abi/wasi.py`).
    """
    name = entry.name
    if entry.module == wasi.MODULE and entry.kind == "func":
        name = _wasi_function(module, entry) or name
    return symbols.export_symbol(options.import_prefix(entry.module), name)


def _check_wasi(module: Module, entry: Import, options: Options) -> None:
    name = f"{entry.module}.{entry.name}"
    known = wasi.imported(entry.name)
    if entry.kind != "func" or not known:
        raise Diagnostic(
            "E063",
            f"the import {name!r} ({entry.kind}) is not a function of WASI preview1, nor of "
            "WasmEdge's socket extension",
            hint="Build the program for wasm32-wasip1 with a current toolchain.",
        )
    chosen = _wasi_function(module, entry)
    if chosen is None:
        types = [_type_text(_wasi_type(wasi.SYSTEM_FUNCTIONS[one])) for one in known]
        owner = "WASI preview1" if entry.name in wasi.FUNCTIONS else "WasmEdge"
        raise Diagnostic(
            "E064",
            f"the import {name!r} has type {_type_text(module.types[entry.type])}; {owner} has "
            f"{' or '.join(types)}",
            hint=f"Declare the import with the type of {owner}.",
        )
    function = wasi.SYSTEM_FUNCTIONS[chosen]
    if options.wasi is not None and function.feature not in options.wasi:
        wanted = [f for f in wasi.FEATURES if f in options.wasi or f == function.feature]
        listed = ", ".join(f'"{feature}"' for feature in wanted)
        declared = ", ".join(f'"{feature}"' for feature in options.wasi) or "none"
        raise Diagnostic(
            "E065",
            f"the import {name!r} needs the WASI feature \"{function.feature}\" "
            f"({wasi.FEATURES[function.feature]}); declared: {declared}",
            hint=f"Set wasi=[{listed}] in the BUILD target (--wasi {','.join(wanted)}), or do "
            "not use this function.",
        )


def check_imports(module: Module, options: Options) -> None:
    """Raise E061 to E065 for the first import that the program may not have."""
    if options.module_name == symbols.RESERVED_MODULE_NAME:
        raise Diagnostic(
            "E061",
            f"the module name {options.module_name!r} is reserved for the system's symbols",
            hint="Choose another --module-name.",
        )
    for entry in module.imports:
        name = f"{entry.module}.{entry.name}"
        prefix = options.import_prefix(entry.module)
        if prefix == symbols.RESERVED_MODULE_NAME:
            raise Diagnostic(
                "E061",
                f"the import {name!r} is from the module name 'mew', which is reserved for the "
                "system's symbols",
                hint="Rename the imported module, or map it with --import mew=NAME.",
            )
        if prefix == options.module_name:
            raise Diagnostic(
                "E061",
                f"the import {name!r} is from the module's own name {prefix!r}",
                hint="Choose another --module-name, or map it with --import.",
            )
        if entry.module == wasi.MODULE:
            _check_wasi(module, entry, options)
        elif options.wasi is not None:
            raise Diagnostic(
                "E062",
                f"the import {name!r} ({entry.kind}) is from a module that no system provides",
                hint=f"Programs can import from {wasi.MODULE!r} only; link the definition into "
                "the program, or build it for wasm32-wasip1.",
            )


def start_function(module: Module, options: Options) -> Optional[int]:
    """Index of the export `_start`, or None for a library; raises E060 when a command has none."""
    if options.entry == "none":
        return None
    functions = [export.name for export in module.exports if export.kind == "func"]
    for export in module.exports:
        if export.kind == "func" and export.name == _START_EXPORT:
            if module.function_type(export.index) != FuncType((), ()):
                raise Diagnostic(
                    "E060",
                    "the export '_start' takes parameters or returns values",
                    hint="Export a function without parameters and results as '_start'.",
                )
            return export.index
    listed = ", ".join(repr(name) for name in functions) or "none"
    raise Diagnostic(
        "E060",
        f"no function is exported as '_start'; exported functions: {listed}",
        hint="Build a command (a program with `main`) or export a function as '_start'; "
        "for a library pass --entry none.",
    )
