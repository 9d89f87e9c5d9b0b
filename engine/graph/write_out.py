"""Writing out a graph: all its nodes under flat ids, and the ends that their wires lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.graph.aliases import Aliases
from engine.graph.errors import GraphError
from engine.graph.flat import End, Ends, Flat, Given, Open, Origin
from engine.graph.graph import Graph, Node, Source
from engine.graph.layout import Layout, layout
from engine.graph.problems import Problem
from engine.graph.registry import suggestion
from engine.graph.repeat import EACH, GATHER, INDEX, ITEM, NEXT, REPEAT, TIMES, Zone, count
from engine.graph.subgraph import ENDS, INPUTS, Definition, used

MAX_NESTING = 32

Context = tuple[tuple[str, str], ...]  # the zones around, each with the flat id of its iteration


@dataclass(frozen=True)
class _Scope:
    """One graph or one instance: the nodes inside, and where it stands."""

    nodes: Mapping[str, Node]
    prefix: str
    path: tuple[str, ...]
    definition: str
    stack: tuple[str, ...]
    inputs: tuple[str, ...] | None

    def origin(self, node: str, prefix: str) -> Origin:
        return Origin(self.path, self.definition, node, prefix)


class WritingOut:
    """One pass: all nodes with their wires as they are, then the wires through the aliases."""

    def __init__(self, graph: Graph, counts: Mapping[str, Any], items: Mapping[str, Ends]) -> None:
        self.source = graph
        self.counts = counts
        self.items = items
        self.aliases = Aliases()
        self.made = Flat(Graph(), self._enters)
        self.nodes: dict[str, Node] = {}  # by flat id, each still as it was written
        self.wires = self.aliases.wires
        self.zones: list[tuple[str, str, Ends, Any]] = []
        self.layouts: dict[str, Layout] = {}  # by definition, "" for the graph itself
        self.composite: set[str] = set()
        self.locks: dict[str, str] = {}  # of nodes inside instances and zones, those outside first
        self.pickers: dict[str, str] = {}  # nodes that pick an iteration's item, with their zone

    def flat(self) -> Flat:
        """The graph written out; TooLargeError when it is given up."""
        source, made = self.source, self.made
        self._scope(_Scope(source.nodes, "", (), "", (), None))
        own = [port for port in self.aliases if port.node in made.origins]  # not of an iteration
        made.ports.update({port: self.aliases.real([port]) for port in own})
        made.open = tuple(
            Open(zone, port, self.aliases.real(ends), otherwise)
            for zone, port, ends, otherwise in self.zones
        )
        made.states = [
            (zone, name, self.aliases.real(start), self.aliases.real(after))
            for zone, name, start, after in made.states
        ]
        made.graph = source.with_nodes([self._wired(*item) for item in self.nodes.items()])
        made.problems += self.aliases.circles
        for flat_id in self.locks.keys() - self.nodes.keys():
            if "#" not in flat_id:  # of a zone that now runs less often it may matter again
                self._lost_lock(flat_id)
        return made

    def _lost_lock(self, flat_id: str) -> None:
        node, _, inside = flat_id.partition("/")
        reason = f"There is no node {inside!r} inside, whose result it is locked to keep."
        found = Problem("lock", node, "", reason, "Unlock it, or give that node its name again.")
        self.made.problems.append(found)

    # Writing out

    def _scope(self, scope: _Scope) -> None:
        if scope.definition not in self.layouts:
            found = self.layouts[scope.definition] = layout(scope.nodes)
            for item in found.problems:
                self._problem(item.code, scope, item.node, item.port, item.reason, item.remedy)
        self._group(scope, "", ())

    def _group(self, scope: _Scope, zone: str, context: Context) -> None:
        """Write out what is directly in a zone, or in none, of a scope."""
        laid_out = self.layouts[scope.definition]
        prefix = f"{context[-1][1]}/" if context else scope.prefix
        for node in laid_out.members.get(zone, ()):
            self.aliases.count()
            flat_id = prefix + node.id
            self.made.origins[flat_id] = scope.origin(node.id, prefix)
            for inside, key in node.locks.items():
                self.locks.setdefault(flat_id + inside, key)
            if node.state and (used(node) or node.type == REPEAT):
                self._left_out(scope, node, flat_id, context)
            elif name := used(node):
                self._instance(scope, node, flat_id, name, context)
            elif node.type == REPEAT:
                if node.id in laid_out.zones:
                    self._zone(scope, laid_out.zones[node.id], flat_id, context)
                else:
                    self.made.broken.add(flat_id)
            else:
                self._plain(scope, node, flat_id, context)

    def _plain(self, scope: _Scope, node: Node, flat_id: str, context: Context) -> None:
        self.nodes[flat_id] = node
        self.wires[flat_id] = {
            port: self._located(scope, sources, context, flat_id, port)
            for port, sources in node.inputs.items()
        }

    def _left_out(self, scope: _Scope, node: Node, flat_id: str, context: Context) -> None:
        """Muted and bypassed it stays one node; a bypassed zone hands its states through."""
        if node.type != REPEAT or node.state == "muted":
            kept = {name: ends for name, ends in node.inputs.items() if "." not in name}
            self._plain(scope, replace(node, inputs=kept), flat_id, context)
            return
        self.composite.add(flat_id)
        for name, sources in node.inputs.items():
            if f"{NEXT}{name}" in node.inputs:
                ends = self._located(scope, sources, context, flat_id, name)
                self.aliases.add(Source(flat_id, name), ends)

    def _instance(
        self, scope: _Scope, node: Node, flat_id: str, name: str, context: Context
    ) -> None:
        definition = self.source.definitions.get(name)
        code, reason, remedy = self._refused(scope, name, definition)
        if definition is None or code:
            self.made.broken.add(flat_id)
            self._problem(code, scope, node.id, "type", reason, remedy)
            return
        self.composite.update((flat_id, f"{flat_id}/{INPUTS}"))
        self.wires[flat_id] = {}
        for port in (*node.params, *node.inputs):
            if port not in definition.inputs:
                known = ", ".join(definition.inputs) or "none"
                remedy = f"{name} has {known}.{suggestion(port, definition.inputs)}"
                self._problem(
                    "unknown-input", scope, node.id, port, "There is no such input.", remedy
                )
        for port in definition.inputs:
            ends = self._located(scope, node.inputs.get(port, ()), context, flat_id, port)
            if not ends and port in node.params:
                ends = (Given(node.params[port]),)
            self.wires[flat_id][port] = ends
            self.aliases.add(Source(f"{flat_id}/{INPUTS}", port), ends, (flat_id, port))
            if not ends:
                self.made.absent.add((flat_id, port))
        inner = _Scope(
            definition.nodes,
            f"{flat_id}/",
            (*scope.path, node.id),
            name,
            (*scope.stack, name),
            definition.inputs,
        )
        self._scope(inner)
        for port, source in definition.outputs.items():
            ends = self._located(inner, (source,), (), "", port)
            self.aliases.add(Source(flat_id, port), ends)

    def _refused(
        self, scope: _Scope, name: str, definition: Definition | None
    ) -> tuple[str, str, str]:
        """Why a definition can't be written out here: code, reason, remedy; empty when it can."""
        if definition is None:
            known = self.source.definitions
            remedy = "Define it, or remove the node." + suggestion(name, known)
            return "unknown-type", f"There is no subgraph {name!r}.", remedy
        if name in scope.stack:
            around = (*scope.stack[scope.stack.index(name) :], name)
            reason = f"The subgraph {name!r} is inside itself: {' → '.join(around)}."
            return "recursion", reason, "Remove one of these instances."
        if len(scope.stack) >= MAX_NESTING:
            reason = f"Subgraphs are nested more than {MAX_NESTING} deep."
            return "too-deep", reason, "Put fewer inside each other."
        if ends := [end for end in ENDS if end in definition.nodes]:
            reason = f"A node of the subgraph {name!r} is called {ends[0]!r}, as its own ports are."
            return "name", reason, "Rename that node."
        return "", "", ""

    def _zone(self, scope: _Scope, zone: Zone, flat_id: str, context: Context) -> None:
        self.composite.add(flat_id)
        starts: dict[str, Ends] = {name: (Given(value),) for name, value in zone.literal.items()}
        for name, sources in zone.start.items():
            starts[name] = self._located(scope, sources, context, flat_id, name)
        listed = self._located(scope, zone.listed, context, flat_id, EACH)
        if flat_id in self.items:
            items = self.items[flat_id]
        else:
            items = tuple(map(Given, zone.items or ())) if not listed else ()
        state = dict(starts)
        gathered: dict[str, Ends] = dict.fromkeys(zone.gather, ())
        wires = self.wires[flat_id] = {**starts, EACH: listed}
        for place in range(self._iterations(scope, zone, flat_id, context, listed)):
            self.aliases.count()
            turn = f"{flat_id}#{place}"
            self.composite.add(turn)
            inside = (*context, (zone.id, turn))
            self.aliases.add(Source(turn, INDEX), (Given(place),))
            if zone.times is None and not zone.counted:
                here = items[place : place + 1]
                ends = here or self._picked(flat_id, place, listed)
                self.aliases.add(Source(turn, ITEM), ends, (flat_id, EACH))
            for name, ends in state.items():
                through = (flat_id, f"{NEXT}{name}" if place else name)
                self.aliases.add(Source(turn, name), ends, through)
            self._group(scope, zone.id, inside)
            for name, sources in zone.next.items():
                ends = self._located(scope, sources, inside, flat_id, f"{NEXT}{name}")
                if not place:
                    self.made.states.append((flat_id, name, starts[name], ends))
                state[name] = wires[f"{NEXT}{name}"] = ends
            for name, sources in zone.gather.items():
                gathered[name] += self._located(scope, sources, inside, flat_id, f"{GATHER}{name}")
        self.made.lists.update(Source(flat_id, name) for name in gathered)
        for name, ends in {**state, **gathered}.items():
            self.aliases.add(Source(flat_id, name), ends)

    def _iterations(
        self, scope: _Scope, zone: Zone, flat_id: str, context: Context, listed: Ends
    ) -> int:
        counted = self._located(scope, zone.counted, context, flat_id, TIMES)
        otherwise = zone.times if zone.items is None else len(zone.items)
        if not counted and not listed:
            found = otherwise
        elif flat_id in self.counts:
            found = self.counts[flat_id]
        else:
            port, ends = (TIMES, counted) if counted else (EACH, listed)
            self.zones.append((flat_id, port, ends, otherwise))
            return 1
        try:
            return count(found, zone.id)
        except GraphError as error:
            self._problem("repeat", scope, zone.id, error.field, error.reason, error.remedy)
            return 0

    def _picked(self, zone: str, place: int, listed: Ends) -> Ends:
        """The item of one iteration out of a list that a node makes."""
        flat_id = f"{zone}#{place}:{ITEM}"
        self.nodes[flat_id] = Node(flat_id, "repeat.item", params={"index": place})
        self.wires[flat_id] = {"items": listed}
        origin = self.made.origins[zone]
        self.made.origins[flat_id] = origin
        self.pickers[flat_id] = zone
        return (Source(flat_id, "value"),)

    # Wires

    def _located(
        self, scope: _Scope, sources: Iterable[Source], context: Context, reader: str, port: str
    ) -> Ends:
        """Sources that a scope's node names, by their flat ids, seen from inside these zones."""
        found: list[End] = []
        for source in sources:
            if place := self._place(scope, source, context):
                found.append(place)
                continue
            self.made.quiet.add((reader, port))
            if scope.inputs is not None and source.node == INPUTS:
                reason = f"The subgraph has no input {source.port!r}."
                remedy = f"Its inputs are {', '.join(scope.inputs) or 'none'}."
                code = "unknown-input"
            else:
                zone = scope.nodes[source.node].zone
                reason = f"{source} is inside the Repeat zone {zone}, and this is not."
                remedy = f"Hand it on as a state of {zone}, or gather it there."
                code = "zone"
            where = self.made.origins.get(reader)
            name = where.node if where else ""
            self._problem(code, scope, name, port, reason, remedy)
        return tuple(found)

    def _place(self, scope: _Scope, source: Source, context: Context) -> Source | None:
        for zone, turn in reversed(context):
            if source.node == zone:
                return Source(turn, source.port)
        if scope.inputs is not None and source.node == INPUTS:
            known = source.port in scope.inputs
            return Source(scope.prefix + INPUTS, source.port) if known else None
        home = scope.nodes.get(source.node)
        if home is None or not home.zone:
            return Source(scope.prefix + source.node, source.port)
        for zone, turn in reversed(context):
            if zone == home.zone:
                return Source(f"{turn}/{source.node}", source.port)
        return None

    def _wired(self, flat_id: str, node: Node) -> Node:
        """A node under its flat id, with its wires led to where they really come from."""
        params = dict(node.params)
        inputs: dict[str, tuple[Source, ...]] = {}
        for port, ends in self.wires[flat_id].items():
            wires: list[Source] = []
            plain: list[Any] = []
            for end in self.aliases.real(ends):
                if isinstance(end, Given):
                    plain.append(end.value)
                elif self._is_there(end, flat_id, port):
                    wires.append(end)
            if plain and (wires or len(plain) > 1):
                reason = "A plain value can't go into a list together with others."
                self._flat_problem("value", flat_id, port, reason, "Give it by a node.")
            elif plain:
                params[port] = plain[0]
            elif wires:
                inputs[port] = tuple(wires)
            if len(ends) == 1 < len(inputs.get(port, ())) and isinstance(ends[0], Source):
                self.made.lists_in[flat_id, port] = ends[0]
        lock = self.locks.get(flat_id, node.lock)
        return Node(flat_id, node.type, node.version, params, inputs, state=node.state, lock=lock)

    def _enters(self, flat_id: str, port: str) -> tuple[str, str] | None:
        """The instance or zone, and its port, that an input comes through."""
        if flat_id in self.pickers:
            return self.pickers[flat_id], EACH
        ways = map(self.aliases.enters, self.wires.get(flat_id, {}).get(port, ()))
        return next((way for way in ways if way), None)

    def _is_there(self, end: Source, reader: str, port: str) -> bool:
        if end.node in self.made.broken:
            self.made.quiet.add((reader, port))
            return False
        if end.node not in self.composite:
            return True
        known = [port.port for port in self.aliases if port.node == end.node]
        origin = self.made.origins.get(end.node)
        name = origin.node if origin else end.node
        reason = f"{name} has no output {end.port!r}."
        remedy = f"Its outputs are {', '.join(known) or 'none'}.{suggestion(end.port, known)}"
        self.made.quiet.add((reader, port))
        self._flat_problem("unknown-port", reader, port, reason, remedy)
        return False

    # Problems

    def _problem(
        self, code: str, scope: _Scope, node: str, port: str, reason: str, remedy: str
    ) -> None:
        """A problem that a scope's own text has, wherever it is used: told once."""
        where = f"subgraph:{scope.definition}/{node}" if scope.definition else node
        found = Problem(code, where.rstrip("/"), port, reason, remedy)
        if found not in self.made.problems:
            self.made.problems.append(found)

    def _flat_problem(self, code: str, node: str, port: str, reason: str, remedy: str) -> None:
        origin = self.made.origins[node]
        where = origin.address
        if origin.definition:
            where = f"subgraph:{origin.definition}/{origin.node}"
        found = Problem(code, where, port, reason, remedy)
        if found not in self.made.problems:
            self.made.problems.append(found)
