"""Whether a canvas shows what its graph holds."""

from __future__ import annotations

from collections import defaultdict

from app.gui.canvas.face import face_of, view_of
from app.gui.canvas.frame_item import frame_area, is_frame
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.wiring import links_of


def differences(mirror: Mirror) -> list[str]:
    """Where the view is not as the graph is: nothing, ever."""
    graph = mirror.document.graph
    found: list[str] = []
    links = links_of(graph)
    if mirror.nodes.keys() != graph.nodes.keys():
        found.append(f"nodes: {mirror.nodes.keys() ^ graph.nodes.keys()}")
    if mirror.links.keys() != links:
        found.append(f"links: {mirror.links.keys() ^ links}")
    read: dict[str, set[str]] = defaultdict(set)
    for key in links:
        read[key.source.node].add(key.source.port)
    for name, item in mirror.nodes.items():
        if name not in graph.nodes:
            continue
        if item.face != face_of(mirror.document, graph.nodes[name], sorted(read[name])):
            found.append(f"face of {name}")
        at = view_of(mirror.document, name).get("at")
        free = not mirror.members(name)
        if at is not None and free and [item.x(), item.y()] != [float(part) for part in at]:
            found.append(f"place of {name}")
    for key, item in mirror.links.items():
        if mirror.ends_of(key) != item.ends:
            found.append(f"way of {key}")
    if mirror.frames.keys() != {name for name in graph.view if is_frame(name)}:
        found.append("frames")
    for name, item in mirror.frames.items():
        if item.box() != frame_area(view_of(mirror.document, name)):
            found.append(f"place of {name}")
    return found
