"""What every widget of a parameter is, and what it may ask of the editor around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from app.gui import icons
from engine.graph.context import Settings
from engine.graph.params import Param


@dataclass(frozen=True)
class TokenCount:
    """How many tokens a prompt has, how many the model reads at once, and what it reads.

    `kept` is how many characters of the text are read; the rest is cut off.
    """

    tokens: int
    limit: int
    kept: int


Answer = Callable[[TokenCount], None]


@dataclass(frozen=True)
class Around:
    """What widgets ask of the editor around them.

    `settings` gives the folders of the workflow. `count` has the tokens of a text counted and
    answers later, or never where no tokenizer is known; `reads_all` says whether a prompt that is
    longer than the model takes at once is read in parts instead of being cut. `draw` opens the
    painter. `locate` adds a folder of models.
    """

    settings: Callable[[], Settings] = Settings
    count: Callable[[str, Answer], None] | None = None
    reads_all: Callable[[], bool] = lambda: False
    draw: Callable[[], None] | None = None
    locate: Callable[[str], None] | None = None


class ValueEditor(QWidget):
    """Edits one value. `edited` carries each new one, also while it is dragged or typed;
    `settled` says that the person is done, so that the next edit undoes alone.
    """

    edited = Signal(object)
    settled = Signal()
    refused = Signal(str)
    """What was typed is no value: a sentence."""

    wide = False
    """Whether it needs the whole width, below its label."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.setAccessibleName(param.label)

    def show_value(self, value: Any) -> None:
        """Show a value that came from elsewhere, without a signal."""
        raise NotImplementedError


def tool(name: str, tip: str, parent: QWidget, colour: str = "text") -> QToolButton:
    """A small button with an icon."""
    button = QToolButton(parent)
    icons.set_icon(button, name, colour)
    size = round(button.fontMetrics().height() * 0.95)
    button.setIconSize(QSize(size, size))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


class WheelGuard(QObject):
    """Lets the wheel scroll the page, and change a value only in a widget that has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        scrolls = isinstance(event, QWheelEvent) and isinstance(watched, QWidget)
        if scrolls and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def guard_wheel(widget: QWidget) -> None:
    """Let the wheel pass a widget that has no focus."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(WheelGuard(widget))


class UndoGuard(QObject):
    """Leaves undo to the window where a line holds nothing that was typed and not yet taken."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        asks = event.type() == QEvent.Type.ShortcutOverride
        taken = isinstance(watched, QLineEdit) and not watched.isModified()
        if asks and taken and isinstance(event, QKeyEvent) and undoes(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def guard_undo(line: QLineEdit) -> None:
    """Let undo pass a line whose text the document has."""
    line.installEventFilter(UndoGuard(line))


def undoes(event: QKeyEvent) -> bool:
    """Whether a key asks for undo or redo."""
    keys = QKeySequence.StandardKey
    return event.matches(keys.Undo) or event.matches(keys.Redo)
