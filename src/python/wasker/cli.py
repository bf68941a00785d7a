# SPDX-License-Identifier: Apache-2.0
"""Command line of the compiler: `compile`, `split` and `codegen`, `check`, `inspect`, `binary`.

Exit codes: 0 done, 1 the input is at fault (one diagnostic on standard error), 2 wrong usage,
70 a bug of the compiler.
"""
from __future__ import annotations

import argparse
import json
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Optional
from typing import Sequence

from mew_abi import wasi

from wasker import api
from wasker import options as choices
from wasker.errors import Diagnostic
from wasker.options import Options

EXIT_INPUT = 1
EXIT_BUG = 70

# What --dump writes, and the end of the file's name.
_STAGES = {
    "module": "module.txt",
    "functions": "functions.txt",
    "ir": "ll",
    "opt-ir": "opt.ll",
    "asm": "s",
}
_MANIFEST = "manifest.json"


def _dumps(text: str) -> tuple[tuple[str, ...], Path]:
    stages, separator, directory = text.partition(":")
    names = tuple(stages.split(","))
    for name in names:
        if name not in _STAGES:
            raise argparse.ArgumentTypeError(f"unknown stage {name!r}; one of {', '.join(_STAGES)}")
    if not separator or not directory:
        raise argparse.ArgumentTypeError("expected STAGES:DIRECTORY")
    return names, Path(directory)


def _import_name(text: str) -> tuple[str, str]:
    module, separator, name = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"expected MODULE=NAME, not {text!r}")
    return module, name


def _features(text: str) -> tuple[str, ...]:
    wanted = tuple(part for part in text.split(",") if part)
    for name in wanted:
        if name not in wasi.FEATURES:
            known = ", ".join(wasi.FEATURES)
            raise argparse.ArgumentTypeError(f"unknown WASI feature {name!r}; one of {known}")
    return wanted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wasker", description="WebAssembly to object files.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("compile", help="compile a module to an ELF object")
    build.add_argument("input", type=Path, help="a .wasm file, or text in a .wat file")
    build.add_argument("-o", "--output", type=Path, required=True, help="object file to write")
    _add_module_options(build)
    _add_code_options(build)
    build.add_argument(
        "--debug-lines", action="store_true", help="source lines of a module built with -g"
    )
    build.add_argument(
        "--dump", type=_dumps, metavar="STAGES:DIRECTORY", help=f"write {', '.join(_STAGES)}"
    )
    build.add_argument("--time-passes", action="store_true", help="seconds of each stage")
    split = commands.add_parser("split", help="cut a module into codegen units")
    split.add_argument("input", type=Path, help="a .wasm file, or text in a .wat file")
    split.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR",
        help=f"where to write the units, and {_MANIFEST} with their names in link order",
    )  # fmt: skip
    split.add_argument(
        "--unit-bytes", type=int, default=api.CutRule.minimum_bytes, metavar="N",
        help="least code of a unit (default: %(default)s)",
    )  # fmt: skip
    _add_module_options(split)
    codegen = commands.add_parser("codegen", help="compile codegen units to objects")
    codegen.add_argument("inputs", type=Path, nargs="+", metavar="UNIT", help="files of `split`")
    codegen.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="where to write UNIT.o"
    )
    _add_code_options(codegen)
    check = commands.add_parser("check", help="validate a program and its imports only")
    check.add_argument("input", type=Path, help="a .wasm file, or text in a .wat file")
    for command in (build, split, check):
        command.add_argument(
            "--wasi", type=_features, default=None, metavar="FEATURES",
            help=f"allow only these imports: {','.join(wasi.FEATURES)}; default: any import",
        )  # fmt: skip
    show = commands.add_parser("inspect", help="imports and exports as JSON")
    show.add_argument("input", type=Path)
    binary = commands.add_parser("binary", help="the binary of a module that may be text")
    binary.add_argument("input", type=Path, help="a .wasm file, or text in a .wat file")
    binary.add_argument("-o", "--output", type=Path, required=True, help=".wasm file to write")
    for command in (build, split, codegen, check, show, binary):
        command.add_argument("--debug", action="store_true", help="traceback of compiler bugs")
    return parser


