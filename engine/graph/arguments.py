"""What a node's function is called with, and what its error says to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from engine.graph.context import Settings
from engine.graph.errors import LoomError, NodeError
from engine.graph.graph import Node, Source
from engine.graph.keys import given_params
from engine.graph.spec import NodeSpec
from engine.graph.types import PortType, convert, kind_of


def arguments(
    node: Node, spec: NodeSpec, settings: Settings, value: Callable[[Source], Any]
) -> dict[str, Any]:
    """Parameters and linked values by name, converted and checked.

    `value` gives what an output port holds. Raises LoomError that names the input.
    """
    found: dict[str, Any] = {}
    for name, given in given_params(node, spec).items():
        found[name] = spec.params[name].resolve(given, settings)
    for name, sources in node.inputs.items():
        port_type = spec.socket(name)
        if port_type is None or not sources:
            continue
        values = [value(source) for source in sources]
        port = spec.inputs.get(name)
        if port and port.nullable and values == [None]:
            found[name] = None
            continue
        try:
            gathered = _gathered(values, port_type)
            param = spec.params.get(name)
            if param:
                gathered = param.resolve(param.validate(gathered), settings)
        except LoomError as error:
            raise error.at("", name) from None
        found[name] = gathered
    return found


def node_error(node: Node, spec: NodeSpec, cause: Exception) -> NodeError:
    """The error of a node, for people: which node, which input, what happened, what to look at."""
    if isinstance(cause, LoomError):
        reason, field, remedy = cause.reason, cause.field, cause.remedy
    else:
        said = str(cause).strip() or "it said nothing more"
        reason, field = f"{spec.label} failed: {type(cause).__name__}: {said}", ""
        given = [
            f"{port} ← {', '.join(map(str, sources))}" for port, sources in node.inputs.items()
        ]
        remedy = f"Its inputs were {', '.join(given)}." if given else "It has no inputs."
        reason += "" if reason.endswith((".", "!", "?")) else "."
    error = NodeError(reason, node=node.id, field=field, remedy=remedy)
    error.__cause__ = cause
    return error


def _gathered(values: list[Any], wanted: PortType) -> Any:
    """The linked values as the port takes them: converted, and in one list where it takes many."""
    if not wanted.many:
        return _as(values[0], wanted)
    flat: list[Any] = []
    for value in values:
        flat += cast(list[Any], value) if isinstance(value, list) else [value]
    return [_as(value, wanted) for value in flat]


def _as(value: Any, wanted: PortType) -> Any:
    if value is None:
        raise LoomError(f"What is joined to it gave nothing, and it takes {wanted.describe()}.")
    if wanted.kind is not None:
        return convert(value, wanted.kind)
    cls: type[Any] = value.__class__
    kind = kind_of(cls)
    if wanted.among and not (kind and wanted.takes(kind)):
        raise LoomError(f"It got {cls.__name__}, and it takes {wanted.describe()}.")
    return value
