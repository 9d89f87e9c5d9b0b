"""Models as far as a run cares: whose weights are loaded, and whose to bring in next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from engine.graph.graph import Graph, Node, Source
from engine.graph.spec import NodeSpec
from engine.graph.values import Values


@dataclass(frozen=True)
class Outlook:
    """How the models of a node will be held: bytes of their weights, 0 where that is not known, and
    a sentence.
    """

    weights: int
    words: str


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

    def outlook(self, handles: Sequence[Any], /) -> Outlook | None:
        """How a node's models would be held, as far as that is known without loading any.

        None where nothing can be said.
        """
        ...

    def rescue(
        self, error: Exception, tried: Mapping[str, str], /
    ) -> tuple[Mapping[str, str], str] | None:
        """Changes of the environment with which to try a node again, and a sentence about them.

        `tried` are those of the last try. None where `error` has another cause than memory that ran
        out, or nothing is left to try.
        """
        ...


@dataclass(frozen=True)
class Prefetch:
    """Which models the nodes of a run use, as far as their handles are known."""

    graph: Graph
    specs: Mapping[str, NodeSpec]
    models: Models
    values: Values

    def fit(self, node_id: str) -> int:
        """0 for a node whose models are all loaded, 1 for one that needs none, 2 for others."""
        found = list(self._handles(node_id, self.values.at_hand))
        if found:
            return 0 if all(handle in self.models for handle in found) else 2
        return 1

    def begin(self, upcoming: str, later: Iterable[str]) -> None:
        """Bring in the models of the node that comes next ("" when that is not known).

        Those of the `later` ones are put away last.
        """
        soonest = dict.fromkeys((upcoming, *later) if upcoming else later)
        self.models.expect(
            [handle for node_id in soonest for handle in self._handles(node_id, self.values.known)]
        )
        for handle in self._handles(upcoming, self.values.known) if upcoming else ():
            self.models.prefetch(handle)

    def _handles(self, node_id: str, value: Callable[[Source], Any]) -> Iterator[Any]:
        node, spec = self.graph.nodes[node_id], self.specs[node_id]
        return handles(node, spec, self.models.handle, value)


def handles(
    node: Node, spec: NodeSpec, handle: type, value: Callable[[Source], Any]
) -> Iterator[Any]:
    """The model handles whose weights a node uses, so not those of ports marked `HandleOnly`.

    `handle` is the class of handles; `value` gives what a port holds, None when it is not known.
    """
    for name, port in spec.inputs.items():
        kind = port.type.kind
        if kind is None or port.handle_only or not issubclass(kind.python, handle):
            continue
        for source in node.inputs.get(name, ()):
            found = value(source)
            if found is not None:
                yield from cast(list[Any], found) if isinstance(found, list) else [found]
