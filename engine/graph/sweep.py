"""Sweeps: a parameter that goes through several values, and the grid of runs this makes.

An axis is a list of values, a range, or the lines of a file. Axes multiply, the first one varying
slowest; an axis that goes `along` another moves in step with it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from engine.graph.context import Settings
from engine.graph.errors import GraphError, LoomError, WorkflowError
from engine.graph.graph import Graph, Source
from engine.graph.interface import param_at
from engine.graph.registry import Registry, suggestion

LIMIT = 10_000  # cells of a grid
SHOWN = 32  # characters of a value in an id or a line
LABEL = 120  # characters of a value in a label, which may have several lines


@dataclass(frozen=True)
class Span:
    """Numbers from `first` to `last`, both included, in steps."""

    first: float
    last: float
    step: float = 1

    def values(self) -> tuple[float, ...]:
        """The numbers; whole ones as integers. GraphError when the step never gets there."""
        way = self.last - self.first
        if not self.step or way * self.step < 0:
            raise GraphError(
                f"Steps of {self.step:g} don't lead from {self.first:g} to {self.last:g}.",
                remedy="Give a step that does.",
            )
        count = math.floor(way / self.step + 1e-9) + 1
        if count > LIMIT:
            raise GraphError(f"{count} values are more than {LIMIT}.", remedy="Take larger steps.")
        # Rounded, so that 0.1 … 0.3 by 0.1 ends on 0.3 and not on 0.30000000000000004.
        found = [round(self.first + place * self.step, 12) for place in range(count)]
        return tuple(int(value) if value == int(value) else value for value in found)


@dataclass(frozen=True)
class Lines:
    """The lines of a text file, each a value; empty ones are left out."""

    file: str

    def values(self, settings: Settings) -> tuple[str, ...]:
        """The lines; LoomError when the file can't be read."""
        path = settings.find_input(self.file)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeError:
            raise LoomError(f"{path} is not text in UTF-8.", remedy="Save it as UTF-8.") from None
        except OSError as error:
            raise LoomError(f"{path} can't be read: {error.strerror or error}.") from error
        return tuple(line.strip() for line in text.splitlines() if line.strip())


@dataclass(frozen=True)
class Axis:
    """What one parameter goes through; `along` names the axis that it moves in step with."""

    values: tuple[Any, ...] | Span | Lines
    along: str = ""

    def found(self, settings: Settings) -> tuple[Any, ...]:
        """The values; LoomError when there are none."""
        match self.values:
            case Span():
                values: tuple[Any, ...] = self.values.values()
            case Lines():
                values = self.values.values(settings)
            case _:
                values = self.values
        if not values:
            raise GraphError("It has no values to go through.", remedy="Give one or more.")
        return values


