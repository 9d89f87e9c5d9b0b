"""The tree of families and node types: its items, and how they are dragged out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from app.gui import icons
from app.gui.language import tr
from app.gui.palette.families import colour_of, family_of, icon_of, legible
from app.gui.palette.tip import tip_of
from engine.graph.spec import NodeSpec

MIME = "application/x-loom-node"
TYPE_ID = int(Qt.ItemDataRole.UserRole)


class NodeModel(QStandardItemModel):
    """Node types, in families or alone; a drag carries the id of one as UTF-8."""

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            if type_id := index.data(TYPE_ID):
                data.setData(MIME, type_id.encode())
                data.setText(type_id)
        return data

    def add_group(
        self, name: str, icon: str, specs: Iterable[NodeSpec], colour: str = ""
    ) -> QStandardItem:
        """A family with its node types."""
        specs = list(specs)
        item = QStandardItem(name)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        item.setIcon(icons.icon(icon, legible(colour or colour_of(specs))))
        item.setToolTip(tr("{} node types").format(len(specs)))
        for spec in specs:
            item.appendRow(node_item(spec))
        self.appendRow(item)
        return item


def note_item(text: str, tip: str, icon: str, colour: str) -> QStandardItem:
    """A line that is no node type."""
    item = QStandardItem(text)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    item.setIcon(icons.icon(icon, colour))
    item.setToolTip(tip)
    return item


def node_item(spec: NodeSpec, family: bool = False) -> QStandardItem:
    """A node type as an item; with `family`, in the list of a search, with its family's icon."""
    item = QStandardItem(spec.label)
    item.setData(spec.id, TYPE_ID)
    item.setFlags(
        Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
    )
    item.setData(f"{spec.label}, {spec.summary}", Qt.ItemDataRole.AccessibleTextRole)
    if family:
        item.setIcon(icons.icon(icon_of(family_of(spec)), legible(colour_of([spec]))))
    return item


class NodeTree(QTreeView):
    """Shows a NodeModel; `chosen` says the id of a node type that is to be added."""

    chosen = Signal(str)
    searched = Signal(str)
    """Letters were typed that belong into the search."""

    def __init__(
        self, find: Callable[[str], NodeSpec | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._find = find
        self.nodes = NodeModel(self)
        self.setModel(self.nodes)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setExpandsOnDoubleClick(True)
        self.setAllColumnsShowFocus(True)
        self.doubleClicked.connect(lambda index: self._choose(index.data(TYPE_ID)))

    def current(self) -> str:
        """The id of the node type that is marked, "" for none."""
        return self.currentIndex().data(TYPE_ID) or ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self._choose(self.current()):
                self.setExpanded(self.currentIndex(), not self.isExpanded(self.currentIndex()))
        elif _is_letter(event):
            self.searched.emit(event.text())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Letters are for the search, not for the commands of the window."""
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and _is_letter(event):
            event.accept()
            return True
        return super().event(event)

    def step(self, by: int) -> None:
        """Mark the next or the previous line, from the search field."""
        below, above = self.indexBelow(self.currentIndex()), self.indexAbove(self.currentIndex())
        index = below if by > 0 else above
        if index.isValid():
            self.setCurrentIndex(index)

    def _choose(self, type_id: str | None) -> bool:
        if type_id:
            self.chosen.emit(type_id)
        return bool(type_id)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._fill_tip(self.indexAt(event.pos()))
        return super().viewportEvent(event)

    def _fill_tip(self, index: QModelIndex) -> None:
        """Write the tool tip of a node type when it is asked for, not of all of them at start."""
        type_id = index.data(TYPE_ID)
        spec = self._find(type_id) if type_id else None
        if spec is not None:
            self.nodes.setData(index, tip_of(spec), Qt.ItemDataRole.ToolTipRole)


def _is_letter(event: QKeyEvent) -> bool:
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
    return plain and bool(event.text().strip()) and event.text().isprintable()
