"""What a node type does, takes and gives, as the text of a tool tip."""

from __future__ import annotations

import re
from html import escape

from app.gui import theme
from app.gui.language import tr
from app.gui.palette.families import legible
from engine.graph.spec import NodeSpec, Port
from engine.graph.types import PortType


def tip_of(spec: NodeSpec) -> str:
    """A node type in a few lines of rich text."""
    colours = theme.theme()
    parts = [
        f"<b>{escape(spec.label)}</b>&nbsp;&nbsp;"
        f"<span style='color:{colours.dim}'>{escape(spec.id)}</span>"
    ]
    if spec.summary:
        parts.append(as_html(spec.summary))
    for title, ports in ((tr("Takes"), spec.inputs), (tr("Gives"), spec.outputs)):
        if ports:
            rows = "".join(_row(port) for port in ports.values())
            parts.append(
                f"<span style='color:{colours.dim}'>{escape(title)}</span>"
                f"<table cellspacing='0' cellpadding='1'>{rows}</table>"
            )
    return "<div style='width:26em'>" + "<br>".join(parts) + "</div>"


def said_of(spec: NodeSpec | None, name: str) -> str:
    """What a node type's docstring says of one of its ports or parameters, "" for nothing."""
    if spec is None:
        return ""
    paragraphs = [" ".join(part.split()) for part in spec.help.split("\n\n")]
    sentences = [one for part in paragraphs for one in re.split(r"(?<=[.;]) (?=\S)", part)]
    found = [one for one in sentences if f"`{name}`" in one]
    return " ".join(found[:2]).replace("`", "").rstrip(";")


def swatch(port_type: PortType) -> str:
    """A dot in the colour of a type, as rich text."""
    colour = legible(port_type.kind.colour) if port_type.kind else theme.theme().dim
    return f"<span style='color:{colour}'>●</span>"


def _row(port: Port) -> str:
    optional = "" if port.required else f" ({tr('optional')})"
    return (
        f"<tr><td>{swatch(port.type)}&nbsp;</td><td>{escape(port.label)}&nbsp;&nbsp;</td>"
        f"<td style='color:{theme.theme().dim}'>{escape(port.type.describe())}{optional}</td></tr>"
    )


def as_html(text: str) -> str:
    """A docstring as rich text: paragraphs unwrapped, names in back quotes brighter."""
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    bright = f"<span style='color:{theme.theme().text}'>\\1</span>"
    found = [re.sub(r"`([^`]+)`", bright, escape(part)) for part in paragraphs]
    return "<br><br>".join(found)