def _add_module_options(command: argparse.ArgumentParser) -> None:
    """What decides how a module's parts refer to each other and to other programs."""
    command.add_argument(
        "--module-name", default=Options.module_name, help="prefix of the exports' symbols"
    )
    command.add_argument(
        "--memory", choices=choices.MEMORY_MODES, default=Options.memory,
        help="direct: memory 0 is the linker's symbol; indirect: the system chooses its address",
    )  # fmt: skip
    command.add_argument(
        "--entry", choices=choices.ENTRIES, default=Options.entry,
        help="command: needs an export `_start`; none: a library",
    )  # fmt: skip
    command.add_argument(
        "--import", dest="imports", type=_import_name, action="append", default=[],
        metavar="MODULE=NAME", help="symbol prefix of an imported module",
    )  # fmt: skip


def _add_code_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cpu", choices=list(choices.CPU_LEVELS), default=Options.cpu)
    command.add_argument(
        "--opt", type=int, choices=choices.OPTIMISATION_LEVELS, default=Options.optimisation
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot read the file: {reason}"
        raise Diagnostic("E067", message, hint="Check the path.") from None


def _read(path: Path) -> bytes:
    content = _content(path)
    return api.binary_of(content, is_text=path.suffix == ".wat")


def _write(path: Path, content: bytes) -> None:
    """Write by way of a temporary name, so that a failure leaves no half-made file."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Diagnostic(
            "E068", f"cannot write {path}: {reason}", hint="Choose another output path."
        ) from None


def _module_options(arguments: argparse.Namespace) -> Options:
    return Options(
        module_name=arguments.module_name,
        memory=arguments.memory,
        entry=arguments.entry,
        import_names=dict(arguments.imports),
        wasi=arguments.wasi,
    )


def _split(arguments: argparse.Namespace) -> None:
    data = _read(arguments.input)
    rule = api.CutRule.of_size(arguments.unit_bytes)
    units = api.split_program(data, _module_options(arguments), rule)
    for unit in units:
        _write(arguments.output / unit.file_name, unit.content)
    listed = [{"file": unit.file_name, "functions": unit.functions} for unit in units]
    manifest = json.dumps({"units": listed}, indent=1) + "\n"
    _write(arguments.output / _MANIFEST, manifest.encode())


def _codegen(arguments: argparse.Namespace) -> None:
    for path in arguments.inputs:
        arguments.input = path  # What a diagnostic names.
        compiled = api.compile_unit(_content(path), arguments.cpu, arguments.opt)
        _write(arguments.output / f"{path.stem}.o", compiled.object_bytes)
        _tell(arguments, compiled.note)


def _tell(arguments: argparse.Namespace, note: str) -> None:
    if note:
        print(f"note: {arguments.input}: {note}", file=sys.stderr)


def _compile(arguments: argparse.Namespace) -> None:
    options = replace(
        _module_options(arguments),
        cpu=arguments.cpu,
        optimisation=arguments.opt,
        debug_lines=arguments.debug_lines,
    )
    data = _read(arguments.input)
    result = api.compile_module(data, options, keep_texts=arguments.dump is not None)
    if arguments.dump is not None:
        stages, directory = arguments.dump
        texts = api.texts_of(data, result)
        for stage in stages:
            target = directory / f"{arguments.output.stem}.{_STAGES[stage]}"
            _write(target, texts[stage].encode())
    _write(arguments.output, result.object_bytes)
    _tell(arguments, result.note)
    if arguments.time_passes:
        for stage, seconds in result.seconds.items():
            print(f"{stage:20} {seconds:8.3f} s", file=sys.stderr)


def _check(arguments: argparse.Namespace) -> None:
    api.check_module(_read(arguments.input), Options(wasi=arguments.wasi))


def _inspect(arguments: argparse.Namespace) -> None:
    print(json.dumps(api.inspect_module(_read(arguments.input)), indent=2))


def _binary(arguments: argparse.Namespace) -> None:
    _write(arguments.output, _read(arguments.input))


_COMMANDS = {
    "compile": _compile,
    "split": _split,
    "codegen": _codegen,
    "check": _check,
    "inspect": _inspect,
    "binary": _binary,
}


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command and return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        _COMMANDS[arguments.command](arguments)
    except Diagnostic as error:
        print(error.render(str(arguments.input)), file=sys.stderr)
        return EXIT_INPUT
    except Exception as error:  # a bug: say so in one line, whatever it is
        if arguments.debug:
            traceback.print_exc()
        summary = str(error).partition("\n")[0]
        print(
            f"bug in wasker: {type(error).__name__}: {summary} (input {arguments.input}); "
            "run again with --debug and report the traceback with the input file",
            file=sys.stderr,
        )
        return EXIT_BUG
    return 0
