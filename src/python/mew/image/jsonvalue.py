# SPDX-License-Identifier: Apache-2.0
"""JSON that others wrote: what has not the type that it has to have is an error with its place."""
from __future__ import annotations

import json
from typing import Any
from typing import Dict
from typing import List

from mew.errors import MewError

_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a number"}


class JsonObject:
    """An object of a JSON text; `where` names it in errors, and `hint` says what to do then."""

    def __init__(self, value: Any, where: str, hint: str) -> None:
        self._value = _checked(value, dict, where, hint)
        self._where = where
        self._hint = hint

    @staticmethod
    def parse(content: bytes, where: str, hint: str) -> JsonObject:
        """Return the object that `content` is. Raises MewError when it is none."""
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise MewError(f"{where}: not JSON: {error}", hint=hint) from error
        return JsonObject(value, where, hint)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without `default` it has to be there."""
        return self._member(name, str, default)

    def number(self, name: str) -> int:
        """Return a whole number."""
        return self._member(name, int, None)

    def object(self, name: str) -> JsonObject:
        """Return an object inside; one that is missing is empty."""
        return JsonObject(self._member(name, dict, {}), f"{self._where}: {name}", self._hint)

    def objects(self, name: str) -> List[JsonObject]:
        """Return the objects of a list."""
        where = f"{self._where}: {name}"
        return [
            JsonObject(value, f"{where}[{index}]", self._hint)
            for index, value in enumerate(self._member(name, list, None))
        ]

    def texts(self, name: str) -> List[str]:
        """Return the texts of a list; one that is missing is empty."""
        where = f"{self._where}: {name}"
        values = self._member(name, list, [])
        return [_checked(value, str, where, self._hint) for value in values]

    def names(self, name: str) -> List[str]:
        """Return the names of what an object inside holds; one that is missing is empty."""
        return sorted(self._member(name, dict, {}))

    def text_table(self, name: str) -> Dict[str, str]:
        """Return an object of texts; one that is missing is empty."""
        where = f"{self._where}: {name}"
        values = self._member(name, dict, {})
        return {key: _checked(value, str, where, self._hint) for key, value in values.items()}

    def _member(self, name: str, kind: type, default: Any) -> Any:
        value = self._value.get(name)
        if value is None:
            value = default
        return _checked(value, kind, f"{self._where}: {name}", self._hint)


def _checked(value: Any, kind: type, where: str, hint: str) -> Any:
    # bool is a kind of int, so the types themselves are compared.
    if type(value) is not kind:
        seen = "missing" if value is None else repr(value)
        raise MewError(f"{where} is {seen[:80]}, not {_NAMES[kind]}", hint=hint)
    return value
