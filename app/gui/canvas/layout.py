"""Auto-layout: columns by how far a node is from its sources, rows that cross few links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QMarginsF, QPointF, QRectF

from engine.graph.graph import Graph
from engine.graph.repeat import GATHER, NEXT, REPEAT

COLUMN = 72.0  # between columns
ROW = 28.0  # between nodes of a column
GRID = 4.0
AROUND = QMarginsF(124, 54, 124, 28)  # what a zone covers beside its members

Size = tuple[float, float]
Places = dict[str, QPointF]
Needs = Mapping[str, Sequence[str]]


def laid_out(graph: Graph, sizes: Mapping[str, Size], among: Iterable[str] | None = None) -> Places:
    """Places for nodes (None: all) from left to right, following the links.

    Layers by longest path, then a few sweeps that put each node beside the middle of its
    neighbours (Sugiyama, Tagawa and Toda 1981). The members of a zone are laid out by themselves,
    and stand among the others as one.
    """
    names = [name for name in (graph.nodes if among is None else among) if name in graph.nodes]
    return _laid_out(graph, sizes, names, "", set())


def _laid_out(
    graph: Graph, sizes: Mapping[str, Size], names: Sequence[str], zone: str, seen: set[str]
) -> Places:
    """Places for what is in one zone ("" for none), and for all that is deeper inside."""
    known = {*names}
    here = [name for name in names if _inside(graph, name, known) == zone]
    inner: dict[str, Places] = {}
    taken = dict(sizes)
    for name in here:
        if graph.nodes[name].type == REPEAT and name not in seen:
            inner[name] = _laid_out(graph, sizes, names, name, {*seen, name})
            area = _covered(inner[name], sizes)
            if not area.isEmpty():
                area = area.marginsAdded(AROUND)
                inner[name] = {one: at - area.topLeft() for one, at in inner[name].items()}
                taken[name] = (area.width(), area.height())
    before = _needs(graph, here, known)
    places = _columns(here, before, taken)
    for name, members in inner.items():
        places |= {one: _snapped(at + places[name]) for one, at in members.items()}
    return places


def _inside(graph: Graph, name: str, known: set[str]) -> str:
    zone = graph.nodes[name].zone
    return zone if zone in known else ""


def _covered(places: Places, sizes: Mapping[str, Size]) -> QRectF:
    area = QRectF()
    for name, at in places.items():
        area = area.united(QRectF(at.x(), at.y(), *sizes[name]))
    return area


def _needs(graph: Graph, here: Sequence[str], known: set[str]) -> dict[str, list[str]]:
    """What each node or zone of one level stands right of."""
    stands: dict[str, str] = {}
    level = {*here}
    for name in known:
        outer, steps = name, 0
        while outer not in level and outer in graph.nodes and steps < len(known):
            outer, steps = graph.nodes[outer].zone, steps + 1
        if outer in level:
            stands[name] = outer
    found: dict[str, list[str]] = {name: [] for name in here}
    for name, stand in stands.items():
        node = graph.nodes[name]
        for port, sources in node.inputs.items():
            if node.type == REPEAT and port.startswith((NEXT, GATHER)):
                continue
            for source in sources:
                other = stands.get(source.node)
                if other is not None and other != stand and other not in found[stand]:
                    found[stand].append(other)
    return found


def _columns(names: Sequence[str], before: Needs, sizes: Mapping[str, Size]) -> Places:
    after: dict[str, list[str]] = defaultdict(list)
    for name, sources in before.items():
        for source in sources:
            after[source].append(name)
    layers = _layers(names, before)
    for name in names:
        if not before[name] and after[name]:  # what reads nothing stands right before its reader
            layers[name] = max(0, min(layers[other] for other in after[name]) - 1)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in names:
        columns[layers[name]].append(name)
    for sweep in range(6):
        forward = sweep % 2 == 0
        neighbours: Needs = before if forward else after
        for layer in sorted(columns, reverse=not forward):
            _sort(columns[layer], columns, layers, neighbours)
    return _placed(columns, sizes, before)


def free_places(
    graph: Graph,
    names: Sequence[str],
    sizes: Mapping[str, Size],
    taken: list[QRectF],
    at: Callable[[str], QPointF],
) -> Places:
    """Places for a few nodes among others: right of what they read, else left of their readers."""
    found: Places = {}

    def place(other: str) -> QPointF:
        return found[other] if other in found else at(other)

    for name in names:
        wide, high = sizes[name]
        want = _beside(graph, name, sizes, place, {*names} - found.keys())
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
    place: Callable[[str], QPointF],
    unknown: set[str],
) -> QPointF:
    """Where a node would like to be: right of what it reads, left of what reads it."""
    reads = {other for other in graph.nodes[name].reads() if other in graph.nodes} - unknown
    if reads:
        right = max(place(other).x() + sizes[other][0] for other in reads)
        return QPointF(right + COLUMN, min(place(other).y() for other in reads))
    readers = {node.id for node in graph.nodes.values() if name in node.reads()} - unknown
    if readers:
        left = min(place(other).x() for other in readers)
        return QPointF(left - COLUMN - sizes[name][0], min(place(other).y() for other in readers))
    return QPointF(0, 0)


def _layers(names: Sequence[str], before: Needs) -> dict[str, int]:
    """How many links lead to each node at most; circles are cut where they are met."""
    layers: dict[str, int] = {}
    for start in names:
        stack, met = [start], set[str]()
        while stack:
            name = stack[-1]
            met.add(name)
            waiting = [other for other in before[name] if other not in layers and other not in met]
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
    neighbours: Needs,
) -> None:
    places = {name: index for names in columns.values() for index, name in enumerate(names)}
    lengths = {layer: max(1, len(names)) for layer, names in columns.items()}
    total = len(column)  # a list that is being sorted has no length

    def middle(name: str) -> float:
        found = [places[other] / lengths[layers[other]] for other in neighbours.get(name, ())]
        return sum(found) / len(found) if found else places[name] / total

    column.sort(key=middle)


def _placed(columns: Mapping[int, list[str]], sizes: Mapping[str, Size], before: Needs) -> Places:
    """Columns side by side, each around the height of what it reads."""
    found: Places = {}
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
