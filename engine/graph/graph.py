"""Graph: what is wired to what, and the edits that people make."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.graph.errors import GraphError
from engine.graph.node import ID_PATTERN, SUBGRAPH, Link, Node, Source, State, check_name
from engine.graph.order import order, upstream
from engine.graph.recorded import Recorded

if TYPE_CHECKING:
    from engine.graph.subgraph import Definition
    from engine.graph.sweep import Axis

__all__ = ["ID_PATTERN", "SUBGRAPH", "Graph", "Link", "Node", "Source", "State"]


class Graph(Recorded):
    """Nodes by id, the requested outputs, and a `view` that running ignores.

    `definitions` are the subgraphs that nodes may be instances of, `sweep` has the axes by
    `node.param`. Every change goes through a method here, is recorded, and can be undone and
    redone. A graph may be wrong (a link to nowhere, an unknown type, a cycle): `check` says so,
    nothing here refuses it except a name that can't be.
    """

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        outputs: Iterable[str] = (),
        view: Mapping[str, Any] | None = None,
        *,
        definitions: Mapping[str, Definition] | None = None,
        sweep: Mapping[str, Axis] | None = None,
    ) -> None:
        super().__init__(nodes, outputs, view or {}, definitions or {}, sweep or {})

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by id, in the order they were added."""
        return self._nodes

    @property
    def outputs(self) -> tuple[str, ...]:
        """The ids of the nodes whose results are asked for; none means every final node."""
        return self._outputs

    @property
    def view(self) -> Mapping[str, Any]:
        """What an editor keeps about each node: position, colour, …"""
        return self._view

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """The subgraphs by name; a node of type `subgraph:name` is an instance of one."""
        return self._definitions

    @property
    def sweep(self) -> Mapping[str, Axis]:
        """The axes by the `node.param` that they go through; the first one varies slowest."""
        return self._sweep

    def copy(self) -> Graph:
        """The same graph with a history of its own."""
        return self.with_nodes(self._nodes.values())

    def with_nodes(self, nodes: Iterable[Node]) -> Graph:
        """Other nodes with all else that this graph has, and a history of its own."""
        return Graph(
            nodes,
            self._outputs,
            self._view,
            definitions=self._definitions,
            sweep=self._sweep,
        )

    def node(self, node_id: str) -> Node:
        """The node called `node_id`; GraphError when there is none."""
        try:
            return self._nodes[node_id]
        except KeyError:
            known = ", ".join(self._nodes) or "none"
            raise GraphError(
                f"There is no node {node_id!r}.", node=node_id, remedy=f"The nodes are {known}."
            ) from None

    def links(self) -> Iterator[Link]:
        """Every wire, node by node."""
        for node in self._nodes.values():
            for port, sources in node.inputs.items():
                for source in sources:
                    yield Link(source, node.id, port)

    # Edits

    def add(
        self,
        type_id: str,
        id: str = "",
        *,
        version: int = 1,
        params: Mapping[str, Any] | None = None,
        inputs: Mapping[str, str | Sequence[str]] | None = None,
        zone: str = "",
    ) -> Node:
        """Add a node; without an id it is called after its type (`empty`, `empty_2`, …)."""
        id = id or self._free_id(type_id.rpartition(".")[2])
        self._claim(id)
        wired = {
            port: tuple(
                Source.parse(text) for text in ([given] if isinstance(given, str) else given)
            )
            for port, given in (inputs or {}).items()
        }
        node = Node(id, type_id, version, dict(params or {}), wired, zone)
        self._commit(f"Add {id}", {id: node})
        return node

    def insert(self, nodes: Iterable[Node], view: Mapping[str, Any] | None = None) -> None:
        """Add whole nodes, and what the editor says about them, as one edit."""
        added: dict[str, Node] = {}
        for node in nodes:
            self._claim(node.id, added)
            added[node.id] = node
        self._commit(f"Add {', '.join(added)}", added, view=view)

    def remove(self, *node_ids: str) -> None:
        """Remove nodes, the wires that leave them, their view, axes, and place in the outputs.

        What was in a Repeat zone that goes is then where the zone was.
        """
        gone = {self.node(node_id).id for node_id in node_ids}
        changed: dict[str, Node | None] = dict.fromkeys(gone)
        for node in self._nodes.values():
            if node.id in gone:
                continue
            zone = node.zone
            while zone in gone:
                zone = self._nodes[zone].zone
            if zone != node.zone or any(source.node in gone for source in node.sources()):
                kept = {
                    port: tuple(source for source in sources if source.node not in gone)
                    for port, sources in node.inputs.items()
                }
                changed[node.id] = replace(_with_inputs(node, kept), zone=zone)
        self._commit(
            f"Remove {', '.join(node_ids)}",
            changed,
            outputs=[output for output in self._outputs if output not in gone],
            view={node_id: None for node_id in gone if node_id in self._view},
            sweep={
                target: axis
                for target, axis in self._sweep.items()
                if Source.parse(target).node not in gone
            },
        )

    def rename(self, old: str, new: str) -> None:
        """Give a node another id; all that names it follows, and it keeps its place."""
        if old == new:
            return
        node = self.node(old)
        self._claim(new)
        changed: dict[str, Node | None] = {}
        for other in self._nodes.values():
            zone = new if other.zone == old else other.zone
            locks = {_relocked(inside, old, new): key for inside, key in other.locks.items()}
            reads = any(source.node == old for source in other.sources())
            if reads or zone != other.zone or locks != other.locks:
                changed[other.id] = _with_inputs(
                    replace(other, zone=zone, locks=locks),
                    {
                        port: tuple(
                            Source(new, source.port) if source.node == old else source
                            for source in sources
                        )
                        for port, sources in other.inputs.items()
                    },
                )
        changed[new] = replace(changed.pop(old, None) or node, id=new)
        changed[old] = None

        def moved(target: str) -> str:
            node, dot, param = target.partition(".")
            return f"{new}.{param}" if dot and node == old else target

        self._commit(
            f"Rename {old} to {new}",
            changed,
            outputs=[new if output == old else output for output in self._outputs],
            view={old: None, new: self._view[old]} if old in self._view else {},
            names=[new if name == old else name for name in self._nodes],
            sweep=_moved(self._sweep, moved),
        )

    def set_param(self, node_id: str, name: str, value: Any) -> None:
        """Give a parameter a value; successive values of the same one undo together."""
        node = self.node(node_id)
        self._commit(
            f"Set {node_id}.{name}",
            {node_id: replace(node, params={**node.params, name: value})},
            merge=f"{node_id}.{name}",
        )

    def clear_param(self, node_id: str, name: str) -> None:
        """Let a parameter have its default again."""
        node = self.node(node_id)
        params = {key: value for key, value in node.params.items() if key != name}
        self._commit(f"Reset {node_id}.{name}", {node_id: replace(node, params=params)})

    def set_state(self, state: State, *node_ids: str) -> None:
        """Mute or bypass nodes, or let them take part again ("")."""
        verb = {"": "Activate", "muted": "Mute", "bypassed": "Bypass"}[state]
        changed = {node_id: replace(self.node(node_id), state=state) for node_id in node_ids}
        self._commit(f"{verb} {', '.join(node_ids)}", changed)

    def set_lock(self, node_id: str, key: str) -> None:
        """Lock a node to the result with a recipe key; "" unlocks it.

        `node_id` may be that of a node inside an instance or a zone: `fix/denoise`, `loop#3/step`.
        """
        own = re.split("[/#]", node_id, maxsplit=1)[0]
        node, inside = self.node(own), node_id[len(own) :]
        if inside:
            locks = {name: kept for name, kept in node.locks.items() if name != inside}
            node = replace(node, locks={**locks, inside: key} if key else locks)
        else:
            node = replace(node, lock=key)
        self._commit(f"{'Lock' if key else 'Unlock'} {node_id}", {own: node})

    def put(self, *nodes: Node) -> None:
        """Put nodes in place of those that have their ids."""
        changed = {self.node(node.id).id: node for node in nodes}
        self._commit(f"Change {', '.join(changed)}", changed)

    def connect(self, source: str, target: str, *, append: bool = False) -> None:
        """Wire `node.port` to `node.port`, in place of what was there or after it in a list."""
        end = Source.parse(target)
        node = self.node(end.node)
        before = node.inputs.get(end.port, ()) if append else ()
        wired = {**node.inputs, end.port: (*before, Source.parse(source))}
        self._commit(f"Connect {source} → {target}", {node.id: _with_inputs(node, wired)})

    def disconnect(self, target: str, source: str = "") -> None:
        """Cut the wires into `target`, or only the one from `source`."""
        end = Source.parse(target)
        node = self.node(end.node)
        kept = tuple(
            item for item in node.inputs.get(end.port, ()) if source and str(item) != source
        )
        wired = {**node.inputs, end.port: kept}
        self._commit(f"Disconnect {target}", {node.id: _with_inputs(node, wired)})

    def reconnect(self, target: str, old: str, new: str) -> None:
        """Let the wires into `target` that come from `old` come from `new`, in the same place."""
        end = Source.parse(target)
        node = self.node(end.node)
        ends = {Source.parse(old): Source.parse(new)}
        sources = tuple(ends.get(source, source) for source in node.inputs.get(end.port, ()))
        wired = {**node.inputs, end.port: sources}
        self._commit(f"Connect {new} → {target}", {node.id: _with_inputs(node, wired)})

    def set_outputs(self, node_ids: Iterable[str]) -> None:
        """Say which nodes' results are asked for."""
        self._commit("Set outputs", {}, outputs=list(node_ids))

    def set_zone(self, zone: str, *node_ids: str) -> None:
        """Put nodes into a Repeat zone, or out of any with ""."""
        moved = [replace(self.node(node_id), zone=zone) for node_id in node_ids]
        self._commit(f"Move to {zone or 'no zone'}", {node.id: node for node in moved})

    def set_axis(self, target: str, axis: Axis | None) -> None:
        """Sweep `node.param` through values (None: no more); a new axis comes last."""
        end = Source.parse(target)
        self.node(end.node)
        sweep = {**self._sweep, target: axis}
        kept = {name: given for name, given in sweep.items() if given is not None}
        self._commit(f"Sweep {target}", {}, sweep=kept)

    def rename_axes(self, names: Mapping[str, str]) -> None:
        """Let axes go over other parameters, in the same places."""
        moved = _moved(self._sweep, lambda target: names.get(target, target))
        self._commit(f"Sweep {', '.join(names.values())}", {}, sweep=moved)

    def define(self, name: str, definition: Definition | None) -> None:
        """Add or replace a subgraph (None removes it); each of its instances is then that."""
        if name not in self._definitions:
            check_name(name)
        self._commit(f"Define {name}", {}, definitions={name: definition})

    def rename_definition(self, old: str, new: str) -> None:
        """Give a subgraph another name, which its instances everywhere follow."""
        if new in self._definitions:
            raise GraphError(f"There is a subgraph {new!r} already.")
        check_name(new)
        with self.grouped(f"Rename {old} to {new}"):
            definition = self._definition(old)
            self.define(old, None)
            self.define(new, definition)
            for name, other in list(self._definitions.items()):
                self.define(name, replace(other, nodes=_retyped(other.nodes, old, new)))
            retyped = _retyped(self._nodes, old, new)
            self._commit("", {id: node for id, node in retyped.items() if node != self._nodes[id]})

    @contextmanager
    def editing(self, name: str) -> Generator[Graph]:
        """The inside of a subgraph as a graph to edit; what is done to it is one edit of this one.

        Its ports are the nodes `inputs` and `outputs`. Raised errors leave it as it was. Successive
        values of one parameter inside undo together as well.
        """
        definition = self._definition(name)
        body = definition.body()
        yield body
        edits = [edit for step in body._history.done for edit in step.edits]
        merge = edits[0].merge if len(edits) == 1 else ""
        self._commit(
            f"Edit {name}",
            definitions={name: definition.with_body(body)},
            merge=merge and f"{name}/{merge}",
        )

    def _definition(self, name: str) -> Definition:
        try:
            return self._definitions[name]
        except KeyError:
            raise GraphError(f"There is no subgraph {name!r}.") from None

    def place(self, node_id: str, view: Any) -> None:
        """Keep what the editor says about a node (None forgets it); successive moves merge."""
        self.arrange({node_id: view})

    def arrange(self, view: Mapping[str, Any]) -> None:
        """As `place`, for several nodes in one edit; successive moves of the same ones merge."""
        names = ", ".join(view)
        self._commit(f"Move {names}", {}, view=view, merge=f"{names}@")

    # Order

    def order(self, targets: Iterable[str] | None = None) -> tuple[str, ...]:
        """Node ids with every node after those it reads; only what `targets` need, if given.

        Ties keep the order in which nodes were added. Raises CycleError that names the cycle.
        """
        return order(self._nodes, targets)

    def upstream(self, node_ids: Iterable[str]) -> set[str]:
        """These nodes and everything they depend on."""
        return upstream(self._nodes, node_ids)

    def sinks(self) -> tuple[str, ...]:
        """The nodes whose results nobody reads."""
        read = {source.node for node in self._nodes.values() for source in node.sources()}
        return tuple(node_id for node_id in self._nodes if node_id not in read)

    def _claim(self, node_id: str, added: Container[str] = ()) -> None:
        check_name(node_id)
        if node_id in self._nodes or node_id in added:
            raise GraphError(f"There is a node {node_id!r} already.", node=node_id)

    def _free_id(self, stem: str) -> str:
        name, number = stem, 2
        while name in self._nodes:
            name, number = f"{stem}_{number}", number + 1
        return name


def _moved(sweep: Mapping[str, Axis], name: Callable[[str], str]) -> dict[str, Axis]:
    """The axes with other names for what they go over, and for the axes they go along with."""
    return {name(target): replace(axis, along=name(axis.along)) for target, axis in sweep.items()}


def _relocked(inside: str, old: str, new: str) -> str:
    """The place of a lock in a zone, after a node of the zone's own graph has another name."""
    within = re.match(r"(?:#\d+/[^/#]+)*", inside)
    end = within.end() if within else 0
    return re.sub(rf"(?<=/){re.escape(old)}(?=#|$)", new, inside[:end]) + inside[end:]


def _retyped(nodes: Mapping[str, Node], old: str, new: str) -> dict[str, Node]:
    """The nodes after a subgraph has another name."""
    names = {f"{SUBGRAPH}{old}": f"{SUBGRAPH}{new}"}
    return {id: replace(node, type=names.get(node.type, node.type)) for id, node in nodes.items()}


def _with_inputs(node: Node, inputs: Mapping[str, tuple[Source, ...]]) -> Node:
    return replace(node, inputs={port: sources for port, sources in inputs.items() if sources})
