"""Auto-layout: columns by how far a node is from its sources, rows that cross few links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF

from engine.graph.graph import Graph
from engine.graph.repeat import GATHER, NEXT, REPEAT

COLUMN = 72.0  # between columns
ROW = 28.0  # between nodes of a column
GRID = 4.0

Size = tuple[float, float]


def laid_out(
    graph: Graph, sizes: Mapping[str, Size], among: Iterable[str] | None = None
) -> dict[str, QPointF]:
    """Places for nodes (None: all) from left to right, following the links.

    Layers by longest path, then a few sweeps that put each node beside the middle of its
    neighbours (Sugiyama, Tagawa and Toda 1981).
    """
    names = [name for name in (graph.nodes if among is None else among) if name in graph.nodes]
    before = {name: _sources(graph, name, set(names)) for name in names}
    layers = _layers(names, before)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in names:
        columns[layers[name]].append(name)
    after: dict[str, list[str]] = defaultdict(list)
    for name, sources in before.items():
        for source in sources:
            after[source].append(name)
    for sweep in range(6):
        forward = sweep % 2 == 0
        neighbours: Mapping[str, Sequence[str]] = before if forward else after
        for layer in sorted(columns, reverse=not forward):
            _sort(columns[layer], columns, layers, neighbours)
    return _placed(columns, sizes, before)


def free_places(
    graph: Graph,
    names: Sequence[str],
    sizes: Mapping[str, Size],
    taken: list[QRectF],
    at: Callable[[str], QPointF],
) -> dict[str, QPointF]:
    """Places for a few nodes among others: right of what they read, else left of their readers."""
    found: dict[str, QPointF] = {}
    for name in names:
        wide, high = sizes[name]
        want = _beside(graph, name, sizes, at, {*names} - found.keys(), found)
        area = QRectF(want.x(), want.y(), wide, high)
        while any(area.intersects(other.adjusted(-8, -8, 8, 8)) for other in taken):
            area.translate(0, ROW + GRID)
        taken.append(area)
        found[name] = _snapped(area.topLeft())
    return found


def _beside(
    graph: Graph,
    name: str,
    sizes: Mapping[str, Size],
    at: Callable[[str], QPointF],
    unknown: set[str],
    found: Mapping[str, QPointF],
) -> QPointF:
    known = [
        source for source in graph.nodes[name].reads()
        if source in graph.nodes and source not in unknown
    ]  # fmt: skip
    place = {other: found[other] if other in found else at(other) for other in known}
    if known:
        right = max(place[other].x() + sizes[other][0] for other in known)
        return QPointF(right + COLUMN, min(place[other].y() for other in known))
    readers = [
        node.id for node in graph.nodes.values() if name in node.reads() and node.id not in unknown
    ]
    if readers:
        places = [found[other] if other in found else at(other) for other in readers]
        left = min(point.x() for point in places)
        return QPointF(left - COLUMN - sizes[name][0], min(point.y() for point in places))
    return QPointF(0, 0)


def _sources(graph: Graph, name: str, among: set[str]) -> list[str]:
    """What a node stands right of: what it reads, and for a member of a zone, what that reads."""
    node = graph.nodes[name]
    found = [
        source.node
        for port, sources in node.inputs.items()
        for source in sources
        if not (node.type == REPEAT and port.startswith((NEXT, GATHER)))
    ]
    if node.zone and node.zone in graph.nodes:
        found.append(node.zone)
    for source in list(found):
        other = graph.nodes.get(source)
        if other and other.type == REPEAT and node.zone != source:  # after all that is in it
            found += [item.id for item in graph.nodes.values() if item.zone == source]
    return [source for source in dict.fromkeys(found) if source in among and source != name]


def _layers(names: Sequence[str], before: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many links lead to each node at most; circles are cut where they are met."""
    layers: dict[str, int] = {}
    for start in names:
        stack = [start]
        open_: set[str] = set()
        while stack:
            name = stack[-1]
            open_.add(name)
            waiting = [other for other in before[name] if other not in layers]
            waiting = [other for other in waiting if other not in open_]
            if name in layers or not waiting:
                known = [layers[other] for other in before[name] if other in layers]
                layers.setdefault(name, max(known, default=-1) + 1)
                stack.pop()
            else:
                stack += waiting
    return layers


def _sort(
    column: list[str],
    columns: Mapping[int, list[str]],
    layers: Mapping[str, int],
    neighbours: Mapping[str, Sequence[str]],
) -> None:
    places = {name: index for names in columns.values() for index, name in enumerate(names)}
    lengths = {layer: max(1, len(names)) for layer, names in columns.items()}

    def middle(name: str) -> float:
        found = [places[other] / lengths[layers[other]] for other in neighbours.get(name, ())]
        return sum(found) / len(found) if found else places[name] / len(column)

    column.sort(key=middle)


def _placed(
    columns: Mapping[int, list[str]],
    sizes: Mapping[str, Size],
    before: Mapping[str, Sequence[str]],
) -> dict[str, QPointF]:
    """Columns side by side, each around the height of what it reads."""
    found: dict[str, QPointF] = {}
    x = 0.0
    for layer in sorted(columns):
        names = columns[layer]
        high = sum(sizes[name][1] for name in names) + ROW * (len(names) - 1)
        read = [
            found[other].y() + sizes[other][1] / 2
            for name in names
            for other in before[name]
            if other in found
        ]
        y = (sum(read) / len(read) if read else 0.0) - high / 2
        for name in names:
            found[name] = _snapped(QPointF(x, y))
            y += sizes[name][1] + ROW
        x += max(sizes[name][0] for name in names) + COLUMN
    return found


def _snapped(at: QPointF) -> QPointF:
    return QPointF(round(at.x() / GRID) * GRID, round(at.y() / GRID) * GRID)
