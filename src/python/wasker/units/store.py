# SPDX-License-Identifier: Apache-2.0
"""A unit as a file: one line of JSON, then bytes that it refers to. Equal units, equal files."""
from __future__ import annotations

import dataclasses
import json
from sys import intern

from wasker.wasm import module as module_types
from wasker.wasm import unit as unit_types
from wasker.wasm.module import Module
from wasker.wasm.unit import Unit
from wasker.wasm.valuetypes import reference

FORMAT = "mew-unit-1"
# Not stored: `binary` is the bytes behind the header, the others no compiler looks at.
_OMITTED = ("binary", "names", "custom_sections")
_CLASSES = {
    name: found
    for source in (module_types, unit_types)
    for name, found in vars(source).items()
    if isinstance(found, type)
}


def encode(unit: Unit) -> bytes:
    """The unit's file. Byte offsets in constant expressions must be 0."""
    blob = bytearray(unit.module.binary)

    def plain(value: object) -> object:
        if value is None or isinstance(value, (str, int)):
            return value
        if isinstance(value, bytes):
            blob.extend(value)
            return {"bytes": [len(blob) - len(value), len(blob)]}
        if isinstance(value, frozenset):
            return {"set": sorted(value)}
        if hasattr(value, "_fields"):
            return {type(value).__name__: [plain(item) for item in value]}
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {"dict": [[key, plain(item)] for key, item in value.items()]}
        return {type(value).__name__: _fields(value, plain)}

    header = json.dumps([FORMAT, plain(unit)], ensure_ascii=True, separators=(",", ":"))
    return header.encode("ascii") + b"\n" + bytes(blob)


def _fields(value: object, plain) -> dict:
    """The fields of a dataclass that differ from their defaults."""
    found = {}
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        item = getattr(value, field.name)
        if field.name not in _OMITTED and item != field.default:
            found[field.name] = plain(item)
    return found


def decode(content: bytes) -> Unit:
    """The unit of a file that `encode` wrote; raises ValueError for any other file."""
    header, _, blob = content.partition(b"\n")

    def value(found: object) -> object:
        if isinstance(found, str):
            return intern(found)
        if isinstance(found, list):
            return tuple(value(item) for item in found)
        if not isinstance(found, dict):
            return found
        ((name, body),) = found.items()
        if name == "bytes":
            return blob[body[0] : body[1]]
        if name == "set":
            return frozenset(map(intern, body))
        if name == "dict":
            return {key: value(item) for key, item in body}
        if name == "RefType":
            return reference(*body)
        made = _CLASSES[name]
        if isinstance(body, list):
            return made(*map(value, body))
        fields = {key: value(item) for key, item in body.items()}
        return made(**fields, binary=blob) if made is Module else made(**fields)

    try:
        version, unit = json.loads(header)
        if version == FORMAT:
            return value(unit)  # type: ignore[return-value]
    except (UnicodeDecodeError, ValueError, TypeError, KeyError):
        pass
    raise ValueError("not a codegen unit of this compiler")
