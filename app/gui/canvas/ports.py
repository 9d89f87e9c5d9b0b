"""Which ports a node has on the canvas, unknown nodes, zones and ends of subgraphs included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.gui.catalogue import say
from app.gui.document import Document
from app.gui.language import tr
from engine.graph.graph import SUBGRAPH, Graph, Node
from engine.graph.naming import title
from engine.graph.repeat import EACH, GATHER, INDEX, ITEM, NEXT, REPEAT, RESERVED, TIMES
from engine.graph.spec import NodeSpec
from engine.graph.subgraph import INPUTS, OUTPUTS
from engine.graph.types import INT, PortType

ENDS = {"subgraph.inputs": INPUTS, "subgraph.outputs": OUTPUTS}
ANY = PortType(None)
NEW = "+"
"""The name of the port that makes another one of what is joined to it."""


@dataclass(frozen=True)
class PortFace:
    """A port as it is shown. `lost` says that the node's type has no such port (any more)."""

    name: str
    label: str
    is_output: bool
    type: PortType = ANY
    required: bool = False
    lost: bool = False
    param: bool = False

    @property
    def new(self) -> bool:
        """Whether it makes another port."""
        return self.name.endswith(NEW)


@dataclass(frozen=True)
class Ports:
    """The inputs and outputs of one node; `params` are those inputs that stand for parameters."""

    inputs: tuple[PortFace, ...] = ()
    outputs: tuple[PortFace, ...] = ()
    params: Mapping[str, PortFace] | None = None

    def find(self, name: str, is_output: bool) -> PortFace | None:
        """The port with a name on one side, None where there is none."""
        if not is_output and self.params and name in self.params:
            return self.params[name]
        among = self.outputs if is_output else self.inputs
        return next((port for port in among if port.name == name), None)


def ports_of(document: Document, node: Node, read: Iterable[str] = ()) -> Ports:
    """The ports of a node that is shown; `read` are those of its outputs that links come from."""
    if node.type == REPEAT:
        return _zone(document, node)
    if node.type in ENDS:
        return _end(document, node)
    spec = document.registry.find(node.type)
    return _plain(node, spec, read) if spec else _unknown(node, read)


def states(node: Node) -> list[str]:
    """The names of the states of a Repeat zone: what starts, and what is handed on."""
    names = [*node.inputs, *node.params]
    plain = [name for name in names if not name.startswith((NEXT, GATHER)) and name not in RESERVED]
    handed = [name.removeprefix(NEXT) for name in node.inputs if name.startswith(NEXT)]
    return list(dict.fromkeys([*plain, *handed]))


def runs_over_items(node: Node) -> bool:
    """Whether a Repeat zone runs once for each item of a list."""
    return bool(node.inputs.get(EACH)) or EACH in node.params


def gathered(node: Node) -> list[str]:
    """The names of the lists that a Repeat zone gathers."""
    return [name.removeprefix(GATHER) for name in node.inputs if name.startswith(GATHER)]


def _plain(node: Node, spec: NodeSpec, read: Iterable[str]) -> Ports:
    inputs = [
        PortFace(port.name, port.label, False, port.type, port.required)
        for port in spec.inputs.values()
    ]
    params = {
        name: PortFace(name, param.label, False, socket, param=True)
        for name, param in spec.params.items()
        if (socket := spec.socket(name))
    }
    known = {*spec.inputs, *params}
    inputs += [PortFace(name, title(name), False, lost=True) for name in node.inputs.keys() - known]
    outputs = [PortFace(port.name, port.label, True, port.type) for port in spec.outputs.values()]
    lost = [name for name in dict.fromkeys(read) if name not in spec.outputs]
    outputs += [PortFace(name, title(name), True, lost=True) for name in lost]
    return Ports(tuple(inputs), tuple(outputs), params)


def _unknown(node: Node, read: Iterable[str]) -> Ports:
    inputs = tuple(PortFace(name, title(name), False) for name in node.inputs)
    return Ports(inputs, tuple(PortFace(name, title(name), True) for name in dict.fromkeys(read)))


def _end(document: Document, node: Node) -> Ports:
    """The ports of a subgraph as they are inside of it."""
    spec = document.registry.find(SUBGRAPH + document.scope)
    if ENDS[node.type] == INPUTS:
        names: list[str] = list(node.params.get("ports", ()))
        found = [PortFace(name, _named(name), True, _socket(spec, name)) for name in names]
        return Ports(outputs=(*found, PortFace(NEW, tr("New input"), True)))
    known = spec.outputs if spec else {}
    found = [
        PortFace(name, _named(name), False, known[name].type if name in known else ANY)
        for name in node.inputs
    ]
    return Ports((*found, PortFace(NEW, tr("New output"), False)))


def _socket(spec: NodeSpec | None, name: str) -> PortType:
    return (spec.socket(name) if spec else None) or ANY


def _zone(document: Document, node: Node) -> Ports:
    """The ports of a Repeat zone: count or list, states, gathered lists, and two for new ones."""
    graph = document.graph
    count = PortType(INT)
    inputs = [PortFace(TIMES, tr("Times"), False, count, param=True)]
    if runs_over_items(node):
        inputs = [PortFace(EACH, tr("Each"), False, PortType(None, many=True))]
    outputs = [PortFace(INDEX, tr("Index"), True, count)]
    if runs_over_items(node):
        outputs.append(PortFace(ITEM, tr("Item"), True))
    for name in states(node):
        kind = state_type(document, graph, node, name)
        inputs.append(PortFace(name, _named(name), False, kind, required=True))
        inputs.append(PortFace(f"{NEXT}{name}", _named(name), False, kind, required=True))
        outputs.append(PortFace(name, _named(name), True, kind))
    for name in gathered(node):
        kind = _read_type(document, graph, node, f"{GATHER}{name}")
        inputs.append(PortFace(f"{GATHER}{name}", _named(name), False, kind))
        outputs.append(PortFace(name, _named(name), True, PortType(kind.kind, many=True)))
    inputs.append(PortFace(NEW, tr("New state"), False))
    inputs.append(PortFace(f"{GATHER}{NEW}", tr("Collect"), False))
    return Ports(tuple(inputs), tuple(outputs))


def _named(name: str) -> str:
    """What a port that is known by its name alone is called: as others of that name are."""
    return say(title(name))


def state_type(document: Document, graph: Graph, node: Node, name: str) -> PortType:
    """The type of a state of a zone: that of what it starts as."""
    return _read_type(document, graph, node, name)


def _read_type(document: Document, graph: Graph, node: Node, port: str, depth: int = 0) -> PortType:
    for source in node.inputs.get(port, ()):
        origin = graph.nodes.get(source.node)
        if origin is None or depth > 16:
            continue
        if origin.type == REPEAT:
            return _read_type(document, graph, origin, source.port, depth + 1)
        spec = document.registry.find(origin.type)
        if spec and source.port in spec.outputs:
            return spec.outputs[source.port].type
        if origin.type in ENDS:
            return _socket(document.registry.find(SUBGRAPH + document.scope), source.port)
    return ANY
