"""The ports of the subgraph that is shown: renamed for all its instances, and removed."""

from __future__ import annotations

from app.gui.canvas import edits
from app.gui.canvas.link_item import LinkKey
from app.gui.canvas.shape import Spot
from app.gui.document import Document
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.subgraph import INPUTS, rename_input, rename_output, used


def rename_port(document: Document, spot: Spot, new: str) -> str:
    """Give a port another name, which all instances follow; what is wrong with it, "" for nothing.

    An output of the node `inputs` is an input of the subgraph, and the other way round.
    """
    old, is_input = spot
    if new == old or not document.scope:
        return ""
    rename = rename_input if is_input else rename_output
    try:
        with document.edit_root(tr("Rename a port")) as root:
            rename(root, document.scope, old, new)
    except LoomError as error:
        return str(error)
    return ""


def remove_port(document: Document, spot: Spot) -> None:
    """Remove a port of the subgraph, and the links inside that use it."""
    name, is_input = spot
    with document.edit(tr("Remove a port")) as graph:
        if not is_input:
            graph.disconnect(f"outputs.{name}")
            return
        for link in list(graph.links()):
            if link.source == (INPUTS, name):
                edits.cut(graph, LinkKey(link.source, link.node, link.port, 0))
        ports = [port for port in graph.nodes[INPUTS].params.get("ports", ()) if port != name]
        graph.set_param(INPUTS, "ports", ports)


def rename_subgraph(document: Document, instance: str, new: str) -> str:
    """Give the subgraph of an instance another name; what is wrong with it, "" for nothing."""
    old = used(document.graph.nodes[instance])
    if new == old:
        return ""
    try:
        with document.edit_root(tr("Rename the subgraph")) as root:
            root.rename_definition(old, new)
    except LoomError as error:
        return str(error)
    return ""
