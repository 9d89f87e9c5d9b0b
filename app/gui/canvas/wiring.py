"""Which links a graph has, kept up to date node by node: most edits touch few of thousands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from app.gui.canvas.link_item import LinkKey
from app.gui.canvas.shape import Spot
from engine.graph.graph import Graph, Node


class Wiring:
    """The links between nodes that are there; `of` are those into and out of each node."""

    def __init__(self) -> None:
        self.of: defaultdict[str, dict[LinkKey, None]] = defaultdict(dict)
        self._nodes: dict[str, Node] = {}
        self._readers: defaultdict[str, set[str]] = defaultdict(set)
        self._into: dict[str, dict[LinkKey, None]] = {}

    def clear(self) -> None:
        """There are no nodes any more."""
        self.of.clear()
        self._nodes.clear()
        self._readers.clear()
        self._into.clear()

    def follow(self, graph: Graph, names: Iterable[str]) -> tuple[list[LinkKey], list[LinkKey]]:
        """These nodes came, went or changed: the links that are gone, and the new ones."""
        touched = dict.fromkeys(names)
        for name in list(touched):
            old, new = self._nodes.get(name), graph.nodes.get(name)
            if (old is None) != (new is None):  # what names it as a source has its links, or not
                touched |= dict.fromkeys(self._readers.get(name, ()))
            self._note(name, old, new)
        gone: list[LinkKey] = []
        fresh: list[LinkKey] = []
        for name in touched:
            node = graph.nodes.get(name)
            there, wanted = self._into.get(name, {}), _into(graph, node) if node else {}
            gone += [key for key in there if key not in wanted]
            fresh += [key for key in wanted if key not in there]
            self._into[name] = wanted
        for key in gone:
            for name in (key.node, key.source.node):
                self.of[name].pop(key, None)
        for key in fresh:
            for name in (key.node, key.source.node):
                self.of[name][key] = None
        return gone, fresh

    def spots(self, name: str) -> set[Spot]:
        """The ports of a node that are joined to something."""
        found: set[Spot] = set()
        for key in self.of.get(name, ()):
            if key.node == name:
                found.add((key.port, False))
            if key.source.node == name:
                found.add((key.source.port, True))
        return found

    def read(self, name: str) -> list[str]:
        """The outputs of a node that links come from."""
        ports = {key.source.port for key in self.of.get(name, ()) if key.source.node == name}
        return sorted(ports)

    def _note(self, name: str, old: Node | None, new: Node | None) -> None:
        for source in old.reads() if old else ():
            self._readers[source].discard(name)
        for source in new.reads() if new else ():
            self._readers[source].add(name)
        if new is None:
            self._nodes.pop(name, None)
        else:
            self._nodes[name] = new


def links_of(graph: Graph) -> set[LinkKey]:
    """The links of a graph, found anew."""
    return {key for node in graph.nodes.values() for key in _into(graph, node)}


def _into(graph: Graph, node: Node) -> dict[LinkKey, None]:
    """The links into a node."""
    return {
        LinkKey(source, node.id, port, place): None
        for port, sources in node.inputs.items()
        for place, source in enumerate(sources)
        if source.node in graph.nodes
    }
