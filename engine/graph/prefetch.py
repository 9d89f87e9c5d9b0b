"""Models as far as a run cares: whose weights are loaded, and whose to bring in next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

from engine.graph.graph import Node, Source
from engine.graph.spec import NodeSpec


class Models(Protocol):
    """What holds the weights behind model handles, such as the runtime's model pool."""

    @property
    def handle(self) -> type:
        """The class of model handles; kinds derived from it are models."""
        ...

    def __contains__(self, handle: Any, /) -> bool:
        """Whether the weights of a handle are loaded now."""
        ...

    def prefetch(self, handle: Any, /) -> None:
        """Begin to load the weights of a handle, if there is room for them; never waits."""
        ...


def handles(
    node: Node, spec: NodeSpec, models: Models, value: Callable[[Source], Any]
) -> Iterator[Any]:
    """The model handles that a node reads; `value` gives what a port holds, None when unknown."""
    for name, port in spec.inputs.items():
        if port.type.kind is None or not issubclass(port.type.kind.python, models.handle):
            continue
        for source in node.inputs.get(name, ()):
            found = value(source)
            if found is not None:
                yield from cast(list[Any], found) if isinstance(found, list) else [found]


def fit(node: Node, spec: NodeSpec, models: Models, value: Callable[[Source], Any]) -> int:
    """0 for a node whose models are all loaded, 1 for one that reads none, 2 for others."""
    found = list(handles(node, spec, models, value))
    if found:
        return 0 if all(handle in models for handle in found) else 2
    return 1
