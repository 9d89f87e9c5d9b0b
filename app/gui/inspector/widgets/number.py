"""A number: a slider over its range, and a field to type in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from app.gui.inspector.widgets.base import ValueEditor, guard_undo, guard_wheel
from app.gui.language import tr
from app.gui.scale import Scale
from engine.graph.params import Param, Range

TICKS = 10_000  # places of the slider
FAST = 10  # steps with Shift or by a page


class NumberEditor(ValueEditor):
    """A slider and a field for a number with a range; a field alone for one without."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        extent = param.widget if isinstance(param.widget, Range) else None
        whole = param.base is int
        self.scale = Scale.of(extent, whole) if extent else None
        self.field = NumberField(self.scale or Scale(-1e15, 1e15, 1 if whole else 0.1, whole), self)
        self.field.setAccessibleName(param.label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.fontMetrics().height() // 2)
        self.slider: ScaleSlider | None = None
        if self.scale is not None:
            self.slider = ScaleSlider(self.scale, self)
            self.slider.setAccessibleName(tr("{}, slider").format(param.label))
            self.slider.setToolTip(param.describe())
            self.slider.moved.connect(self._slide)
            self.slider.sliderReleased.connect(self.settled.emit)
            layout.addWidget(self.slider, 1)
            self.field.setFixedWidth(self.fontMetrics().horizontalAdvance("0") * 9)
        layout.addWidget(self.field, 0 if self.slider else 1)
        self.field.setToolTip(param.describe())
        self.field.typed.connect(self._type)
        self.field.left.connect(self.settled.emit)
        self.field.refused.connect(self._refuse)
        self.setFocusProxy(self.field)

    def show_value(self, value: Any) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.field.setText("" if value is None else str(value))
            return
        self.field.show_number(value)
        if self.slider is not None:
            self.slider.show_number(value)

    def _slide(self, value: float) -> None:
        self.field.show_number(value)
        self.edited.emit(value)

    def _type(self, value: float) -> None:
        if self.slider is not None:
            self.slider.show_number(value)
        self.edited.emit(value)

    def _refuse(self, text: str) -> None:
        takes = self.param.describe()
        self.refused.emit(tr("“{}” is not a number; it takes {}.").format(text, takes))


class ScaleSlider(QSlider):
    """A slider over a scale. Arrows go by its steps, with Shift by ten of them."""

    moved = Signal(float)

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._scale = scale
        self._number = scale.low
        self.setRange(0, TICKS)
        self.setMinimumWidth(self.fontMetrics().height() * 3)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        guard_wheel(self)
        self.sliderMoved.connect(lambda place: self._take(scale.value(place / TICKS)))

    def show_number(self, value: float) -> None:
        """Show a value that came from elsewhere."""
        self._number = value
        if not self.isSliderDown():
            self.setValue(round(self._scale.fraction(value) * TICKS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {
            keys.Key_Left: -1,
            keys.Key_Down: -1,
            keys.Key_Right: 1,
            keys.Key_Up: 1,
            keys.Key_PageDown: -FAST,
            keys.Key_PageUp: FAST,
            keys.Key_Home: -TICKS * TICKS,
            keys.Key_End: TICKS * TICKS,
        }.get(Qt.Key(event.key()))
        if steps is None:
            super().keyPressEvent(event)
            return
        fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) and abs(steps) == 1
        self._step(steps * (FAST if fast else 1))

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta:
            self._step(1 if delta > 0 else -1)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press anywhere takes the handle there, so that one movement does it."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setSliderDown(True)
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)

    def _drag(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style = self.style()
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        handle = style.subControlRect(control, option, part, self).width()
        way = max(1, self.width() - handle)
        fraction = (event.position().x() - handle / 2) / way
        place = round(min(max(fraction, 0.0), 1.0) * TICKS)
        self.setSliderPosition(place)

    def _step(self, steps: float) -> None:
        value = self._scale.moved(self._number, steps)
        self.setValue(round(self._scale.fraction(value) * TICKS))
        self._take(value)

    def _take(self, value: float) -> None:
        if value != self._number:
            self._number = value
            self.moved.emit(value)


class NumberField(QLineEdit):
    """A number as text: Enter or leaving takes it, arrows and the wheel step, Escape gives back."""

    typed = Signal(object)
    left = Signal()
    refused = Signal(str)

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self._number: float | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        guard_wheel(self)
        guard_undo(self)
        self.editingFinished.connect(self._take)

    @property
    def number(self) -> float | None:
        """The number that is shown."""
        return self._number

    def show_number(self, value: float) -> None:
        """Show a number that came from elsewhere, unless another one is just being typed."""
        self._number = value
        if not (self.hasFocus() and self.isModified()):
            self.setText(self._scale.text(value))
            self.setModified(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match Qt.Key(event.key()):
            case Qt.Key.Key_Up:
                self._step(FAST if fast else 1)
            case Qt.Key.Key_Down:
                self._step(-FAST if fast else -1)
            case Qt.Key.Key_PageUp:
                self._step(FAST)
            case Qt.Key.Key_PageDown:
                self._step(-FAST)
            case Qt.Key.Key_Escape if self.isModified() and self._number is not None:
                self.setText(self._scale.text(self._number))
                self.setModified(False)
            case _:
                super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if delta := event.angleDelta().y():
            self._step(1 if delta > 0 else -1)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def _step(self, steps: float) -> None:
        self._take()
        if self._number is not None:
            value = self._scale.moved(self._number, steps)
            if value != self._number:
                self._number = value
                self.setText(self._scale.text(value))
                self.setModified(False)
                self.typed.emit(value)

    def _take(self) -> None:
        """Take what was typed."""
        text = self.text().strip()
        if not self.isModified():
            return
        value = read_number(text, self._scale.whole)
        if value is None:
            self.refused.emit(text)
            return
        self._number = value
        self.setModified(False)
        self.setText(self._scale.text(value))
        self.typed.emit(value)


def read_number(text: str, whole: bool) -> float | None:
    """A number as it is typed, with a point or with the comma of the person's language."""
    text = text.replace(" ", "").replace(" ", "").replace("−", "-")
    if whole and text.isdecimal():
        return int(text)
    try:
        value = float(text)
    except ValueError:
        value, right = QLocale().toDouble(text)
        if not right:
            try:
                value = float(text.replace(",", "."))
            except ValueError:
                return None
    if value != value or abs(value) > 1e300:
        return None
    return int(value) if whole and value == int(value) else value
