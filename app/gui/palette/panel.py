"""The palette: search, favourites, what was used lately, and all families of node types."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCollator, QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from app.gui import icons, settings, theme
from app.gui.document import Document
from app.gui.language import tr
from app.gui.palette.families import family_of, icon_of, name_of
from app.gui.palette.search import rank
from app.gui.palette.tree import NodeTree, node_item, note_item
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec


class Palette(QWidget):
    """All node types that a document knows. Enter or a double click asks for one; so does a drag,
    which carries the id as `application/x-loom-node`.
    """

    add_asked = Signal(str)
    """A node of this type is to be added."""
    left = Signal()
    """Escape was pressed where nothing was to be given up: back to the canvas."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._registry: Registry | None = None
        self._open: set[str] = set()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search nodes"))
        self.search.setAccessibleName(tr("Search nodes"))
        self.search.setToolTip(tr("Search by name, what a node does, or the types it handles"))
        self.search.setClearButtonEnabled(True)
        self._magnifier = self.search.addAction(
            icons.icon("search", "dim"), QLineEdit.ActionPosition.LeadingPosition
        )
        self.tree = NodeTree(lambda type_id: document.registry.find(type_id), self)
        self.tree.setAccessibleName(tr("Node types"))
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._nothing = QLabel(tr("No node fits."), self)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._nothing.setProperty("dim", True)
        self._nothing.hide()
        layout = QVBoxLayout(self)
        space = self.fontMetrics().height() // 2
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(space)
        layout.addWidget(self.search)
        layout.addWidget(self._nothing)
        layout.addWidget(self.tree, 1)
        self.setFocusProxy(self.search)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.tree.chosen.connect(self._ask)
        self.tree.searched.connect(self._type)
        self.tree.customContextMenuRequested.connect(self._menu)
        document.shown.connect(self._follow)
        document.titled.connect(self._follow)
        settings.changed.connect(self._fill)
        theme.changed.connect(self._paint)
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter in the search field go to the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.tree.step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if type_id := self.tree.current():
                    self._ask(type_id)
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _follow(self) -> None:
        """Show the node types of the document where they are others than before."""
        if self._registry is not self._document.registry:
            self._registry = self._document.registry
            self._fill()

    def _paint(self) -> None:
        self._magnifier.setIcon(icons.icon("search", "dim"))
        self._fill()

    def _fill(self) -> None:
        text = self.search.text().strip()
        marked = self.tree.current()
        self._remember()
        self.tree.nodes.clear()
        if text:
            self._fill_found(text)
        else:
            self._fill_families()
            self._mark(marked)
        self._nothing.setVisible(not self.tree.nodes.rowCount())

    def _fill_found(self, text: str) -> None:
        for spec in rank(text, self._document.registry):
            self.tree.nodes.appendRow(node_item(spec, family=True))
        self.tree.setRootIsDecorated(False)
        self.tree.setCurrentIndex(self.tree.nodes.index(0, 0))

    def _fill_families(self) -> None:
        registry, chosen = self._document.registry, settings.choices()
        self.tree.setRootIsDecorated(True)
        self._add("★", tr("Favourites"), "star", _known(chosen.favourites, registry), "warning")
        self._add("recent", tr("Recent"), "history", _known(chosen.recent_nodes, registry), "dim")
        collator = QCollator()
        families: dict[str, list[NodeSpec]] = {}
        for spec in registry:
            families.setdefault(family_of(spec), []).append(spec)
        for family in sorted(families, key=lambda one: collator.sortKey(name_of(one))):
            specs = sorted(families[family], key=lambda spec: spec.label)
            self._add(family, name_of(family), icon_of(family), specs)
        self._fill_failures()

    def _add(self, key: str, name: str, icon: str, specs: list[NodeSpec], colour: str = "") -> None:
        if specs:
            item = self.tree.nodes.add_group(name, icon, specs, colour)
            item.setData(key, Qt.ItemDataRole.UserRole + 1)
            self.tree.setExpanded(item.index(), key in self._open)

    def _fill_failures(self) -> None:
        """The packs that could not be loaded, or not wholly, with the reason."""
        failed = [pack for pack in self._document.registry.packs if pack.failures]
        if not failed:
            return
        name = tr("Packs that can't be used")
        group = note_item(name, tr("Packs of nodes that failed to load"), "warning", "warning")
        for pack in failed:
            item = note_item(pack.name, "\n".join(pack.failures), "error", "error")
            for failure in pack.failures:
                item.appendRow(note_item(failure, failure, "info", "dim"))
            group.appendRow(item)
        self.tree.nodes.appendRow(group)

    def _remember(self) -> None:
        """Note which families are open, so that they stay so."""
        nodes = self.tree.nodes
        for row in range(nodes.rowCount()):
            index = nodes.index(row, 0)
            if key := index.data(Qt.ItemDataRole.UserRole + 1):
                (self._open.add if self.tree.isExpanded(index) else self._open.discard)(key)

    def _mark(self, type_id: str) -> None:
        """Mark a node type where it is visible."""
        index = self.tree.nodes.index(0, 0)
        while type_id and index.isValid():
            if index.data(Qt.ItemDataRole.UserRole) == type_id:
                self.tree.setCurrentIndex(index)
                return
            index = self.tree.indexBelow(index)

    def _type(self, letters: str) -> None:
        self.search.setFocus()
        self.search.insert(letters)

    def _ask(self, type_id: str) -> None:
        settings.put(settings.choices().with_node(type_id))
        self.add_asked.emit(type_id)

    def _menu(self, place: QPoint) -> None:
        if type_id := self.tree.indexAt(place).data(Qt.ItemDataRole.UserRole):
            self.menu_of(type_id).popup(self.tree.viewport().mapToGlobal(place))

    def menu_of(self, type_id: str) -> QMenu:
        """The menu of a node type."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icons.icon("add"), tr("Add"), lambda: self._ask(type_id))
        known = settings.choices().favourites
        if type_id in known:
            rest = tuple(item for item in known if item != type_id)
            name, after, icon = tr("Remove from favourites"), rest, "star-filled"
        else:
            name, after, icon = tr("Add to favourites"), (*known, type_id), "star"
        menu.addAction(icons.icon(icon), name, lambda: settings.change(favourites=after))
        return menu


def _known(type_ids: Iterable[str], registry: Registry) -> list[NodeSpec]:
    return [spec for type_id in type_ids if (spec := registry.find(type_id))]
