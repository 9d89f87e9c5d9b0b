"""What a node shows of itself: its name, its ports, and the few parameters that matter.

Which parameters: those that the person pinned; else the first few that can be changed in a glance.
One that a link feeds is always there, because its port is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.gui.canvas.ports import ENDS, Ports, ports_of, runs_over_items
from app.gui.document import Document
from app.gui.language import tr
from engine.graph.graph import Node
from engine.graph.naming import title
from engine.graph.params import (
    Cells,
    Choices,
    Drawing,
    FilePath,
    ModelName,
    Multiline,
    OutputFolder,
    Param,
    Range,
    Seed,
)
from engine.graph.repeat import REPEAT, TIMES
from engine.graph.spec import NodeSpec
from engine.graph.subgraph import used
from engine.graph.types import Kind, PortType

Sort = Literal["number", "text", "lines", "bool", "choice", "seed", "model", "file", "other"]

ROWS = 4
"""How many parameters a node shows unless the person pins others."""

LATENTS = frozenset({"Latents"})
PICTURED = frozenset({"Image", "Mask"}) | LATENTS
"""Kinds that can be looked at."""

LEFT_ALONE = (None, "", "auto", "as loaded")
"""Defaults by which the model or the picture decides."""


@dataclass(frozen=True)
class Row:
    """One parameter on the face of a node: its value, and whether it is given, or comes by a link.

    `low` and `high` are there for numbers with a range.
    """

    param: Param
    sort: Sort
    value: Any
    given: bool = False
    linked: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.param.name

    @property
    def text(self) -> str:
        """The value as people read it."""
        return value_text(self.param, self.value)


@dataclass(frozen=True)
class Face:
    """All that a node shows but for what its last run says."""

    id: str
    title: str
    kind: Kind | None
    ports: Ports
    rows: tuple[Row, ...]
    unknown: bool = False
    state: str = ""
    locked: bool = False
    collapsed: bool = False
    instance: bool = False
    wanted: bool = False
    pictured: bool = False
    help: str = ""


def face_of(document: Document, node: Node, read: Iterable[str] = ()) -> Face:
    """The face of a node that is shown; `read` are those of its outputs that links come from."""
    spec = document.registry.find(node.type)
    view = view_of(document, node.id)
    ports = ports_of(document, node, read)
    kinds = [port.type.kind for port in (*ports.outputs, *ports.inputs) if port.type.kind]
    return Face(
        id=node.id,
        title=spec.label if spec else _name(node),
        kind=kinds[0] if kinds else None,
        ports=ports,
        rows=rows_of(node, spec, view.get("pins")) if spec else (),
        unknown=spec is None and node.type not in ENDS,
        state=node.state,
        locked=bool(node.lock or node.locks),
        collapsed=bool(view.get("collapsed")),
        instance=bool(used(node)),
        wanted=node.id in document.graph.outputs,
        pictured=spec is not None and is_pictured(spec),
        help=spec.summary if spec else "",
    )


def is_pictured(spec: NodeSpec) -> bool:
    """Whether what a node of a type makes, or saves, has a picture.

    Latents of a size that only fits a model are empty.
    """
    ports = spec.outputs or spec.inputs
    kinds = [kinds_of(port.type) for port in ports.values()]
    empty = all(port.handle_only for port in spec.inputs.values())
    return any(kind and kind <= (PICTURED - LATENTS if empty else PICTURED) for kind in kinds)


def kinds_of(given: PortType) -> frozenset[str]:
    """The names of the kinds that a port may be of, none for any."""
    return frozenset(kind.name for kind in (given.among if given.kind is None else (given.kind,)))


def view_of(document: Document, name: str) -> Mapping[str, Any]:
    """What is kept about a node or a frame, {} for nothing."""
    found = document.graph.view.get(name)
    return found if isinstance(found, dict) else {}


def rows_of(node: Node, spec: NodeSpec, pins: object = None) -> tuple[Row, ...]:
    """The parameters on the face: pinned ones or the first few, and all that links feed."""
    if node.type == REPEAT:
        over = runs_over_items(node) or node.inputs.get(TIMES)
        return () if over else (row_of(node, spec.params[TIMES]),)
    if isinstance(pins, list):
        chosen = [name for name in pins if name in spec.params]
    else:
        chosen = usual_rows(node, spec)
    linked = [name for name in node.inputs if name in spec.params and name not in chosen]
    return tuple(row_of(node, spec.params[name]) for name in (*chosen, *linked))


def usual_rows(node: Node, spec: NodeSpec) -> list[str]:
    """The parameters of a node on which nobody pinned any: a text alone, else the first few.

    Those that are best left alone are only shown when they were not.
    """
    fit = [
        name
        for name, param in spec.params.items()
        if at_a_glance(param) and (name in node.params or not left_alone(param))
    ]
    texts = [name for name in fit if isinstance(spec.params[name].widget, Multiline)]
    return texts[:1] or fit[:ROWS]


def at_a_glance(param: Param) -> bool:
    """Whether a parameter can be read and changed in one line, or is a text to write."""
    return not isinstance(param.widget, Drawing | Cells | OutputFolder)


def left_alone(param: Param) -> bool:
    """Whether the default of a parameter says that something else decides."""
    if isinstance(param.widget, Seed | Multiline) or param.required:
        return False
    return param.default in LEFT_ALONE


def row_of(node: Node, param: Param) -> Row:
    """The row of one parameter."""
    given = param.name in node.params
    value = node.params[param.name] if given else None if param.required else param.default
    low = high = None
    if isinstance(param.widget, Range):
        low, high = param.widget.low, param.widget.high
    return Row(param, sort_of(param), value, given, bool(node.inputs.get(param.name)), low, high)


def sort_of(param: Param) -> Sort:
    """How a parameter is shown and edited."""
    match param.widget:
        case Choices():
            return "choice"
        case Multiline():
            return "lines"
        case Seed():
            return "seed"
        case ModelName():
            return "model"
        case FilePath():
            return "file"
        case Drawing() | Cells():
            return "other"
        case _:
            pass
    if param.base is bool:
        return "bool"
    return "number" if param.base in (int, float) else "text"


def value_text(param: Param, value: Any) -> str:
    """A value as people read it."""
    if value is None:
        if isinstance(param.widget, Seed):
            return tr("new each run")
        return tr("to be given") if param.required else tr("automatic")
    if isinstance(value, dict):
        return str(value.get("name", ""))
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, float):
        return f"{value:.6g}"
    if param.base is float and isinstance(value, int):
        return f"{float(value):.6g}"
    return str(value)


def _name(node: Node) -> str:
    """What a node without a specification is called."""
    if node.type in ENDS:
        return tr("Inputs") if ENDS[node.type] == "inputs" else tr("Outputs")
    return title(node.type.rpartition(".")[2].rpartition(":")[2])
