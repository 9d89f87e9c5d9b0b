"""Whether data keeps to a JSON Schema: a quick yes, or a perhaps that a full validator explains.

Files are nearly always right, and a validator that can say what is wrong takes ten times as long,
most of it to be imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeGuard

Schema = Mapping[str, Any]

SILENT = {"$schema", "$defs", "title", "description"}
"""Keywords that say nothing about data."""


def fits(data: Any, schema: Schema, root: Schema) -> bool:
    """Whether JSON `data` surely keeps to `schema`, a part of `root`.

    Knows the keywords of JSON Schema 2020-12 that the schemas here use. With any other one it can't
    tell, and says False.
    """
    for keyword, rule in schema.items():
        if keyword in SILENT:
            continue
        keeps = _RULES.get(keyword)
        if keeps is None or not keeps(data, rule, schema, root):
            return False
    return True


def _refers(data: Any, rule: str, schema: Schema, root: Schema) -> bool:
    found = root
    for part in rule.removeprefix("#/").split("/"):
        found = found[part]
    return fits(data, found, root)


def _properties(data: Any, rule: Schema, schema: Schema, root: Schema) -> bool:
    return not _is_object(data) or all(
        fits(data[name], inner, root) for name, inner in rule.items() if name in data
    )


def _others(data: Any, rule: Any, schema: Schema, root: Schema) -> bool:
    """`additionalProperties`: what is not among `properties`."""
    if not _is_object(data):
        return True
    named = schema.get("properties", {})
    others = [value for name, value in data.items() if name not in named]
    return not others if rule is False else all(fits(value, rule, root) for value in others)


def _names(data: Any, rule: Schema, schema: Schema, root: Schema) -> bool:
    return not _is_object(data) or all(fits(name, rule, root) for name in data)


def _items(data: Any, rule: Schema, schema: Schema, root: Schema) -> bool:
    return not _is_list(data) or all(fits(value, rule, root) for value in data)


def _any_of(data: Any, rule: list[Schema], schema: Schema, root: Schema) -> bool:
    return any(fits(data, inner, root) for inner in rule)


def _required(data: Any, rule: list[str], schema: Schema, root: Schema) -> bool:
    return not _is_object(data) or all(name in data for name in rule)


def _type(data: Any, rule: str, schema: Schema, root: Schema) -> bool:
    if isinstance(data, bool):
        return rule == "boolean"
    return isinstance(data, _TYPES.get(rule, ()))


def _pattern(data: Any, rule: str, schema: Schema, root: Schema) -> bool:
    return not isinstance(data, str) or _compiled(rule).search(data) is not None


def _enum(data: Any, rule: list[str], schema: Schema, root: Schema) -> bool:
    return isinstance(data, str) and data in rule


def _const(data: Any, rule: int, schema: Schema, root: Schema) -> bool:
    return type(data) is type(rule) and data == rule


def _minimum(data: Any, rule: float, schema: Schema, root: Schema) -> bool:
    return not isinstance(data, int | float) or data >= rule


def _shortest(data: Any, rule: int, schema: Schema, root: Schema) -> bool:
    return not isinstance(data, str) or len(data) >= rule


def _is_object(data: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(data, dict)


def _is_list(data: Any) -> TypeGuard[list[Any]]:
    return isinstance(data, list)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}
_RULES: Mapping[str, Callable[[Any, Any, Schema, Schema], bool]] = {
    "$ref": _refers,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _others,
    "propertyNames": _names,
    "items": _items,
    "anyOf": _any_of,
    "required": _required,
    "pattern": _pattern,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "minLength": _shortest,
}
