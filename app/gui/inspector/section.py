"""Parts of a page: sections that fold, lines of small text, sentences of what is wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.gui import icons

_folded: set[str] = set()
"""Titles of the sections that the person has folded, for as long as the program runs."""


class Section(QWidget):
    """A title that folds what is below it."""

    def __init__(self, key: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.head = QToolButton(self)
        self.head.setText(title)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setCheckable(True)
        self.head.setProperty("section", True)
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.head.setToolTip(title)
        self.head.setAccessibleName(title)
        self.head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.body = QWidget(self)
        self.rows = QVBoxLayout(self.body)
        unit = self.fontMetrics().height()
        self.rows.setContentsMargins(0, 0, 0, unit // 3)
        self.rows.setSpacing(unit // 3)
        rule = QFrame(self)
        rule.setProperty("rule", True)
        rule.setFixedHeight(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit // 4)
        layout.addWidget(rule)
        layout.addWidget(self.head)
        layout.addWidget(self.body)
        self.head.setChecked(key not in _folded)
        self.head.toggled.connect(self._fold)
        self._fold(self.head.isChecked())

    def clear(self) -> None:
        """Take everything out."""
        while (item := self.rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _fold(self, is_open: bool) -> None:
        self.body.setVisible(is_open)
        icons.set_icon(self.head, "chevron-down" if is_open else "chevron-right", "dim")
        (_folded.discard if is_open else _folded.add)(self._key)


def label(text: str, parent: QWidget | None = None, role: str = "", wraps: bool = True) -> QLabel:
    """A line or paragraph of plain text; `role` is `title`, `dim`, `wrong` or `doubtful`."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wraps)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    _dress(made, role)
    if not wraps:
        made.setMinimumWidth(1)
    return made


class Shortened(QLabel):
    """A line that is cut with an ellipsis where there is no room; whole in its tool tip."""

    def __init__(self, text: str = "", parent: QWidget | None = None, role: str = "") -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 4)
        _dress(self, role)
        self.show_text(text)

    @property
    def whole(self) -> str:
        """The whole text."""
        return self._whole

    def show_text(self, text: str, tip: str = "") -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(tip or text)
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        line = " ".join(self._whole.split())
        mode = Qt.TextElideMode.ElideRight
        self.setText(self.fontMetrics().elidedText(line, mode, max(self.width(), 1)))


def restyle(widget: QWidget) -> None:
    """Let a widget look as its changed properties say."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _dress(line: QLabel, role: str) -> None:
    """Let a line look as its role says."""
    if role == "title":
        font = line.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setWeight(QFont.Weight.DemiBold)
        line.setFont(font)
    elif role:
        line.setProperty(role, True)
