"""Models as far as a run cares: whose weights are loaded, and whose to bring in next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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

    def expect(self, handles: Iterable[Any], /) -> None:
        """The handles whose weights will be used next, soonest first."""
        ...

    def rescue(
        self, error: Exception, tried: Mapping[str, str], /
    ) -> tuple[Mapping[str, str], str] | None:
        """Changes of the environment with which to try a node again, and a sentence about them.

        `tried` are those of the last try. None where `error` has another cause than memory that ran
        out, or nothing is left to try.
        """
        ...


def handles(
    node: Node, spec: NodeSpec, models: Models, value: Callable[[Source], Any]
) -> Iterator[Any]:
    """The model handles whose weights a node uses, so not those of ports marked `HandleOnly`.

    `value` gives what a port holds, None when it is not known.
    """
    for name, port in spec.inputs.items():
        kind = port.type.kind
        if kind is None or port.handle_only or not issubclass(kind.python, models.handle):
            continue
        for source in node.inputs.get(name, ()):
            found = value(source)
            if found is not None:
                yield from cast(list[Any], found) if isinstance(found, list) else [found]


def fit(node: Node, spec: NodeSpec, models: Models, value: Callable[[Source], Any]) -> int:
    """0 for a node whose models are all loaded, 1 for one that needs none, 2 for others."""
    found = list(handles(node, spec, models, value))
    if found:
        return 0 if all(handle in models for handle in found) else 2
    return 1
