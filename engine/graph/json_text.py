"""JSON texts: read strictly, so that what comes of them holds no surprise; written for people."""

from __future__ import annotations

import json
from typing import Any, cast

from engine.graph.errors import WorkflowError

MAX_DEPTH = 64
WIDTH = 100

Json = dict[str, Any]


def parse(text: str | bytes, name: str) -> Any:
    """The data in a text, which errors call `name`.

    Raises WorkflowError for what is no JSON, and for names that are there twice, numbers that are
    not finite, text that is not Unicode, and nesting beyond reason.
    """
    remedy = 'A workflow is a JSON text that starts with {"loom": 1, ….'
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        data = json.loads(text, object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    except WorkflowError as error:
        raise WorkflowError(f"{name}: {error.reason}", remedy=error.remedy) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise WorkflowError(f"{name} is not JSON: {error.msg} at {where}.", remedy=remedy) from None
    except UnicodeDecodeError:
        raise WorkflowError(f"{name} is not a text file in UTF-8.", remedy=remedy) from None
    except (ValueError, RecursionError) as error:
        raise WorkflowError(f"{name} can't be read as JSON: {error}.", remedy=remedy) from None
    _check_values(data, name)
    return data


def _no_doubles(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        double = next(key for key in found if names.count(key) > 1)
        raise WorkflowError(f"{double!r} is there twice.", remedy="Remove or rename one.")
    return found


def _no_constant(name: str) -> Any:
    raise WorkflowError(f"{name} is not a number that JSON has.", remedy="Write a finite number.")


def _check_values(data: Any, name: str) -> None:
    """Refuse what later steps could trip over: deep nesting, text that is not Unicode."""
    stack: list[tuple[Any, int]] = [(data, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise WorkflowError(f"{name} is nested more than {MAX_DEPTH} deep.")
        if isinstance(value, dict):
            items = cast(Json, value)
            stack += [(item, depth + 1) for pair in items.items() for item in pair]
        elif isinstance(value, list):
            stack += [(item, depth + 1) for item in cast(list[Any], value)]
        elif isinstance(value, str) and not value.isprintable():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise WorkflowError(f"{name} holds text that is not Unicode: {value!r}.") from None
        elif isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise WorkflowError(f"{name} holds a number too large for a float.")


def pretty(value: Any, indent: int = 0) -> str:
    """JSON text in which whatever fits on a line of 100 columns is on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= WIDTH and (indent or not isinstance(value, dict)):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        items = cast(Json, value).items()
        rows = [
            f"{json.dumps(key, ensure_ascii=False)}: {pretty(item, indent + 2)}"
            for key, item in items
        ]
        brackets = "{}"
    elif isinstance(value, list):
        rows = [pretty(item, indent + 2) for item in cast(list[Any], value)]
        brackets = "[]"
    else:
        return line
    body = f",\n{inner}".join(rows)
    return f"{brackets[0]}\n{inner}{body}\n{' ' * indent}{brackets[1]}" if rows else line
