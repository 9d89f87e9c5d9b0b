"""Quick search: type a few letters, press Enter, and the node is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.gui import settings
from app.gui.canvas.colours import kind_colour
from app.gui.language import tr
from app.gui.palette.search import rank
from app.gui.theme import theme
from engine.graph.spec import NodeSpec
from engine.graph.types import Kind

SHOWN = 9  # rows without scrolling
Index = QModelIndex | QPersistentModelIndex
SPEC = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Offer:
    """A node type that can be added, and the port that a dragged link would go to ("" for none)."""

    spec: NodeSpec
    port: str = ""

    @property
    def kind(self) -> Kind | None:
        """What it makes, for its colour."""
        made = [port.type.kind for port in self.spec.outputs.values()]
        read = [port.type.kind for port in self.spec.inputs.values()]
        return next((kind for kind in (*made, *read) if kind), None)


class Search(QFrame):
    """A line to type in over the offers that fit what is typed; all by keyboard."""

    chosen = Signal(object)
    """The Offer that was taken."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._offers: Sequence[Offer] = ()
        self.line = QLineEdit(self)
        self.line.setAccessibleName(tr("Search nodes"))
        self.line.setToolTip(tr("Letters of a name in any order of words"))
        self.list = QListView(self)
        self.list.setAccessibleName(tr("Found nodes"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_Rows(self.list))
        self.model = _Offers(self)
        self.list.setModel(self.model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.list.clicked.connect(lambda index: self._take(index.row()))

    def open_at(self, place: QPoint, offers: Sequence[Offer], hint: str = "") -> None:
        """Show offers at a point of the screen."""
        self._offers = offers
        self.line.clear()
        self.line.setPlaceholderText(hint or tr("Search nodes"))
        self._restyle()
        self._filter("")
        em = self.fontMetrics().height()
        high = SHOWN * self.list.sizeHintForRow(0) if offers else 2 * em
        self.list.setFixedHeight(max(2 * em, high + 4))
        self.setFixedWidth(24 * em)
        self.adjustSize()
        area = QRect(place, self.size())
        if screen := self.screen():
            inside = screen.availableGeometry()
            area.moveRight(min(area.right(), inside.right()))
            area.moveBottom(min(area.bottom(), inside.bottom()))
            area.moveTopLeft(QPoint(max(area.x(), inside.x()), max(area.y(), inside.y())))
        self.move(area.topLeft())
        self.show()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent):
            if event.type() == QKeyEvent.Type.ShortcutOverride:  # no command of the canvas here
                event.accept()
                return True
            if event.type() == QKeyEvent.Type.KeyPress and self._key(event.key()):
                return True
        return super().eventFilter(watched, event)

    def _key(self, key: int) -> bool:
        here, count = self.list.currentIndex().row(), self.model.rowCount()
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
        steps |= {Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}
        if key in steps:
            if count:
                wrapped = (here + steps[Qt.Key(key)]) % count
                self.list.setCurrentIndex(self.model.index(wrapped))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(here)
            return True
        return False

    def _take(self, row: int) -> None:
        if 0 <= row < self.model.rowCount():
            offer = self.model.offers[row]
            self.hide()
            self.chosen.emit(offer)

    def _filter(self, text: str) -> None:
        by_type = {offer.spec.id: offer for offer in self._offers}
        if text.strip():
            names = [spec.id for spec in rank(text, (offer.spec for offer in self._offers))]
        else:  # what was used lately comes first
            names = list(dict.fromkeys((*settings.choices().recent_nodes, *by_type)))
        self.model.show([by_type[name] for name in names if name in by_type])
        self.list.setCurrentIndex(self.model.index(0))

    def _restyle(self) -> None:
        colours = theme()
        self.setStyleSheet(
            f"Search {{ background: {colours.panel}; border: 1px solid {colours.border}; }}"
            f"QLineEdit {{ background: {colours.field}; border: 1px solid {colours.border};"
            f" border-radius: 4px; padding: 5px 7px; }}"
            f"QListView {{ background: {colours.panel}; border: none; outline: none; }}"
        )


class _Offers(QAbstractListModel):
    """The offers that are shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.offers: list[Offer] = []

    def show(self, offers: list[Offer]) -> None:
        self.beginResetModel()
        self.offers = offers
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.offers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        offer = self.offers[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{offer.spec.label} ({offer.spec.id})"
        if role == Qt.ItemDataRole.ToolTipRole:
            return offer.spec.summary
        return offer if role == SPEC else None


class _Rows(QStyledItemDelegate):
    """Two lines for each offer: its name and id, then what it does."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        offer: Offer = index.data(SPEC)
        colours, rect = theme(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("accent", 46))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 5, 5)
        line = option.fontMetrics.height()
        dot = line * 2 // 5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(kind_colour(offer.kind))
        painter.drawEllipse(rect.left() + 8, rect.top() + 5 + (line - dot) // 2, dot, dot)
        left = rect.left() + 16 + dot
        top = QRect(left, rect.top() + 5, rect.right() - left - 8, line)
        side = offer.spec.outputs.get(offer.port) or offer.spec.inputs.get(offer.port)
        beside = f"→ {side.label}" if side else offer.spec.id
        painter.setPen(colours.colour("dim"))
        painter.drawText(top, Qt.AlignmentFlag.AlignRight, beside)
        painter.setPen(colours.colour("text"))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, offer.spec.label)
        under = top.translated(0, line)
        painter.setPen(colours.colour("dim"))
        words = offer.spec.summary.replace("`", "")
        words = option.fontMetrics.elidedText(words, Qt.TextElideMode.ElideRight, under.width())
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, words)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, 2 * option.fontMetrics.height() + 10)
