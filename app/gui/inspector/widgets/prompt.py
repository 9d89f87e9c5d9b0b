"""A prompt: several lines, its weights told by colour, its tokens counted."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.gui.inspector.section import restyle
from app.gui.inspector.widgets.base import Around, TokenCount, ValueEditor, undoes
from app.gui.inspector.widgets.weights import WeightHighlighter
from app.gui.language import tr
from engine.graph.params import Param

LINES = 3, 14  # the least and the most that are shown at once
SHOWN = 40  # letters of what is cut off
PAUSE = 250  # milliseconds without a key before tokens are counted


class PromptEditor(ValueEditor):
    """A field that grows with its text, and below it how much of it the model reads."""

    wide = True

    def __init__(self, param: Param, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self._count, self._reads_all = around.count, around.reads_all
        self._counted: TokenCount | None = None
        self.field = TextField(self)
        self.field.setAccessibleName(param.label)
        tip = tr("(some words)1.3, word++ and word-- weight words")
        self.field.setToolTip(tip if around.count else param.label)
        self.highlighter = WeightHighlighter(self.field.document())
        self.told = QLabel(self)
        self.told.setProperty("dim", True)
        self.told.setWordWrap(True)
        self.told.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.field)
        layout.addWidget(self.told)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._ask)
        self._taking = False
        self.field.textChanged.connect(self._type)
        self.field.left.connect(self.settled.emit)
        self.setFocusProxy(self.field)

    def show_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if text != self.field.toPlainText():
            self._taking = True
            place = self.field.textCursor().position()
            self.field.setPlainText(text)
            cursor = self.field.textCursor()
            cursor.setPosition(min(place, len(text)))
            self.field.setTextCursor(cursor)
            self._taking = False
        elif self._counted is not None:
            self.show_count(self._counted)
        elif self._count and text and not self._timer.isActive():
            self._timer.start()

    def show_count(self, count: TokenCount) -> None:
        """Say how many tokens there are, and grey out what the model does not read."""
        self._counted = count
        is_over = count.tokens > count.limit
        is_cut = is_over and not self._reads_all()
        rest = " ".join(self.field.toPlainText()[count.kept :].split()) if is_cut else ""
        self.highlighter.set_kept(count.kept if rest else None)
        said = tr("{} of {} tokens").format(count.tokens, count.limit)
        if rest:
            shown = rest if len(rest) <= SHOWN else f"{rest[: SHOWN - 1]}…"
            said = tr("{}; cut off: “{}”").format(said, shown)
        elif is_cut:
            said = tr("{}; what is beyond is cut off").format(said)
        elif is_over:
            said = tr("{} tokens, read in parts of {}").format(count.tokens, count.limit)
        if self.told.text() != said:
            self.told.setText(said)
            self.told.setProperty("dim", not is_cut)
            self.told.setProperty("doubtful", is_cut)
            restyle(self.told)
        self.told.show()

    def _type(self) -> None:
        self._counted = None
        if self._count is not None:
            self._timer.start()
        if not self._taking:
            self.edited.emit(self.field.toPlainText())

    def _ask(self) -> None:
        text = self.field.toPlainText()

        def answer(count: TokenCount) -> None:
            if self.field.toPlainText() == text:
                self.show_count(count)

        if self._count is not None:
            self._count(text, answer)


class TextField(QPlainTextEdit):
    """Plain text as high as its lines. Tab goes on to the next widget; undo is the window's."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 30, self.height())

    def event(self, event: QEvent) -> bool:
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and undoes(event):
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        runs = event.key() == Qt.Key.Key_Return and event.modifiers()  # Ctrl+Enter
        if runs or event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():  # lines break elsewhere now
            QTimer.singleShot(0, self, self._grow)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and self.verticalScrollBar().maximum():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _grow(self) -> None:
        # A plain text document measures its height in lines.
        lines = min(max(round(self.document().size().height()), LINES[0]), LINES[1])
        frame = round(2 * (self.document().documentMargin() + self.frameWidth() + 3))
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + frame)
