"""What is said when the mouse rests on something of the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPointF

from app.gui.canvas.fit import End, known_type
from app.gui.canvas.link_item import LinkItem
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.paint import seconds_text
from app.gui.document import Document
from app.gui.language import tr
from app.gui.palette.tip import said_of


def of_node(document: Document, prefix: str, item: NodeItem, at: QPointF) -> str:
    """The tooltip at a point of a node: a port's type, a parameter's meaning, how it stands."""
    spot = item.port_at(at)
    if spot and (port := item.port(spot)):
        words = known_type(document, prefix, End(item.id, port)).describe()
        if port.lost:
            words = tr("This port is no part of the node's type any more.")
        return _lines(
            f"<b>{escape(port.label)}</b>", words, said_of(document.spec(item.id), spot[0])
        )
    name = item.shape_.row_at(at - item.pos())
    row = next((row for row in item.face.rows if row.name == name), None)
    if row is not None:
        said = said_of(document.spec(item.id), name)
        return _lines(f"<b>{escape(row.param.label)}</b>", said, row.param.describe())
    return _node(document, item)


def _lines(title: str, *words: str) -> str:
    return "<br>".join([title, *(escape(line) for line in words if line)])


def of_link(document: Document, prefix: str, item: LinkItem) -> str:
    """The tooltip of a link: what it carries, and into what that is turned."""
    report = document.report
    try:
        carried = report.types[f"{prefix}{item.key.source}"].describe() if report else ""
    except KeyError:
        carried = ""
    lines = [f"{item.key.source} → {item.key.target}", carried]
    if item.conversion:
        lines.append(str(item.conversion))
    return "<br>".join(escape(line) for line in lines if line)


def in_words(document: Document, mirror: Mirror, names: Sequence[str]) -> str:
    """What is selected, for those who listen to the screen."""
    if len(names) != 1:
        return tr("{} nodes selected").format(len(names)) if names else tr("Nothing selected")
    item, node = mirror.piece(names[0]), document.graph.nodes[names[0]]
    parts = [f"{item.face.title} {item.face.id}"]
    reads = [f"{port}: {', '.join(map(str, found))}" for port, found in node.inputs.items()]
    parts += [*reads, *(f"{row.param.label}: {row.text}" for row in item.face.rows)]
    parts += [item.status.state, *(problem.reason for problem in item.problems)]
    return ". ".join(part for part in parts if part)


def _node(document: Document, item: NodeItem) -> str:
    face, status = item.face, item.status
    lines = [f"<b>{escape(face.title)}</b> <span>({escape(face.id)})</span>"]
    if face.unknown:
        kind = document.graph.nodes[face.id].type
        words = tr("The node type {} is not known here. What the file says of it is kept.")
        lines.append(escape(words.format(kind)))
    elif face.help:
        lines.append(escape(face.help.replace("`", "")))
    lines += [escape(f"{item.reason} {item.remedy}".strip()) for item in item.problems[:4]]
    if status.error:
        lines.append(escape(status.error))
    if status.state == "needed":
        lines.append(escape(tr("Would run: {}").format(status.why or tr("it has no result yet"))))
        if status.expected is not None:
            lines.append(escape(tr("Takes about {}").format(seconds_text(status.expected))))
        if status.held:
            lines.append(escape(tr("Its models: {}").format(status.held)))
    elif status.state == "cached":
        lines.append(escape(tr("Its result is kept, so it would not run.")))
    if face.state:
        muted = face.state == "muted"
        lines.append(tr("Muted: left out.") if muted else tr("Bypassed: hands on what it gets."))
    if face.locked:
        lines.append(tr("Locked: keeps its result whatever changes before it."))
    return "<br>".join(line for line in lines if line)
