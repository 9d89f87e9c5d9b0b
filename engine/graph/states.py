"""The graph as it runs: muted nodes are left out, bypassed ones hand on what they get.

What depends only on left-out nodes is left out with them. An input that loses its links to them is
as if nothing had been joined to it, so `check` reports it where it is required.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from engine.graph.errors import CycleError
from engine.graph.graph import Graph, Node, Source
from engine.graph.spec import NodeSpec

Ends = tuple[Source, ...]


@dataclass(frozen=True)
class Active:
    """What takes part of a graph, and what became of the rest.

    `left_out` says why of each node that takes no part; `cuts` why an input lost links, by node and
    port; `passes` leads from the outputs of bypassed nodes to where their values come from.
    """

    graph: Graph
    left_out: Mapping[str, str]
    cuts: Mapping[tuple[str, str], str]
    passes: Mapping[Source, Ends]

    def targets(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The nodes to run for `wanted`: of a bypassed one, those whose values it hands on."""
        found: dict[str, None] = {}
        for node_id in wanted:
            if node_id not in self.left_out:
                found[node_id] = None
            for output, ends in self.passes.items():
                if output.node == node_id:
                    found.update(dict.fromkeys(end.node for end in ends))
        return tuple(found)


def active(graph: Graph, find: Callable[[str], NodeSpec | None]) -> Active:
    """The part of a graph that takes part; `find` gives the specification of a node type.

    The graph is not changed, and comes back itself when all of it takes part.
    """
    if not any(node.state for node in graph.nodes.values()):
        return Active(graph, {}, {}, {})
    return _Walk(graph, find).result()


def keep_locked(graph: Graph, held: Collection[str]) -> Graph:
    """The graph with nothing above nodes that are locked to a result among `held`.

    A lock to any other result is opened: the node has to make it again. The graph comes back itself
    when there is no lock.
    """
    locked = [node for node in graph.nodes.values() if node.lock]
    if not locked:
        return graph
    changed = {
        node.id: replace(node, inputs={}) if node.lock in held else replace(node, lock="")
        for node in locked
    }
    nodes = [changed.get(node.id, node) for node in graph.nodes.values()]
    return Graph(nodes, graph.outputs, graph.view)


class _Walk:
    """One pass over a graph, every node after those it reads."""

    def __init__(self, graph: Graph, find: Callable[[str], NodeSpec | None]) -> None:
        self.graph = graph
        self.find = find
        self.passes: dict[Source, Ends] = {}
        self.cuts: dict[tuple[str, str], str] = {}
        self.kept: dict[str, Node] = {}
        # Why a node gives nothing: the muted or bypassed node that is the reason, in words.
        self.reasons = {
            node.id: f"{node.id} is muted" for node in graph.nodes.values() if node.state == "muted"
        }
        self.left_out = dict.fromkeys(self.reasons, "muted")

    def result(self) -> Active:
        for node_id in self._order():
            if node_id not in self.left_out:
                self._visit(self.graph.nodes[node_id])
        nodes = [self.kept[node_id] for node_id in self.graph.nodes if node_id in self.kept]
        found = Active(self.graph, self.left_out, self.cuts, self.passes)
        outputs = found.targets(self.graph.outputs)
        return replace(found, graph=Graph(nodes, outputs, self.graph.view))

    def _order(self) -> Iterable[str]:
        try:
            return self.graph.order()
        except CycleError:  # `check` reports the circle, if it is still there without muted nodes
            return self.graph.nodes

    def _visit(self, node: Node) -> None:
        wired: dict[str, Ends] = {}
        lost: dict[str, str] = {}
        for port, sources in node.inputs.items():
            ends: list[Source] = []
            for source in sources:
                if source in self.passes:
                    ends += self.passes[source]
                elif source.node in self.reasons:
                    lost[port] = self.reasons[source.node]
                else:
                    ends.append(source)
            if ends:
                wired[port] = tuple(ends)
        if node.state == "bypassed":
            self.left_out[node.id] = "bypassed"
            nothing = f"{node.id} is bypassed and gets nothing of that kind"
            self.reasons[node.id] = next(iter(lost.values()), nothing)
            spec = self.find(node.type)
            for name, handed in _passing(spec, wired).items() if spec else ():
                self.passes[Source(node.id, name)] = handed
        elif lost and not wired:
            reason = next(iter(lost.values()))
            self.left_out[node.id] = f"it gets nothing: {reason}"
            self.reasons[node.id] = reason
        else:
            self.kept[node.id] = replace(node, inputs=wired) if wired != node.inputs else node
            self.cuts.update({(node.id, port): reason for port, reason in lost.items()})


def _passing(spec: NodeSpec, wired: Mapping[str, Ends]) -> dict[str, Ends]:
    """For each output the links into an input of its kind, best one of the same name."""
    found: dict[str, Ends] = {}
    for output in spec.outputs.values():
        wanted = output.type
        for name in (output.name, *spec.inputs, *spec.params):
            given, ends = spec.socket(name), wired.get(name, ())
            fits = given and given.kind is wanted.kind and given.generic == wanted.generic
            if fits and ends and (wanted.many or len(ends) == 1):
                found[output.name] = ends
                break
    return found
