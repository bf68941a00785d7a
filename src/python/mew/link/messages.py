# SPDX-License-Identifier: Apache-2.0
"""What the linker says, in terms of modules, imports and build targets. Pure."""
import re
from typing import List
from typing import NamedTuple
from typing import Tuple

from mew.errors import MewError
from mew_abi import symbols
from mew_abi import wasi

_UNDEFINED = re.compile(r"^ld\.lld: error: undefined symbol: (.+)$")
_DUPLICATE = re.compile(r"^ld\.lld: error: duplicate symbol: (.+)$")
_REFERRER = re.compile(r"^>>>\s+(?:referenced by )?(\S+):\((.*)\)$")


class _Missing(NamedTuple):
    symbol: str
    referrers: Tuple[str, ...]


def explain_link_failure(stderr: str) -> MewError:
    """Return the error that a person should see for a failed link; `stderr` is the linker's."""
    missing = _missing_symbols(stderr)
    if not missing:
        return _other_failure(stderr)
    parts = [_explain_missing(entry) for entry in missing]
    hints = list(dict.fromkeys(hint for _, hint in parts))
    return MewError("\n  ".join(message for message, _ in parts), hint="\n       ".join(hints))


def _missing_symbols(stderr: str) -> List[_Missing]:
    found: List[_Missing] = []
    for line in stderr.splitlines():
        undefined = _UNDEFINED.match(line)
        referrer = _REFERRER.match(line)
        if undefined:
            found.append(_Missing(undefined.group(1), ()))
        elif referrer and found:
            last = found[-1]
            found[-1] = last._replace(referrers=(*last.referrers, referrer.group(2)))
    return sorted(found)


def _explain_missing(entry: _Missing) -> Tuple[str, str]:
    """(what is missing, how to fix it)."""
    caller = f" (used by {_readable(entry.referrers[0])})" if entry.referrers else ""
    module, _, name = entry.symbol.partition(".")
    if entry.symbol == symbols.ENTRY:
        return (
            "no object is a program: none has the entry point that an export `_start` makes",
            "Link the object of a command module, one that exports a function `_start`.",
        )
    if module == wasi.MODULE and name in wasi.SYSTEM_FUNCTIONS:
        feature = wasi.SYSTEM_FUNCTIONS[name].feature
        return (
            f"the program imports {entry.symbol}{caller}; this system was built without the "
            f'feature set "{feature}"',
            f'Add "{feature}" to the feature sets of the target (field `wasi=`, or option '
            "`--features` of build-system).",
        )
    if module == wasi.MODULE:
        return (
            f"the program imports {entry.symbol}{caller}, which WASI preview1 does not have",
            "Compile the program for wasm32-wasip1 (preview1).",
        )
    if name:
        return (
            f"nothing defines the import {module!r} {name!r}{caller}",
            f"Link an object compiled with --module-name {module} that exports {name!r}.",
        )
    return (
        f"nothing defines the symbol {entry.symbol}{caller}",
        "Link the object that defines it; docs/reference/abi.md lists what the system gives.",
    )


def _other_failure(stderr: str) -> MewError:
    for line in stderr.splitlines():
        duplicate = _DUPLICATE.match(line)
        if duplicate:
            return MewError(
                f"{_readable(duplicate.group(1))} is defined by more than one object",
                hint="Give each module a name of its own with --module-name.",
            )
    return MewError(
        f"the linker refused the objects:\n{stderr.strip()}",
        hint="Compile the program and build the system again with matching versions.",
    )


def _readable(place: str) -> str:
    """Name a function the way its author does; `place` is `section+offset` or a symbol."""
    text = re.sub(r"^(\.text\.)?(.*?)(\+0x[0-9a-f]+)?$", r"\2", place)
    if text.startswith(symbols.FUNCTION_PREFIX):
        return f"wasm function '{text[len(symbols.FUNCTION_PREFIX):]}'"
    return text
