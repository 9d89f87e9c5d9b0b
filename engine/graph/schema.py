"""The schema of workflow files, and what a file breaks of it in words."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any

from engine.graph.errors import WorkflowError
from engine.graph.json_text import Json


def validate(data: Json, name: str) -> None:
    """Raise WorkflowError, placed at the node, for the first thing that the schema does not allow.

    `name` is what errors call the file.
    """
    errors: Iterable[Any] = _validator().iter_errors(data)
    first = min(errors, key=lambda error: _words(error.instance_path), default=None)
    if first is None:
        return
    path = _words(first.instance_path)
    node, field = "", ".".join(path)
    if len(path) > 1 and path[0] == "nodes":
        node, field = path[1], ".".join(path[2:])
    elif len(path) > 3 and path[0] == "definitions" and path[2] == "nodes":
        node, field = f"subgraph:{path[1]}/{path[3]}", ".".join(path[4:])
    reason, remedy = _in_words(first)
    raise WorkflowError(f"{reason} (in {name}).", node=node, field=field, remedy=remedy)


def _words(path: Iterable[object]) -> list[str]:
    return [str(part) for part in path]


def _in_words(error: Any) -> tuple[str, str]:
    """What is wrong and what would be right, from a schema error."""
    if error.kind.name == "propertyNames":
        error = error.kind.error  # of the name
    shown = repr(error.instance)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    *place, rule = error.schema_path
    schema = reduce(getitem, place, _schema())
    expected: Any = schema[rule]
    if rule == "required":
        missing = next(key for key in expected if key not in error.instance)
        return f"{missing!r} is missing", f"Add {missing!r}."
    if rule == "additionalProperties":
        known = list(schema["properties"])
        extra = next(key for key in error.instance if key not in known)
        return f"{extra!r} is not a field here", f"Known are {', '.join(known)}."
    if rule == "type":
        return f"{shown} is not {_TYPES[expected]}", f"Write {_TYPES[expected]}."
    if rule in ("anyOf", "pattern") and "title" in schema:
        right = schema.get("description", schema["title"])
        return f"{shown} is not {schema['title']}", f"Write {right}."
    if rule in ("anyOf", "pattern"):
        is_name = "propertyNames" in place
        right = "letters, digits, '_' and '-', at most 64" if is_name else "node.port, or a list"
        what = "a node's name" if is_name else "where an input can come from"
        return f"{shown} is not {what}", f"Write {right}."
    if rule == "enum":
        return f"{shown} is not allowed here", f"Write {' or '.join(expected)}."
    least = {"minimum": f"{expected} or more", "minLength": "a text that is not empty"}
    return f"{shown} is not allowed here", f"Write {least.get(rule, expected)}."


_TYPES = {
    "object": "an object in braces",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
}


@cache
def _validator() -> Any:
    # It takes a while to import, and only reading a file needs it.
    return importlib.import_module("jsonschema_rs").Draft202012Validator(_schema())


@cache
def _schema() -> Json:
    text = Path(__file__).with_name("workflow.schema.json").read_text(encoding="utf-8")
    return json.loads(text)
