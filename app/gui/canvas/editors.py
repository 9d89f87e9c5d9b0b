"""Editors that lie over a row of a node while its value is typed, and only then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.gui.theme import theme

Take = Callable[[str], str]
"""Takes a text, and says what is wrong with it, "" for nothing."""


class LineEditor(QLineEdit):
    """One line. Enter takes it, Escape gives it up, leaving it takes it where that is possible."""

    def __init__(self, parent: QWidget, text: str, label: str, take: Take) -> None:
        super().__init__(text, parent)
        self._parent = parent
        self._take = take
        self._open = True
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setFrame(False)
        self.returnPressed.connect(self._taken)
        self.selectAll()

    def open_at(self, area: QRect, scale: float) -> None:
        """Lie over an area of the view."""
        _open(self, area, scale, "QLineEdit")

    def close_(self) -> None:
        """Go away, and take nothing."""
        self._open = False
        self.hide()
        self.deleteLater()

    def event(self, event: QEvent) -> bool:
        return _own(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._open:
            self._take(self.text())
            self.close_()

    def _taken(self) -> None:
        if words := self._take(self.text()):
            self.setToolTip(words)
            _style(self, "QLineEdit", theme().error)
            self.selectAll()
            return
        self._leave()

    def _leave(self) -> None:
        self._open = False
        self.close_()
        self._parent.setFocus()


class LinesEditor(QPlainTextEdit):
    """Several lines. Control and Enter takes them, so does leaving; Escape gives them up."""

    def __init__(self, parent: QWidget, text: str, label: str, take: Take) -> None:
        super().__init__(text, parent)
        self._parent = parent
        self._take = take
        self._open = True
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.selectAll()

    def open_at(self, area: QRect, scale: float) -> None:
        """Lie over an area of the view, with room for a few lines."""
        high = max(area.height(), self.fontMetrics().lineSpacing() * 6)
        _open(self, QRect(area.topLeft(), area.size().expandedTo(area.size())), scale, "QWidget")
        self.resize(max(area.width(), 260), high)

    def close_(self) -> None:
        """Go away, and take nothing."""
        self._open = False
        self.hide()
        self.deleteLater()

    def event(self, event: QEvent) -> bool:
        return _own(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._take(self.toPlainText())
            self._leave()
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._open and event.reason() != Qt.FocusReason.PopupFocusReason:
            self._take(self.toPlainText())
            self.close_()

    def _leave(self) -> None:
        self._open = False
        self.close_()
        self._parent.setFocus()


Editor = LineEditor | LinesEditor


def _own(event: QEvent) -> bool:
    """Take a key that would be a command of the canvas: here it is text."""
    if event.type() != QEvent.Type.ShortcutOverride:
        return False
    event.accept()
    return True


def _open(editor: Editor, area: QRect, scale: float, kind: str) -> None:
    font = editor.font()
    font.setPixelSize(max(8, round(12 * scale)))
    editor.setFont(font)
    _style(editor, kind, theme().accent)
    editor.setGeometry(area)
    editor.show()
    editor.setFocus(Qt.FocusReason.OtherFocusReason)


def _style(editor: Editor, kind: str, border: str) -> None:
    colours = theme()
    editor.setStyleSheet(
        f"{kind} {{ background: {colours.field}; color: {colours.text}; padding: 0 5px;"
        f" border: 1px solid {border}; border-radius: 4px; }}"
    )
