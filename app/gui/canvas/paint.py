"""How a node looks: everything of it is painted here, into one item."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.gui.canvas import glyphs
from app.gui.canvas.colours import kind_colour, mix
from app.gui.canvas.face import Row
from app.gui.canvas.ports import PortFace
from app.gui.canvas.scrub import share_of
from app.gui.canvas.shape import (
    HEADER,
    LINE,
    PAD,
    PORT,
    RADIUS,
    SMALL,
    Spot,
    scene_font,
    text_width,
)
from app.gui.language import tr
from app.gui.status import NodeStatus
from app.gui.theme import theme

if TYPE_CHECKING:
    from app.gui.canvas.node_item import NodeItem

NEAR = 0.45  # from this scale on all is painted, below it no small text
FAR = 0.26  # below this scale the view paints plain boxes, and items nothing
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
FADED = 0.25


def node(painter: QPainter, item: NodeItem, scale: float) -> None:
    """Paint a node, in as much detail as can be read at this scale."""
    face, shape = item.face, item.shape_
    _body(painter, item, QRectF(0, 0, shape.width, shape.height))
    if scale >= NEAR:
        _header(painter, item)
        _labels(painter, item)
        for each in face.rows:
            if rect := shape.rows.get(each.name):
                row(painter, each, rect)
        _footer(painter, item)
    else:
        _title(painter, item, QRectF(PAD, 0, shape.width - 2 * PAD, HEADER))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_well())
        painter.drawRects([*shape.rows.values()])
    _picture(painter, item)
    _progress(painter, item)
    _ports(painter, item, scale)


def stand_back(painter: QPainter, item: NodeItem) -> None:
    """Paint a node faintly from now on where it takes no part, or has nothing that fits.

    What lies behind it does not shine through.
    """
    opacity = _opacity(item)
    if opacity < 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("canvas"))
        painter.drawRoundedRect(QRectF(0, 0, item.width, item.height), RADIUS, RADIUS)
        painter.setOpacity(opacity)


def _opacity(item: NodeItem) -> float:
    if item.fits is not None and not item.fits:
        return 0.4
    return {"muted": 0.45, "bypassed": 0.65}.get(item.face.state, 1.0)


def tone(item: NodeItem) -> QColor:
    """The colour that tells what a node is for: that of its first port's kind."""
    if item.face.unknown:
        return theme().colour("error")
    return kind_colour(item.face.kind)


def footer_text(status: NodeStatus) -> str:
    """What the last run cost, "" while nothing is known."""
    parts: list[str] = []
    if status.state == "running" and status.total:
        parts.append(tr("{} of {}").format(status.step, status.total))
    if status.seconds is not None:
        parts.append(seconds_text(status.seconds))
    if status.memory is not None:
        parts.append(memory_text(status.memory))
    return " · ".join(parts)


