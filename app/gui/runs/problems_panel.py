"""The problems panel: what the check found and what failed in a run, each with its way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.gui import icons, theme
from app.gui.document import Document
from app.gui.language import tr
from app.gui.runs.names import told
from app.gui.status import Statuses
from engine.graph.errors import sentence

Index = QModelIndex | QPersistentModelIndex
ROW = int(Qt.ItemDataRole.UserRole)
WRAP = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft)


@dataclass(frozen=True)
class Row:
    """One problem: where, why, and what to do; `failed` in a run, or found by the check."""

    node: str
    where: str
    reason: str
    remedy: str = ""
    failed: bool = False

    def __str__(self) -> str:
        return sentence(self.where, self.reason, self.remedy)


class ProblemsPanel(QWidget):
    """All problems of the document, newest check and last run together."""

    selected = Signal(str)
    """A problem was chosen: the id of its node in the whole workflow."""
    counted = Signal(int)
    """So many problems there are now."""

    def __init__(
        self, document: Document, statuses: Statuses, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._statuses = document, statuses
        self._failed: set[str] = set()
        self.model = _Model(self)
        self.view = _View()
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setAccessibleName(tr("Problems"))
        self.view.setToolTip(tr("Press Enter or click to go to the node"))
        self.view.chosen.connect(self._choose)
        self.none = QLabel(tr("No problems."))
        self.none.setProperty("dim", True)
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.none)
        self._stack.addWidget(self.view)
        document.checked.connect(self._show)
        document.shown.connect(self._show)
        statuses.changed.connect(self._take)
        self._show()

    @property
    def rows(self) -> list[Row]:
        """The problems as they are shown."""
        return self.model.rows

    def _take(self, names: frozenset[str]) -> None:
        failed = {name for name in names if self._statuses[name].state == "failed"}
        if failed - self._failed or (names - failed) & self._failed:
            self._failed = (self._failed - names) | failed
            self._show()

    def _show(self, *_: object) -> None:
        report = self._document.report
        found = [
            Row(item.node, item.where, item.reason, item.remedy)
            for item in (report.problems if report else ())
        ]
        said = {str(row) for row in found}
        failed = {
            self._failure(name): None for name in sorted(self._failed) if self._is_new(name, said)
        }
        found += failed
        if found != self.model.rows:
            self.model.show(found)
            self.counted.emit(len(found))
        self._stack.setCurrentWidget(self.view if found else self.none)

    def _is_new(self, name: str, said: set[str]) -> bool:
        """Whether a node failed for something else than the check has found at it."""
        return not said.issuperset(self._statuses[name].error.splitlines() or [""])

    def _failure(self, name: str) -> Row:
        """Why a node failed, told of the node itself where it is one inside that did."""
        error = self._statuses[name].error
        where, colon, reason = error.partition(": ")
        inner = told(where.partition(".")[0])
        if not colon or name not in inner:
            return Row(name, name, error, failed=True)
        return Row(inner[0], where, reason, failed=True)

    def _choose(self, index: Index) -> None:
        row: Row = index.data(ROW)
        if row.node:
            self.selected.emit(row.node)


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = ROW) -> Any:
        row = self.rows[index.row()]
        match role:
            case _ if role == ROW:
                return row
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return str(row)
            case _:
                return None


class _View(QListView):
    chosen = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(False)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self.chosen.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class _Delegate(QStyledItemDelegate):
    """An icon; the place and the reason; the way out in a dimmer line."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = self._view.viewport().width()
        parts = self._parts(option, QRect(0, 0, width, 10_000), index.data(ROW))
        return QSize(width, parts[-1][0].bottom() + 1 + option.fontMetrics.height() // 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        self._view.style().drawControl(
            self._view.style().ControlElement.CE_ItemViewItem, option, painter, self._view
        )
        row: Row = index.data(ROW)
        colours = theme.theme()
        marked = bool(option.state & self._view.style().StateFlag.State_Selected)
        unit = option.fontMetrics.height()
        painter.save()
        name, colour = ("error", "error") if row.failed else ("warning", "warning")
        ratio = self._view.devicePixelRatioF()
        sign = icons.pixmap(name, unit, ratio, "on_accent" if marked else colour)
        painter.drawPixmap(option.rect.left() + unit // 2, option.rect.top() + unit // 2, sign)
        for area, text, role in self._parts(option, option.rect, row):
            painter.setPen(colours.colour("on_accent" if marked else role))
            painter.drawText(area, WRAP, text)
        painter.restore()

    def _parts(
        self, option: QStyleOptionViewItem, area: QRect, row: Row
    ) -> list[tuple[QRect, str, str]]:
        """The texts of a row: where each goes, what it says, and in which colour."""
        unit = option.fontMetrics.height()
        left = area.left() + unit * 2
        width = max(area.right() - left - unit // 2, unit * 6)
        top = area.top() + unit // 2
        found: list[tuple[QRect, str, str]] = []
        texts = ((row.where, "accent"), (row.reason, "text"), (row.remedy, "dim"))
        for text, role in texts:
            if text:
                limits = QRect(left, top, width, 10_000)
                taken = option.fontMetrics.boundingRect(limits, WRAP, text)
                found.append((QRect(left, top, width, taken.height()), text, role))
                top += taken.height() + max(1, unit // 8)
        return found
