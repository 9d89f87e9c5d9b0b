"""Editors that lie over a row of a node while its value is typed, and only then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QFocusEvent, QFontInfo, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from app.gui.inspector.widgets.weights import WeightHighlighter
from app.gui.theme import theme

LETTERS = 34  # the least that fit into a line of a text
LINES = 5, 14  # the least and the most of a text that are shown

Keys = QKeySequence.StandardKey
TYPING = (
    *(Keys.Undo, Keys.Redo, Keys.Cut, Keys.Copy, Keys.Paste, Keys.SelectAll, Keys.Delete),
    *(Keys.MoveToNextWord, Keys.MoveToPreviousWord, Keys.SelectNextWord, Keys.SelectPreviousWord),
    *(Keys.DeleteStartOfWord, Keys.DeleteEndOfWord),
)

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
        _open(self, area, scale)

    def close_(self) -> None:
        """Go away, and take nothing."""
        self._open = False
        self.hide()
        self.deleteLater()

    def event(self, event: QEvent) -> bool:
        return _overrides(event, self.take) or super().event(event)

    def take(self) -> bool:
        """Take what is typed and go away; False when it can't be taken."""
        self._taken()
        return not self._open

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._open and event.reason() != Qt.FocusReason.PopupFocusReason:
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
        self._weights = WeightHighlighter(self.document())
        self.selectAll()

    def open_at(self, area: QRect, scale: float) -> None:
        """Lie over an area of the view, with room for a few lines."""
        _dress(self, scale, "QPlainTextEdit")
        metrics = self.fontMetrics()
        wide = max(area.width(), LETTERS * metrics.averageCharWidth())
        frame = round(2 * self.document().documentMargin()) + 4
        area.setSize(QSize(wide, LINES[1] * metrics.lineSpacing() + frame))
        self.setGeometry(area)
        self.show()  # what is hidden does not know how its lines break
        lines = min(max(round(self.document().size().height()) + 1, LINES[0]), LINES[1])
        area.setHeight(lines * metrics.lineSpacing() + frame)
        self.setGeometry(_within(area, self._parent))
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_(self) -> None:
        """Go away, and take nothing."""
        self._open = False
        self.hide()
        self.deleteLater()

    def event(self, event: QEvent) -> bool:
        return _overrides(event, self.take) or super().event(event)

    def take(self) -> bool:
        """Take what is typed and go away."""
        self._take(self.toPlainText())
        self._leave()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.take()
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


def _overrides(event: QEvent, take: Callable[[], bool]) -> bool:
    """Whether a key is text here, though it may be a command of the canvas elsewhere.

    A command with Control or Alt, such as to run or to save, comes after what is typed was taken.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if _is_command(event) and take():
        event.ignore()
        return True
    event.accept()
    return True


def _is_command(event: QKeyEvent) -> bool:
    """Whether a key with Control or Alt is a command of the window, and none of typing."""
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    if not event.modifiers() & modifiers or any(event.matches(key) for key in TYPING):
        return False
    window = QApplication.activeWindow()
    key = QKeySequence(event.keyCombination())
    actions = window.findChildren(QAction) if window is not None else []
    return any(key in action.shortcuts() for action in actions)


def _open(editor: LineEditor, area: QRect, scale: float) -> None:
    _dress(editor, scale, "QLineEdit")
    metrics = editor.fontMetrics()
    middle = area.center()
    wide = max(area.width(), 8 * metrics.averageCharWidth())
    area.setSize(QSize(wide, max(area.height(), metrics.height() + 4)))
    area.moveCenter(middle)
    editor.setGeometry(_within(area, editor.parentWidget() or editor))
    editor.show()
    editor.setFocus(Qt.FocusReason.OtherFocusReason)


def _dress(editor: Editor, scale: float, kind: str) -> None:
    """Give it a font as large as that of what it lies over, though never one too small to read."""
    font = editor.font()
    font.setPixelSize(max(round(QFontInfo(font).pixelSize() * 0.9), round(12 * scale)))
    editor.setFont(font)
    _style(editor, kind, theme().accent)


def _within(area: QRect, parent: QWidget) -> QRect:
    """An area moved so that all of it is seen, its beginning at least."""
    inside = parent.rect()
    area.moveRight(min(area.right(), inside.right()))
    area.moveBottom(min(area.bottom(), inside.bottom()))
    area.moveTopLeft(QPoint(max(area.x(), inside.x()), max(area.y(), inside.y())))
    return area


def _style(editor: Editor, kind: str, border: str) -> None:
    colours = theme()
    editor.setStyleSheet(
        f"{kind} {{ background: {colours.field}; color: {colours.text}; padding: 0 5px;"
        f" border: 1px solid {border}; border-radius: 4px; }}"
    )
