# SPDX-License-Identifier: Apache-2.0
"""The closed catalogue of diagnostics: what each code means and how to get rid of it.

`docs/reference/errors.md` is written from this table (`python -m wasker.errors_page`), and
`tests/wasker` triggers every code. A message of the program carries the value that it saw; the
text here is what is true of all messages with that code. Codes are never reused.
"""
from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One code: a title, what went wrong in general, and the fix that `hint` defaults to."""

    title: str
    explanation: str
    fix: str


CATALOGUE: dict[str, Entry] = {
    # What kind of file is this?
    "E001": Entry(
        "Empty file",
        "The input has no bytes at all; most often a build step failed before this one.",
        "Build the program again and check that its linker wrote a file.",
    ),
    "E002": Entry(
        "Text where a binary was expected",
        "The file is WebAssembly text (it starts like `(module`), but its name says binary.",
        "Rename the file to end in .wat.",
    ),
    "E003": Entry(
        "Not a WebAssembly file",
        "A WebAssembly binary starts with the four bytes 00 61 73 6d.",
        "Pass the .wasm file that your compiler made (for example with --target wasm32-wasi).",
    ),
    "E004": Entry(
        "A component, not a core module",
        "The file uses the component model's container (layer 1); mew compiles core modules.",
        "Build for wasm32-wasip1 (not wasip2), or extract the core module from the component.",
    ),
    "E005": Entry(
        "Unknown binary version",
        "Only version 1 of the core binary format exists today.",
        "Build the program with a current toolchain.",
    ),
    "E006": Entry(
        "File or section ends too early",
        "The bytes stop in the middle of something; the file was probably cut while copying.",
        "Copy or build the file again; compare its size with the original.",
    ),
    # The binary format (specification, section 5).
    "E010": Entry(
        "Malformed integer",
        "A LEB128 integer is longer or larger than its type allows.",
        "The tool that wrote the file has a bug, or the file is damaged; build it again.",
    ),
    "E011": Entry(
        "Section out of place",
        "Sections have a fixed order, known numbers, and appear once.",
        "The tool that wrote the file has a bug, or the file is damaged; build it again.",
    ),
    "E012": Entry(
        "Size mismatch",
        "A section or function body is longer or shorter than its declared size.",
        "The tool that wrote the file has a bug, or the file is damaged; build it again.",
    ),
    "E013": Entry(
        "Malformed type",
        "The bytes are no value, reference, function, table, memory or global type.",
        "The tool that wrote the file has a bug, or uses a proposal newer than WebAssembly 3.0.",
    ),
    "E014": Entry(
        "Name is not UTF-8",
        "Names of imports, exports and custom sections must be UTF-8.",
        "Rename the import or export, or build the file again.",
    ),
    "E015": Entry(
        "Counts do not agree",
        "The function and code sections, or the data count and data sections, differ in length.",
        "The tool that wrote the file has a bug, or the file is damaged; build it again.",
    ),
    "E016": Entry(
        "Unknown instruction",
        "The byte is no instruction of WebAssembly 3.0 or of a proposal that mew knows.",
        "Build with a released toolchain, without experimental feature flags.",
    ),
    "E017": Entry(
        "Malformed kind or flags",
        "A byte that selects between forms (import kind, segment flags, ...) has no meaning.",
        "The tool that wrote the file has a bug, or uses a proposal newer than WebAssembly 3.0.",
    ),
    "E018": Entry(
        "Too large",
        "The module exceeds a limit: of the specification or of this compiler.",
        "Split the function or module.",
    ),
    "E019": Entry(
        "Malformed instruction",
        "An instruction's operand bytes are not allowed, or a body lacks its final `end`.",
        "The tool that wrote the file has a bug, or the file is damaged; build it again.",
    ),
    "E020": Entry(
        "Proposal not enabled",
        "The module uses a WebAssembly proposal that this compiler does not compile.",
        "Build the program without that feature (for clang: -mno-<feature>).",
    ),
    # Validation (specification, section 3).
    "E030": Entry(
        "Type mismatch",
        "An instruction finds values of other types, or too few or too many, on the stack.",
        "The compiler that made the file has a bug; if hand-written, fix the operands there.",
    ),
    "E031": Entry(
        "Unknown index",
        "The module names a type, function, table, memory, global, local, label, tag or segment "
        "that does not exist.",
        "The compiler that made the file has a bug; if hand-written, fix the index.",
    ),
    "E032": Entry(
        "Alignment too large",
        "A memory access may not promise more than its natural alignment.",
        "Lower the alignment to at most the size of the access.",
    ),
    "E033": Entry(
        "Not mutable",
        "A global, field or array that was declared constant is written.",
        "Declare it mutable, or do not write it.",
    ),
    "E034": Entry(
        "Constant expression required",
        "Initial values and segment offsets may use constant instructions only.",
        "Compute the value in a start function instead.",
    ),
    "E035": Entry(
        "Bad limits",
        "A memory or table's minimum exceeds its maximum, or either exceeds what addresses reach.",
        "Correct the limits (memory: 65536 pages of 64 KiB).",
    ),
    "E036": Entry(
        "Bad start function",
        "The start function takes no parameters and returns nothing.",
        "Name a function of type () -> () in the start section.",
    ),
    "E037": Entry(
        "Duplicate export",
        "Each export name may appear once.",
        "Rename one of the exports.",
    ),
    "E038": Entry(
        "Undeclared function reference",
        "`ref.func` may name only functions that an element segment, a global or an export names.",
        "Add `(elem declare func ...)` for the function.",
    ),
    "E039": Entry(
        "Invalid operand",
        "A number inside an instruction is out of range, such as a lane index.",
        "The compiler that made the file has a bug; if hand-written, fix the number.",
    ),
    "E040": Entry(
        "Data count section required",
        "`memory.init` and `data.drop` need the data count section, to be checked in one pass.",
        "Build with a toolchain that writes the data count section (bulk memory).",
    ),
    "E041": Entry(
        "Uninitialised local",
        "A local of non-nullable reference type is read before it is written.",
        "Write the local first on every path, or make its type nullable.",
    ),
    "E042": Entry(
        "Invalid type definition",
        "A type's declared supertype is final, comes later, or does not match.",
        "Fix the `sub` declaration.",
    ),
    # Text input.
    "E050": Entry(
        "Text parser not installed",
        "Text files are turned into binaries by the Python package `wasmtime`.",
        "Install the package `wasmtime`, or pass a binary .wasm file.",
    ),
    "E051": Entry(
        "Syntax error in text",
        "The file is not well-formed WebAssembly text.",
        "Correct the text at the line and column given.",
    ),
    "E052": Entry(
        "Binary where text was expected",
        "The file is a WebAssembly binary, but its name says text.",
        "Rename the file to end in .wasm.",
    ),
    # From a valid module to an object.
    "E060": Entry(
        "No entry",
        "A program needs an exported function `_start` without parameters and results.",
        "Build a command (a program with `main`); for a library pass --entry none.",
    ),
    "E061": Entry(
        "Module name taken",
        "The name of the module, or of one that it imports from, has another meaning here.",
        "Choose another --module-name, or map the import with --import.",
    ),
    "E062": Entry(
        "Unknown import",
        "The import is from a module that no system provides.",
        "Link the definition into the program, or build it for wasm32-wasip1.",
    ),
    "E063": Entry(
        "Not in WASI preview1",
        "The import names WASI preview1, which has no such function, nor has WasmEdge's socket "
        "extension.",
        "Build the program for wasm32-wasip1 with a current toolchain.",
    ),
    "E064": Entry(
        "WASI function of another type",
        "The import's parameters or results are not those of WASI preview1, nor, of a socket "
        "function, those of WasmEdge.",
        "Declare the import with the type of WASI preview1 or WasmEdge.",
    ),
    "E065": Entry(
        "WASI feature not declared",
        "The program imports a function outside of the feature sets that its target declares.",
        "Add the feature to the target's field `wasi`, or do not use the function.",
    ),
    "E066": Entry(
        "Two types with one hash",
        "Indirect calls compare 32-bit hashes of types, and two types of the module share one.",
        "Add an unused parameter to one of the two types.",
    ),
    "E067": Entry("Cannot read", "The input file cannot be read.", "Check the path."),
    "E068": Entry(
        "Cannot write", "The output file cannot be written.", "Choose another output path."
    ),
    "E069": Entry(
        "Debug line reader not installed",
        "Source lines of a module are read by the Python package `pyelftools`.",
        "Install the package `pyelftools`, or compile without --debug-lines.",
    ),
    # Linking modules with each other (specification, section 4.5.4).
    "E070": Entry(
        "Unknown import",
        "The module imports a name that no module linked with it exports.",
        "Export the name from the module that the import names, or correct the import.",
    ),
    "E071": Entry(
        "Incompatible import",
        "The import's kind or type differs from that of the export with its name.",
        "Give import and export the same type; limits of an export must be within the import's.",
    ),
    # Codegen units (docs/explain/codegen-units.md).
    "E072": Entry(
        "Not a codegen unit",
        "The file was not written by `wasker split` of this version of the compiler.",
        "Split the module again.",
    ),
}