def seconds_text(seconds: float) -> str:
    """A duration as people read it."""
    if seconds < 0.0095:
        return tr("{} ms").format(f"{seconds * 1000:.1f}")
    if seconds < 100:
        return tr("{} s").format(f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}")
    return tr("{} min {} s").format(int(seconds // 60), int(seconds % 60))


def memory_text(size: int) -> str:
    """Bytes as people read them."""
    if size >= 1e9:
        return tr("{} GB").format(f"{size / 1e9:.1f}")
    return tr("{} MB").format(f"{size / 1e6:.0f}")


@lru_cache(maxsize=8)
def _font(bold: bool, small: bool) -> QFont:
    return scene_font(bold, small)


@lru_cache(maxsize=4096)
def elided(text: str, width: int, bold: bool = False, small: bool = False) -> str:
    """A text cut to a width in scene units."""
    metrics = QFontMetricsF(_font(bold, small))
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def _body(painter: QPainter, item: NodeItem, box: QRectF) -> None:
    colours = theme()
    fill = colours.colour("node")
    if item.plan:
        fill = _plan_tint(item.status, fill)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.save()
    painter.setClipRect(QRectF(0, 0, box.width(), HEADER), Qt.ClipOperation.IntersectClip)
    painter.setBrush(mix(colours.colour("header"), tone(item), 0.16))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_border(item))
    painter.drawRoundedRect(box, RADIUS, RADIUS)


def _border(item: NodeItem) -> QPen:
    colours = theme()
    if item.isSelected():
        return QPen(colours.colour("accent"), 2)
    if item.status.state == "running":
        return QPen(colours.colour("accent", 160), 1.5)
    if item.status.state == "failed" or item.face.unknown:
        pen = QPen(colours.colour("error"), 1.5)
        if item.face.unknown:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen
    return QPen(colours.colour("border"), 1)


def _plan_tint(status: NodeStatus, fill: QColor) -> QColor:
    if status.state == "needed":
        return mix(fill, theme().colour("warning"), 0.28)
    if status.state in ("cached", "done"):
        return mix(fill, theme().colour("good"), 0.18)
    return fill


def _header(painter: QPainter, item: NodeItem) -> None:
    """The name, the id beside it where that says more, and the badges at the right."""
    right = item.shape_.width - PAD
    for name, colour in badges(item):
        right -= 12
        glyphs.draw(painter, name, QPointF(right + 6, HEADER / 2), 11, colour)
        right -= 4
    _title(painter, item, QRectF(PAD, 0, right - PAD, HEADER))


def _title(painter: QPainter, item: NodeItem, area: QRectF) -> None:
    face = item.face
    painter.setFont(_font(True, False))
    painter.setPen(theme().colour("text"))
    title = elided(face.title, int(area.width()), True)
    painter.drawText(area, LEFT, title)
    used = text_width(title, True) + PAD
    left = area.width() - used
    if left > 24 and face.id.replace("_", " ").lower() != face.title.lower():
        painter.setFont(_font(False, True))
        painter.setPen(theme().colour("dim"))
        rest = QRectF(area.left() + used, 1, left, HEADER)
        painter.drawText(rest, LEFT, elided(face.id, int(left), False, True))


def badges(item: NodeItem) -> list[tuple[str, QColor]]:
    """The signs in the header, from the right, with their colours."""
    colours, found = theme(), list[tuple[str, QColor]]()
    state = item.status.state
    if state in ("failed", "blocked"):
        found.append(("error", colours.colour("error")))
    elif state == "running":
        found.append(("running", colours.colour("accent")))
    elif state == "waiting":
        found.append(("waiting", colours.colour("dim")))
    elif state in ("cached", "done"):
        found.append(("cached", colours.colour("good")))
    elif state == "needed":
        found.append(("needed", colours.colour("warning")))
    if item.problems:
        found.append(("warning", colours.colour("warning")))
    if item.face.locked:
        found.append(("lock", colours.colour("accent")))
    if item.face.state:
        found.append((item.face.state, colours.colour("dim")))
    if item.face.instance:
        found.append(("inside", colours.colour("dim")))
    if item.face.wanted:
        found.append(("output", colours.colour("dim")))
    return found


def _labels(painter: QPainter, item: NodeItem) -> None:
    if item.face.collapsed:
        return
    painter.setFont(_font(False, False))
    half = item.shape_.width - 4 * PAD
    for ports, flag in ((item.face.ports.inputs, LEFT), (item.face.ports.outputs, RIGHT)):
        for port in ports:
            spot = (port.name, port.is_output)
            y = item.shape_.spots[spot].y()
            painter.setPen(_label_colour(item, port, spot))
            area = QRectF(PAD + 2, y - LINE / 2, item.shape_.width - 2 * PAD - 4, LINE)
            painter.drawText(area, flag, elided(port.label, int(half)))


def _label_colour(item: NodeItem, port: PortFace, spot: Spot) -> QColor:
    if port.lost:
        return theme().colour("error")
    if item.fits and spot not in item.fits:
        return theme().colour("dim", 90)
    if spot in item.linked or port.is_output or port.required:
        return theme().colour("text")
    return theme().colour("dim")


def _ports(painter: QPainter, item: NodeItem, scale: float) -> None:
    from app.gui.canvas.node_item import ports_shown

    params = item.face.ports.params or {}
    for spot in ports_shown(item):
        port = item.face.ports.find(*spot)
        if port is None:
            continue
        colour = theme().colour("error") if port.lost else kind_colour(port.type.kind)
        if item.fits and spot not in item.fits:
            colour.setAlphaF(FADED)
        radius = SMALL if spot[0] in params and not spot[1] else PORT
        if spot == item.hovered:
            radius += 2
        dot(painter, item.shape_.spots[spot], radius, colour, spot in item.linked, port.type.many)


def dot(
    painter: QPainter, at: QPointF, radius: float, colour: QColor, full: bool, many: bool = False
) -> None:
    """A port: full when joined, a ring when free; square where it takes a list."""
    painter.setPen(QPen(colour, 1.6))
    painter.setBrush(colour if full else theme().colour("node"))
    if many:
        painter.drawRoundedRect(
            QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius), 1.5, 1.5
        )
    else:
        painter.drawEllipse(at, radius, radius)


