"""The way into subgraphs: which instance was gone into, so that what it did is shown inside."""

from __future__ import annotations

from app.gui.document import Document
from engine.graph.graph import Graph
from engine.graph.subgraph import used


class Way:
    """The instances that lead to the subgraph that is shown, from the outermost."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._steps: list[tuple[str, str]] = []  # instance, subgraph

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the subgraphs on the way."""
        return tuple(name for _, name in self._steps)

    @property
    def prefix(self) -> str:
        """What the ids of shown nodes have before them in the whole workflow: `fix/`."""
        return "".join(f"{instance}/" for instance, _ in self._steps)

    def into(self, instance: str) -> None:
        """Show the inside of an instance."""
        name = used(self._document.graph.nodes[instance])
        if name in self._document.root.definitions:
            self._steps.append((instance, name))
            self._document.enter(name)

    def out(self) -> None:
        """Show what is around."""
        if self._document.scope:
            self.out_to(max(0, len(self._steps) - 1))

    def out_to(self, count: int) -> None:
        """Show what is `count` steps inside."""
        self._steps = self._steps[:count]
        self._document.enter(self._steps[-1][1] if self._steps else "")

    def follow(self) -> None:
        """Something else is shown: find a way to it, where it was not gone here."""
        scope = self._document.scope
        if not scope:
            self._steps = []
        elif not self._steps or self._steps[-1][1] != scope:
            self._steps = find_way(self._document.root, scope)

    def go_to(self, full: str) -> str:
        """Show what a node is in by its id in the whole workflow; its id there."""
        *path, last = full.split("/")
        if path and path[0].startswith("subgraph:"):
            self._document.enter(path[0].removeprefix("subgraph:"))
        elif path != [instance for instance, _ in self._steps]:
            self.out_to(0)
            for instance in path:
                if instance.partition("#")[0] not in self._document.graph.nodes:
                    return instance.partition("#")[0]
                self.into(instance.partition("#")[0])
        return last.partition("#")[0]


def find_way(root: Graph, scope: str) -> list[tuple[str, str]]:
    """The first instances that lead to a subgraph; one step without an instance where none does."""
    nodes = {"": root.nodes} | {name: found.nodes for name, found in root.definitions.items()}
    ways: dict[str, list[tuple[str, str]]] = {"": []}
    waiting = [""]
    while waiting:
        here = waiting.pop(0)
        for node in nodes[here].values():
            name = used(node)
            if name in nodes and name not in ways:
                ways[name] = [*ways[here], (node.id, name)]
                waiting.append(name)
    return ways.get(scope, [("", scope)])
