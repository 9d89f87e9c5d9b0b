"""Joining nodes without a mouse: which ports a link between two of them means."""

from __future__ import annotations

from collections.abc import Iterator

from app.gui.canvas.fit import End, Fitting
from app.gui.canvas.node_item import NodeItem
from app.gui.document import Document


def pair_of(
    document: Document, prefix: str, source: NodeItem, target: NodeItem
) -> tuple[End, End] | None:
    """An output of one node and a free input of another that fit, None where nothing does.

    Inputs of exactly the kind come before those that convert, and parameters come last.
    """
    found = [
        (mark, index, start, end)
        for index, (mark, start, end) in enumerate(_pairs(document, prefix, source, target))
    ]
    if not found:
        return None
    _, _, start, end = min(found, key=lambda pair: pair[:2])
    return start, end


def _pairs(
    document: Document, prefix: str, source: NodeItem, target: NodeItem
) -> Iterator[tuple[int, End, End]]:
    """Every pair of ports that fits, with how surely."""
    given = document.graph.nodes[target.id].inputs
    for output in source.face.ports.outputs:
        start = End(source.id, output)
        fitting = Fitting(document, prefix, start)
        for port in target.all_ports():
            sources = given.get(port.name, ())
            taken = any(str(one) == start.name for one in sources) or not port.type.many
            if port.is_output or port.new or output.new or (sources and taken):
                continue
            end = End(target.id, port)
            if not fitting.refusal(end):
                exact = port.type.kind is not None and port.type.kind is fitting.kind.kind
                yield (2 if port.param else 0) + (not exact), start, end
