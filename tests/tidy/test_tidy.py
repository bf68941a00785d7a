# SPDX-License-Identifier: Apache-2.0
"""The house rules of this repository, as tests. `rules.py` beside this file holds the numbers."""
from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator

import pytest
import rules

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_DIRECTORIES = {
    ".git", ".pants.d", ".pids", ".cache", ".pytest_cache", ".tools", "dist", "__pycache__",
}
# What Pants lays beside the tree when it runs these tests.
SANDBOX_NAMES = re.compile(
    r"__.*|\.pants.*|.*\.pex|.*_shim\.sh|extra-output|\.coveragerc|\.python-build-standalone|\.tmp"
)
TEXT_SUFFIXES = rules.SOURCE_SUFFIXES + (".md", ".toml", ".txt", ".ll", "")


def files(*suffixes: str, under: str = "") -> list[Path]:
    """Every file of the tree with one of the suffixes, sorted."""
    found = []
    for path in (ROOT / under).rglob("*"):
        parts = path.relative_to(ROOT).parts
        if set(parts) & SKIPPED_DIRECTORIES or SANDBOX_NAMES.fullmatch(parts[0]):
            continue
        if not path.is_file():
            continue
        if path.suffix in suffixes:
            found.append(path)
    return sorted(found)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name:line, number of lines) of each function, decorators and docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            first = body[0].lineno if body else node.lineno
            yield f"{name(path)}:{node.lineno} {node.name}", (node.end_lineno or first) - first + 2


def zig_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Same for Zig: `zig fmt` puts the closing brace at the column of the `fn` line. One that
    returns a type only declares what is in it, which is found by itself."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        match = re.match(r"^(\s*)(?:(?:pub|export|inline|noinline) )*fn (\w+|@\"[^\"]*\")", line)
        if not match or line.endswith(") type {"):
            continue
        indent = match.group(1)
        for end in range(number, len(lines)):
            if lines[end].startswith(indent + "}") or (end == number and line.endswith("}")):
                yield f"{name(path)}:{number + 1} {match.group(2)}", end - number + 1
                break


def test_the_tree_is_here() -> None:
    """Guards every other test of this file against passing on an empty sandbox."""
    assert len(files(".py", under="src/python")) > 30
    assert len(files(".zig", under="kernel")) > 15


def test_line_length() -> None:
    long = [
        f"{name(path)}:{number}"
        for path in files(*rules.SOURCE_SUFFIXES)
        if name(path) not in rules.TABLES and "/golden/" not in name(path)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > rules.LINE_LENGTH_MAX
    ]
    assert not long, f"lines over {rules.LINE_LENGTH_MAX} columns; break them: {long}"


def test_file_length() -> None:
    long = {
        name(path): count
        for path in files(*rules.SOURCE_SUFFIXES)
        if name(path) not in rules.TABLES and "/golden/" not in name(path)
        and (count := len(path.read_text().splitlines())) > rules.FILE_LINES_MAX
    }
    assert not long, f"files over {rules.FILE_LINES_MAX} lines; split by concept: {long}"


def test_function_length() -> None:
    long = {}
    for path in files(".py"):
        long.update((k, v) for k, v in python_functions(path) if v > rules.FUNCTION_LINES_MAX)
    for path in files(".zig"):
        if name(path) not in rules.TABLES:
            long.update((k, v) for k, v in zig_functions(path) if v > rules.FUNCTION_LINES_MAX)
    assert not long, f"functions over {rules.FUNCTION_LINES_MAX} lines; split them: {long}"


def test_licence_line() -> None:
    missing = [
        name(path)
        for path in files(".py", ".zig", ".S", ".ld", ".c", ".h")
        if path.read_text().strip()
        and rules.LICENCE_LINE not in "\n".join(path.read_text().splitlines()[:3])
    ]
    assert not missing, f"first lines lack {rules.LICENCE_LINE!r}: {missing}"


def module_name(path: Path) -> str:
    relative = path.relative_to(ROOT / "src/python").with_suffix("")
    return ".".join(part for part in relative.parts if part != "__init__")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted module) of each import statement, function-local ones included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def test_import_table() -> None:
    wrong = []
    ours = {package.split(".")[0] for package in rules.IMPORTS}
    for path in files(".py", under="src/python"):
        module = module_name(path)
        owner = max((p for p in rules.IMPORTS if inside(module, p)), key=len)
        for line, target in imports_of(path):
            allowed = (owner, *rules.IMPORTS[owner])
            if target.split(".")[0] in ours and not any(inside(target, p) for p in allowed):
                wrong.append(f"{name(path)}:{line} imports {target}; {owner} may use {allowed}")
            for package, users in rules.RESERVED_IMPORTS.items():
                if inside(target, package) and not any(inside(module, p) for p in users):
                    wrong.append(f"{name(path)}:{line} imports {target}; only {users} may")
    assert not wrong, "\n".join(wrong)