@dataclass(frozen=True)
class Cell:
    """One run of a sweep: its place on each independent axis, and what each parameter is.

    `labels` say for each independent axis what it and those along it are there.
    """

    place: tuple[int, ...]
    values: Mapping[str, Any]
    labels: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`denoise.guidance=3, seed.value=0`."""
        return ", ".join(f"{target}={shown(value)}" for target, value in self.values.items())


@dataclass(frozen=True)
class Grid:
    """All cells of a sweep, the last axis varying fastest, and how many there are each way."""

    shape: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()


def grid(graph: Graph, settings: Settings) -> Grid:
    """The cells that the axes of a graph make.

    Raises LoomError placed at an axis: no such node, no values, lengths that don't match, …
    """
    found: dict[str, tuple[Any, ...]] = {}
    groups: dict[str, list[str]] = {}
    for target, axis in graph.sweep.items():
        end = Source.parse(target)
        try:
            if end.node not in graph.nodes:
                remedy = suggestion(end.node, graph.nodes).strip()
                raise GraphError("The sweep goes over a node that is not there.", remedy=remedy)
            if axis.along and (axis.along not in graph.sweep or graph.sweep[axis.along].along):
                reason = f"It goes along {axis.along!r}, which is no axis of its own."
                raise GraphError(reason, remedy="Name one that multiplies.")
            found[target] = axis.found(settings)
        except LoomError as error:
            raise error.at(end.node, end.port) from None
        groups.setdefault(axis.along or target, []).append(target)
    for leader, targets in groups.items():
        for target in targets:
            if len(found[target]) != len(found[leader]):
                end = Source.parse(target)
                raise GraphError(
                    f"It has {len(found[target])} values and goes along {leader!r}, which has "
                    f"{len(found[leader])}.",
                    node=end.node,
                    field=end.port,
                    remedy="Give both the same number.",
                )
    shape = tuple(len(found[leader]) for leader in groups)
    if math.prod(shape) > LIMIT:
        reason = f"The sweep makes {math.prod(shape)} cells; {LIMIT} are the most."
        raise GraphError(reason, remedy="Take fewer values, or let axes go along each other.")
    cells: list[Cell] = []
    for place in itertools.product(*map(range, shape)):
        at = dict(zip(groups, place, strict=True))
        values = {
            target: found[target][at[axis.along or target]] for target, axis in graph.sweep.items()
        }
        labels = tuple(
            ", ".join(f"{target}={shown(values[target], LABEL)}" for target in targets)
            for targets in groups.values()
        )
        cells.append(Cell(place, values, labels))
    return Grid(shape, tuple(cells))


def check_targets(graph: Graph, registry: Registry) -> None:
    """Raise GraphError, placed at the axis, when one goes over what no value can be given to.

    `registry` knows the graph's own subgraphs as well.
    """
    for target in graph.sweep:
        end = Source.parse(target)
        node = graph.nodes.get(end.node)
        spec = registry.find(node.type) if node else None
        if spec and end.port in spec.inputs:
            raise GraphError(
                "It takes a link, and a sweep goes over values.",
                node=end.node,
                field=end.port,
                remedy="Sweep a parameter of the node that is joined to it.",
            )


def cell_graph(graph: Graph, values: Mapping[str, Any]) -> Graph:
    """The graph of one cell: the values set, the links into these parameters cut, no sweep."""
    single = Graph(graph.nodes.values(), graph.outputs, graph.view, definitions=graph.definitions)
    for target, value in values.items():
        end = Source.parse(target)
        if end.port in single.nodes[end.node].inputs:
            single.disconnect(target)
        single.set_param(end.node, end.port, value)
    return single


def shown(value: Any, most: int = SHOWN) -> str:
    """A value in so many characters of one line."""
    if isinstance(value, dict):  # a model
        value = cast(dict[str, Any], value).get("name", value)
    text = " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def parse_axis(graph: Graph, registry: Registry, text: str) -> tuple[str, Axis]:
    """Read `node.param=3,5,7`, `=0..3`, `=0..1..0.25` or `=@prompts.txt`, as `--sweep` takes it.

    `registry` knows the graph's own subgraphs as well. Raises LoomError that says what is wrong.
    """
    target, equals, given = text.partition("=")
    node_id, dot, name = target.partition(".")
    if not (equals and dot and given):
        remedy = "Write node.param=1,2,3 or node.param=0..3 or node.param=@prompts.txt."
        raise WorkflowError(f"{text!r} sweeps nothing.", remedy=remedy)
    param = param_at(graph, registry, target)
    if given.startswith("@"):
        return target, Axis(Lines(given[1:]))
    ends = given.split("..")
    try:
        if param.base in (int, float) and len(ends) in (2, 3):
            return target, Axis(Span(*map(_number, ends)))
        return target, Axis(tuple(param.parse(value.strip()) for value in given.split(",")))
    except LoomError as error:
        raise error.at(node_id, name) from None


def from_json(data: Any) -> Axis:
    """The axis that a workflow file gives, which its schema has allowed."""
    if isinstance(data, list):
        return Axis(tuple(cast(list[Any], data)))
    along: str = data.get("with", "")
    if "file" in data:
        return Axis(Lines(data["file"]), along)
    if "values" in data:
        return Axis(tuple(data["values"]), along)
    return Axis(Span(data["from"], data["to"], data.get("step", 1)), along)


def to_json(axis: Axis) -> Any:
    """The axis as a workflow file gives it."""
    match axis.values:
        case Span(first, last, step):
            data: dict[str, Any] = {"from": first, "to": last}
            if step != 1:
                data["step"] = step
        case Lines(file):
            data = {"file": file}
        case values:
            if not axis.along:
                return list(values)
            data = {"values": list(values)}
    return {**data, "with": axis.along} if axis.along else data


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise GraphError(f"{text!r} is not a number.", remedy="Write a range as 0..3.")
    return int(value) if value == int(value) else value
