# SPDX-License-Identifier: Apache-2.0
"""Makes a program's text smaller while it still shows a fault.

The text is read as nested lists. Tried in turn, largest first: emptying a function, leaving a
list out, replacing it by one of its own parts, and by a constant. Whether a variant is a valid
program is for the caller's predicate to say, so nothing here knows types.
"""
from __future__ import annotations

import re
from typing import Callable
from typing import Iterator
from typing import Union

Tree = Union[str, list]

_TOKEN = re.compile(r'"[^"]*"|[()]|[^\s()"]+')
_CONSTANTS = (
    ["i32.const", "0"], ["i64.const", "0"], ["f32.const", "0"], ["f64.const", "0"],
    ["v128.const", "i64x2", "0", "0"],
)  # fmt: skip


def parse(text: str) -> list:
    """The text as nested lists of words."""
    stack: list[list] = [[]]
    for token in _TOKEN.findall(text):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    return stack[0][0]


def _flat(tree: Tree) -> str:
    return tree if isinstance(tree, str) else "(" + " ".join(map(_flat, tree)) + ")"


def show(tree: Tree, indent: int = 0) -> str:
    """The tree as text, with a line for each part of what does not fit into one."""
    flat = _flat(tree)
    if isinstance(tree, str) or len(flat) < 80:
        return flat
    lines = "\n".join("  " * (indent + 1) + show(part, indent + 1) for part in tree[1:])
    return f"({_flat(tree[0])}\n{lines})"


def _places(tree: list) -> list[tuple[int, tuple[int, ...]]]:
    """(size, path) of each list inside of the tree, largest first."""
    found = []

    def visit(part: Tree, path: tuple[int, ...]) -> int:
        if isinstance(part, str):
            return 1
        size = 1 + sum(visit(inner, (*path, at)) for at, inner in enumerate(part))
        if path:
            found.append((size, path))
        return size

    visit(tree, ())
    return sorted(found, reverse=True)


def _at(tree: Tree, path: tuple[int, ...]) -> Tree:
    for position in path:
        tree = tree[position]
    return tree


def _with(tree: Tree, path: tuple[int, ...], parts: list) -> list:
    """A copy in which the list at `path` is replaced by several parts, or none."""
    assert isinstance(tree, list)
    head, *rest = path
    inner = [_with(tree[head], tuple(rest), parts)] if rest else parts
    return [*tree[:head], *inner, *tree[head + 1 :]]


def _is_header(part: Tree) -> bool:
    return isinstance(part, str) or part[0] in ("export", "param", "result")


def _variants(tree: list, path: tuple[int, ...]) -> Iterator[list]:
    chosen = _at(tree, path)
    assert isinstance(chosen, list)
    if chosen[0] == "func" and "unreachable" not in chosen:
        yield _with(tree, path, [[part for part in chosen if _is_header(part)] + ["unreachable"]])
    yield _with(tree, path, [])
    if list(chosen) in _CONSTANTS:
        return
    for part in chosen:
        if isinstance(part, list):
            yield _with(tree, path, [part])
    for constant in _CONSTANTS:
        yield _with(tree, path, [constant])


def reduced(text: str, still_fails: Callable[[str], bool], attempts: int) -> str:
    """The smallest text found within a number of calls of the predicate."""
    tree = parse(text)
    position = 0
    while attempts > 0:
        places = _places(tree)
        if position >= len(places):
            break
        for variant in _variants(tree, places[position][1]):
            attempts -= 1
            if still_fails(_flat(variant)):
                tree = variant
                break
            if attempts <= 0:
                break
        else:
            position += 1
    return show(tree)