def test_hermetic_code_reads_only_its_inputs() -> None:
    wrong = [
        f"{name(path)}: {token}"
        for path in files(".py", under="src/python")
        if any(inside(module_name(path), package) for package in rules.HERMETIC_PACKAGES)
        for token in rules.HERMETIC_FORBIDDEN
        if re.search(r"(?<![\w.])" + re.escape(token), path.read_text())
    ]
    assert not wrong, f"host state in hermetic code: {wrong}"


def test_only_command_lines_print() -> None:
    wrong = []
    for path in files(".py", under="src/python"):
        if path.name in rules.PRINTING_MODULES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                wrong.append(f"{name(path)}:{node.lineno}")
    assert not wrong, f"print outside {rules.PRINTING_MODULES}: {wrong}"


def is_rule(node: ast.AST) -> bool:
    """A Pants rule: its decorator's `desc` and its request type say what it does."""
    return any(
        "rule" in getattr(getattr(entry, "func", entry), "id", "")
        for entry in getattr(node, "decorator_list", ())
    )


def test_public_docstrings() -> None:
    missing = []
    for path in files(".py", under="src/python"):
        tree = ast.parse(path.read_text())
        if tree.body and not ast.get_docstring(tree):
            missing.append(name(path))
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if node.name.startswith("_") or is_rule(node):
                    continue
                if not ast.get_docstring(node):
                    missing.append(f"{name(path)}:{node.lineno} {node.name}")
    assert not missing, f"public names without a docstring: {missing}"


@pytest.mark.parametrize("what", sorted(rules.FORBIDDEN_TEXT))
def test_forbidden_text(what: str) -> None:
    pattern = re.compile(rules.FORBIDDEN_TEXT[what], re.MULTILINE)
    found = [
        f"{name(path)}: {match.group(0)!r}"
        for path in files(*TEXT_SUFFIXES)
        if name(path) not in rules.FORBIDDEN_TEXT_EXEMPT
        and (match := pattern.search(path.read_text(errors="replace")))
    ]
    assert not found, f"{what}: {found}"


def test_tests_wait_for_events() -> None:
    pattern = re.compile(rules.TEST_SLEEP, re.MULTILINE)
    found = [
        name(path)
        for path in files(".py", ".sh", under="tests")
        if path.name != "rules.py" and pattern.search(path.read_text())
    ]
    assert not found, f"tests that sleep instead of waiting for an event: {found}"


@pytest.mark.parametrize(
    ("homes", "tokens"),
    [
        (rules.GUEST_ADDRESS_FILES, rules.GUEST_ADDRESS_TOKENS),
        (rules.GUEST_SIZE_FILES, rules.GUEST_SIZE_TOKENS),
        (rules.POINTER_FILES, rules.POINTER_TOKENS),
    ],
)
def test_guest_addresses_have_one_home(homes: "tuple[str, ...]", tokens: str) -> None:
    users = [
        name(path)
        for path in files(".zig", under="kernel/src")
        if name(path) not in rules.TABLES and re.search(tokens, path.read_text())
    ]
    strangers = [user for user in users if not user.startswith(homes)]
    assert not strangers, f"only {homes} may: {strangers}"
    unused = [home for home in homes if not any(user.startswith(home) for user in users)]
    assert not unused, f"take off the list, they do not need it: {unused}"


def test_documents_have_titles_and_live_links() -> None:
    wrong = []
    for path in files(".md"):
        text = path.read_text()
        if not text.startswith("# "):
            wrong.append(f"{name(path)}: no title")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not (path.parent / target).exists():
                wrong.append(f"{name(path)}: dead link {target}")
    assert not wrong, "\n".join(wrong)


def test_every_promise_has_a_test() -> None:
    """Each row of SPECIFICATION.md names a test file that exists, or says `not yet`."""
    rows = re.findall(r"^\| (S\d+) \|.*$", (ROOT / "SPECIFICATION.md").read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows)) and rows, "promise numbers must be unique"
    wrong = []
    for line in (ROOT / "SPECIFICATION.md").read_text().splitlines():
        if not line.startswith("| S"):
            continue
        tests = re.findall(r"`((?:tests|examples)/[^`]+)`", line)
        if not tests and "not yet" not in line:
            wrong.append(f"no test: {line[:60]}")
        wrong.extend(f"{t} is missing" for t in tests if not (ROOT / t.split("::")[0]).exists())
    assert not wrong, "\n".join(wrong)


def test_top_level_is_fixed() -> None:
    allowed = {
        "pants.toml", "BUILD", "pants", "README.md", "ARCHITECTURE.md", "SPECIFICATION.md",
        "LICENSE", "src", "kernel", "examples", "tests", "docs", ".ci", ".gitignore", ".git",
    }
    extra = {path.name for path in ROOT.iterdir()} - allowed - SKIPPED_DIRECTORIES
    extra = {entry for entry in extra if not SANDBOX_NAMES.fullmatch(entry)}
    assert not extra, f"not part of the fixed top level: {sorted(extra)}"
