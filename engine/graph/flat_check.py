"""One pass over a graph that is written out: parameters, what they name on disk, links, facets."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.graph.context import Settings
from engine.graph.errors import CycleError, LoomError
from engine.graph.expand import TOO_MANY
from engine.graph.facets import End, PortTypes, Unifier, clash_in_words
from engine.graph.graph import Graph, Link, Node, Source
from engine.graph.params import OutputFolder
from engine.graph.problems import Problem
from engine.graph.registry import Registry, suggestion
from engine.graph.report import Report
from engine.graph.spec import NodeSpec, Port
from engine.graph.states import active
from engine.graph.types import (
    ONE_TO_LIST,
    Conversion,
    Facet,
    Kind,
    PortType,
    carries,
    find_conversion,
)

Probed = Mapping[str, Mapping[str, Facet]]


def unknown_output(graph: Graph, node_id: str) -> Problem:
    """That an output is asked for which is not there."""
    remedy = f"The nodes are {', '.join(graph.nodes) or 'none'}." + suggestion(node_id, graph.nodes)
    return Problem("unknown-output", "", "outputs", f"There is no node {node_id!r}.", remedy)


class FlatCheck:
    """One pass over a graph, in the order of its links."""

    def __init__(self, graph: Graph, registry: Registry, settings: Settings | None) -> None:
        self.active = active(graph, registry.find)
        self.left_out = [graph.nodes[node_id] for node_id in self.active.left_out]
        self.graph = self.active.graph
        self.registry = registry
        self.settings = settings
        self.problems: list[Problem] = []
        self.specs: dict[str, NodeSpec] = {}
        self.ends = Unifier()
        self.conversions: dict[Link, Conversion] = {}
        # What many nodes ask is found out once.
        self._said: dict[tuple[str, str], Callable[[], Probed]] = {}
        self._makers: dict[Kind | None, str] = {}
        self._places: dict[Path, bool] = {}

    def report(self) -> Report:
        """What is wrong, and what every port carries; never raises for what the graph holds."""
        order = self._order()
        for node_id in order:
            self._find_spec(self.graph.nodes[node_id])
        for node_id, spec in self.specs.items():
            self._check_params(self.graph.nodes[node_id], spec)
        for node_id, spec in self.specs.items():
            self._check_inputs(self.graph.nodes[node_id], spec)
        for node_id in self.graph.outputs:
            if node_id not in self.graph.nodes:
                self.problems.append(unknown_output(self.graph, node_id))
        known = dict(self.specs)
        for node in self.left_out:
            if spec := self.registry.find(node.type):
                known[node.id] = spec
        outputs = PortTypes(known, self.ends, outputs=True)
        inputs = PortTypes(known, self.ends, outputs=False)
        return Report(tuple(self.problems), outputs, inputs, self.conversions)

    def _add(self, code: str, node: str, port: str, reason: str, remedy: str) -> None:
        self.problems.append(Problem(code, node, port, reason, remedy))

    def _order(self) -> Iterable[str]:
        try:
            return self.graph.order()
        except CycleError as error:
            self._add("cycle", error.node, "", error.reason, error.remedy)
            return self.graph.nodes

    def _find_spec(self, node: Node) -> None:
        try:
            spec = self.registry.get(node.type)
        except LoomError as error:
            self._add("unknown-type", node.id, "type", error.reason, error.remedy)
            return
        self.specs[node.id] = spec
        if node.version != spec.version:
            self._add(
                "version",
                node.id,
                "version",
                f"It is for version {node.version} of {spec.id}; version {spec.version} is here.",
                "Update the pack." if node.version > spec.version else "Open it from its file.",
            )

    def _check_params(self, node: Node, spec: NodeSpec) -> None:
        """Parameters, then what they name on disk, then the facets that a probe reads there."""
        values: dict[str, Any] = {}
        for name in node.params:
            if name not in spec.params:
                known = ", ".join(spec.params) or "no parameters"
                remedy = f"{spec.label} has {known}.{suggestion(name, spec.params)}"
                reason = "There is no such parameter."
                self._add("unknown-param", node.id, name, reason, remedy)
        for name, param in spec.params.items():
            if name in node.params:
                try:
                    values[name] = param.validate(node.params[name])
                except LoomError as error:
                    self._add("bad-param", node.id, name, error.reason, error.remedy)
            elif not param.required:
                values[name] = param.default
            elif name not in node.inputs:
                reason = (self._cut(node, name) or "It needs a value") + "."
                self._add("missing-param", node.id, name, reason, f"Give {param.describe()}.")
        if self.settings:
            values = self._resolved(node, spec, values, self.settings)
        for port in spec.outputs.values():
            self.ends.fix_annotated(End(node.id, spec, port, True))
        for port in spec.inputs.values():
            self.ends.fix_annotated(End(node.id, spec, port, False))
        if spec.probe and self.settings and values.keys() == spec.params.keys():
            self._probe(node, spec, values)

    def _resolved(
        self, node: Node, spec: NodeSpec, values: dict[str, Any], settings: Settings
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values.items():
            try:
                found[name] = spec.params[name].resolve(value, settings)
            except LoomError as error:
                self._add("missing-file", node.id, name, error.reason, error.remedy)
        if spec.nature == "effect":
            widgets = {name: param.widget for name, param in spec.params.items()}
            places = [name for name in found if isinstance(widgets[name], OutputFolder)]
            for folder in [Path(found[name]) for name in places] or [settings.output_folder]:
                if folder not in self._places:
                    self._places[folder] = _writable(folder)
                if not self._places[folder]:
                    reason = f"{folder} can't be written to."
                    remedy = "Choose an output folder that you may write to."
                    self._add("output-folder", node.id, "".join(places[:1]), reason, remedy)
        return found

    def _probe(self, node: Node, spec: NodeSpec, values: Mapping[str, Any]) -> None:
        """Let the loader say what it would load."""
        asked = spec.id, repr(values)
        if asked not in self._said:
            self._said[asked] = _probed(spec, values)
        try:
            said = self._said[asked]()
        except LoomError as error:
            self._add("unreadable", node.id, error.field, error.reason, error.remedy)
            return
        except Exception as error:  # a probe meets whatever lies in the file
            reason = f"What it names can't be read: {type(error).__name__}: {error}."
            self._add("unreadable", node.id, "", reason, "Check the file or folder.")
            return
        for name, facets in said.items():
            if port := spec.outputs.get(name):
                for facet, value in facets.items():
                    self.ends.fix(End(node.id, spec, port, True), facet, value)

    def _check_inputs(self, node: Node, spec: NodeSpec) -> None:
        for name, port in spec.inputs.items():
            if port.required and not node.inputs.get(name):
                reason = self._cut(node, name) or "Nothing is joined to it"
                reason += f", and {spec.label} needs {port.type.describe()}."
                remedy = self._who_makes(port.type.kind, *port.type.among)
                self._add("missing-input", node.id, name, reason, remedy)
        for name, sources in node.inputs.items():
            port_type = spec.socket(name)
            if port_type is None:
                known = [port for port in (*spec.inputs, *spec.params) if spec.socket(port)]
                remedy = f"{spec.label} has {', '.join(known) or 'none'}.{suggestion(name, known)}"
                reason = "There is no such input."
                if name == spec.gathers:
                    reason = "A sweep fills it in, so it takes no link."
                elif name in spec.params:
                    reason = "It names something on disk, so it takes no link."
                self._add("unknown-input", node.id, name, reason, remedy)
                continue
            if len(sources) > 1 and not port_type.many:
                reason = f"{len(sources)} links come in, and it takes one."
                self._add(TOO_MANY, node.id, name, reason, "Keep one of them.")
            target = End(node.id, spec, spec.inputs.get(name) or Port(name, port_type), False)
            for source in sources:
                self._check_link(source, target)

    def _check_link(self, source: Source, target: End) -> None:
        link = Link(source, target.node, target.port.name)
        if source.node not in self.graph.nodes:
            remedy = "Join it to a node that is there." + suggestion(source.node, self.graph.nodes)
            self._problem("missing-node", link, f"There is no node {source.node!r}.", remedy)
            return
        spec = self.specs.get(source.node)
        if spec is None:
            return
        port = spec.outputs.get(source.port)
        if port is None:
            known = ", ".join(spec.outputs) or "none"
            near = suggestion(source.port, spec.outputs)
            reason = f"{source.node} has no output {source.port!r}."
            self._problem("unknown-port", link, reason, f"Its outputs are {known}.{near}")
            return
        origin = End(source.node, spec, port, True)
        if self._check_kinds(link, origin, target):
            clashes = self.ends.join(origin, target)
            if clashes:
                words = clash_in_words(link, origin, target, clashes, self.ends)
                self._problem("facets", link, *words)

    def _check_kinds(self, link: Link, source: End, target: End) -> bool:
        """Whether the kinds of a link's ends fit, so that facets can be compared."""
        given, wanted = self.ends.kind(source), self.ends.kind(target)
        if given is None:
            return False
        if wanted is None and target.port.type.takes(given):
            self.ends.take_kind(target, given)
            wanted = given
        many_to_one = source.port.type.many and not target.port.type.many
        way = find_conversion(given, wanted) if wanted and not many_to_one else None
        fits = wanted is not None and carries(wanted, given)
        if many_to_one or not (fits or way):
            carried = PortType(given, many=source.port.type.many).describe()
            taken = replace(target.port.type, kind=wanted, facets={})
            reason = f"{carried} from {link.source} can't feed it: it takes {taken.describe()}."
            self._problem("kind", link, reason, self._who_makes(wanted, *taken.among))
            return False
        if way and not fits:
            self.conversions[link] = way
        elif target.port.type.many and not source.port.type.many:
            self.conversions[link] = ONE_TO_LIST
        return True

    def _cut(self, node: Node, port: str) -> str:
        """Why nothing comes through the links into a port, "" where that is not so."""
        reason = self.active.cuts.get((node.id, port), "")
        return reason and f"It gets nothing: {reason}"

    def _problem(self, code: str, link: Link, reason: str, remedy: str) -> None:
        self._add(code, link.node, link.port, reason, remedy)

    def _who_makes(self, *wanted: Kind | None) -> str:
        """The nodes whose outputs are of the first of these kinds that is known, as advice.

        Those come first that need little, and least of all that kind itself.
        """
        kind = next((one for one in wanted if one), None)
        if kind not in self._makers:
            self._makers[kind] = self._makers_of(kind)
        return self._makers[kind]

    def _makers_of(self, kind: Kind | None) -> str:
        def needs(spec: NodeSpec) -> tuple[bool, int]:
            ports = spec.inputs.values()
            return any(port.type.kind is kind for port in ports), sum(p.required for p in ports)

        makers = [
            spec
            for spec in self.registry
            if any(port.type.kind is kind for port in spec.outputs.values())
        ]
        if kind is None or not makers:
            return "Join an output of that kind."
        shown = ", ".join(spec.label for spec in sorted(makers, key=needs)[:4])
        return f"{kind.name} comes from: {shown}{' and others' * (len(makers) > 4)}."


def _probed(spec: NodeSpec, values: Mapping[str, Any]) -> Callable[[], Probed]:
    """Ask a loader once: what gives its answer again and again, or raises what it raised."""
    assert spec.probe
    try:
        said: Probed = spec.probe(values)
    except Exception as error:
        failure = error

        def fail() -> Probed:
            raise failure

        return fail
    return lambda: said


def _writable(folder: Path) -> bool:
    """Whether a folder can be written to, or made where it is not there yet."""
    while not os.path.exists(folder) and folder != folder.parent:  # False also where looking fails
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