def row(painter: QPainter, row: Row, rect: QRectF) -> None:
    """A parameter: its name and its value, in the way that suits its sort."""
    colours = theme()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_well())
    painter.drawRoundedRect(rect, 4, 4)
    inner = rect.adjusted(7, 0, -7, 0)
    painter.setFont(_font(False, False))
    if row.linked:
        painter.setPen(colours.colour("dim"))
        painter.drawText(inner, LEFT, elided(row.param.label, int(inner.width())))
        return
    if row.sort == "lines":
        _lines(painter, row, inner.adjusted(0, 4, 0, -4))
        return
    _fill(painter, row, rect)
    painter.setPen(colours.colour("dim"))
    label = elided(row.param.label, int(inner.width() * 0.6))
    painter.drawText(inner, LEFT, label)
    start = text_width(label) + 8
    right = inner.right()
    if row.sort == "bool":
        _toggle(painter, bool(row.value), rect)
        return
    if row.sort == "seed":
        dice, lock = seed_signs(rect)
        glyphs.draw(painter, "dice", dice.center(), 12, colours.colour("dim"))
        sign = "unlock" if row.value is None else "lock"
        shade = colours.colour("dim" if row.value is None else "accent")
        glyphs.draw(painter, sign, lock.center(), 11, shade)
        right = dice.left() - 2
    if row.sort == "choice":
        at = QPointF(right - 3, inner.center().y())
        glyphs.draw(painter, "unfold", at, 9, colours.colour("dim"))
        right -= 12
    area = QRectF(inner.left() + start, rect.top(), right - inner.left() - start, rect.height())
    needed = row.value is None and row.param.required
    painter.setPen(colours.colour("error" if needed else "text" if row.given else "dim"))
    painter.drawText(area, RIGHT, elided(row.text, max(8, int(area.width()))))


def seed_signs(rect: QRectF) -> tuple[QRectF, QRectF]:
    """Where the dice and the lock of a seed are, within its row."""
    size = rect.height()
    lock = QRectF(rect.right() - size, rect.top(), size, size)
    return lock.translated(-size, 0), lock


def _fill(painter: QPainter, row: Row, rect: QRectF) -> None:
    """How far a number is on its way from the lowest to the highest."""
    share = share_of(row)
    if share is None:
        return
    part = QRectF(rect.left(), rect.top(), rect.width() * share, rect.height())
    painter.save()
    painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("accent", 52))
    painter.drawRoundedRect(rect, 4, 4)
    painter.restore()


def _well() -> QColor:
    """What values lie in: the colour of fields, or a shade where nodes have that colour."""
    colours = theme()
    if colours.field != colours.node:
        return colours.colour("field")
    return mix(colours.colour("node"), colours.colour("canvas"), 0.55)


def _toggle(painter: QPainter, on: bool, rect: QRectF) -> None:
    colours = theme()
    track = QRectF(rect.right() - 33, rect.center().y() - 6, 26, 12)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.colour("accent") if on else colours.colour("border"))
    painter.drawRoundedRect(track, 6, 6)
    painter.setBrush(colours.colour("node"))
    x = track.right() - 6 if on else track.left() + 6
    painter.drawEllipse(QPointF(x, track.center().y()), 4.2, 4.2)


def _lines(painter: QPainter, row: Row, area: QRectF) -> None:
    text = str(row.value or "")
    painter.setPen(theme().colour("text" if text else "dim"))
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.drawText(area, flags, text or row.param.label)
    painter.restore()


def _picture(painter: QPainter, item: NodeItem) -> None:
    picture, area = item.status.picture, item.shape_.picture
    if area.isEmpty():
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_well())
    painter.drawRoundedRect(area, 4, 4)
    if picture is None:
        glyphs.draw(painter, "picture", area.center(), 22, theme().colour("dim", 90))
        return
    scale = min(area.width() / picture.width(), area.height() / picture.height())
    size = QRectF(0, 0, picture.width() * scale, picture.height() * scale)
    size.moveCenter(area.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 2)
    painter.drawImage(size, picture)


def _footer(painter: QPainter, item: NodeItem) -> None:
    area = item.shape_.footer
    if area.isEmpty():
        return
    painter.setFont(_font(False, True))
    painter.setPen(theme().colour("dim"))
    painter.drawText(area, LEFT, footer_text(item.status))


def _progress(painter: QPainter, item: NodeItem) -> None:
    status = item.status
    if status.state != "running":
        return
    top = HEADER - 3 if not item.face.collapsed else item.shape_.height - 3
    track = QRectF(1, top, item.shape_.width - 2, 3)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("accent", 60))
    painter.drawRect(track)
    share = status.step / status.total if status.total else 0.0
    painter.setBrush(theme().colour("accent"))
    painter.drawRect(QRectF(track.left(), top, track.width() * min(1.0, share), 3))
