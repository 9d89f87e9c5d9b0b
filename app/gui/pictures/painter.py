"""The mask painter: brush, eraser, shapes and fill over a picture."""

from __future__ import annotations

from functools import partial
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QImage,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app.gui import theme
from app.gui.icons import set_icon
from app.gui.language import tr
from app.gui.pictures.flood import flood
from app.gui.pictures.pixels import PixelView
from app.gui.pictures.sketch import Sketch, box, paint_shape, polygon, stroke

Tool = Literal["brush", "eraser", "polygon", "rectangle", "ellipse", "fill"]
MASK = QColor(255, 40, 170, 150)  # over the picture: a colour that few pictures have
WIDEST = 512  # pixels of the brush
SOFTEST = 64
NEAR = 0.5  # pixels between points of a stroke, at least


class PaintView(PixelView):
    """A picture with a mask over it to paint on with the left button; the middle one moves.

    Shift paints what the tool would take away, and the other way round.
    """

    painted = Signal()
    """The drawing is another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool: Tool = "brush"
        self.width_of_brush = 24.0
        self._sketch = Sketch(QSize(512, 512))
        self._done: list[Sketch] = []
        self._undone: list[Sketch] = []
        self._mask = QImage()
        self._points: list[QPointF] = []
        self._takes = False
        self._cursor: QPointF | None = None

    @property
    def sketch(self) -> Sketch:
        """What is drawn."""
        return self._sketch

    def begin(self, image: QImage, sketch: Sketch) -> None:
        """Paint over a picture, going on from a drawing."""
        self._sketch = sketch.scaled_to(image.size())
        self._done, self._undone = [], []
        self._mask = self._sketch.image()
        self.set_image(image)

    def put(self, sketch: Sketch) -> None:
        """Take another drawing in place of this one; it can be undone."""
        if sketch != self._sketch:
            self._done.append(self._sketch)
            self._undone.clear()
            self._show(sketch)

    def undo(self) -> None:
        """Take the last shape back."""
        if self._done:
            self._undone.append(self._sketch)
            self._show(self._done.pop())

    def redo(self) -> None:
        """Draw again what was taken back."""
        if self._undone:
            self._done.append(self._sketch)
            self._show(self._undone.pop())

    def _show(self, sketch: Sketch) -> None:
        self._sketch, self._mask = sketch, sketch.image()
        self.painted.emit()
        self.update()

    # Painting

    def paint_picture(self, painter: QPainter, frame: QRectF) -> None:
        super().paint_picture(painter, frame)
        mask = self._mask.copy()
        if shape := self._shape():
            paint_shape(mask, shape)
        colour = QImage(mask.size(), QImage.Format.Format_ARGB32_Premultiplied)
        colour.fill(QColor(MASK.rgb()))
        colour.setAlphaChannel(mask)
        painter.setOpacity(MASK.alphaF())
        painter.drawImage(frame, colour)
        painter.setOpacity(1)

    def paint_above(self, painter: QPainter) -> None:
        if self._cursor is None or self.tool not in ("brush", "eraser"):
            return
        radius = self.width_of_brush / 2 * self.scale / self.devicePixelRatioF()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in (("on_accent", 3), ("text", 1)):
            painter.setPen(QPen(theme.theme().colour(colour), width))
            painter.drawEllipse(self._cursor, radius, radius)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.image.isNull():
            super().mousePressEvent(event)
            return
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._takes = (self.tool == "eraser") != shifted
        self._points = [self.to_picture(event.position())]
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = event.position()
        if self._points:
            point = self.to_picture(event.position())
            last = self._points[-1]
            if self.tool in ("rectangle", "ellipse"):
                self._points = [self._points[0], point]
            elif (point - last).manhattanLength() >= NEAR:
                self._points.append(point)
        self.update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._points and event.button() == Qt.MouseButton.LeftButton:
            shape = self._shape(done=True)
            self._points = []
            if shape:
                self.put(self._sketch.with_shape(shape))
            self.update()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def leaveEvent(self, event: object) -> None:
        self._cursor = None
        self.update()
        super().leaveEvent(event)

    def _shape(self, done: bool = False) -> dict[str, object] | None:
        """What the tool draws by now, None for nothing."""
        points, value = self._points, 0.0 if self._takes else 1.0
        if not points:
            return None
        match self.tool:
            case "brush" | "eraser":
                return stroke(points, self.width_of_brush, value)
            case "polygon":
                return polygon(points, value) if len(points) > 2 else None
            case "rectangle" | "ellipse":
                frame = QRectF(points[0], points[-1]).normalized()
                return box(self.tool, frame, value) if frame.width() and frame.height() else None
            case "fill":
                if not done:
                    return None
                x, y = int(points[0].x()), int(points[0].y())
                area = flood(self._mask, x, y)
                return polygon(area, value) if len(area) > 2 else None


class MaskPainter(QDialog):
    """A window to paint a mask over a picture; `drawing` is the parameter's new text."""

    def __init__(self, image: QImage, drawing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Paint a mask"))
        self.view = PaintView()
        self.view.begin(image, Sketch.read(drawing, image.size()))
        self._bar = QToolBar()
        self._tools()
        self._size = self._slider(tr("Brush"), 1, WIDEST, round(self.view.width_of_brush))
        self._size.valueChanged.connect(self._set_width)
        self._feather = self._slider(tr("Feather"), 0, SOFTEST, round(self.view.sketch.feather))
        self._feather.valueChanged.connect(self._set_feather)
        self._add_sliders()
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self._bar)
        layout.addLayout(self._sliders)
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)
        unit = self.fontMetrics().height()
        self.resize(unit * 48, unit * 44)

    @property
    def drawing(self) -> str:
        """The drawing as the parameter has it."""
        return self.view.sketch.text()

    def clear(self) -> None:
        """Take all shapes away."""
        sketch = self.view.sketch
        self.view.put(Sketch(sketch.size, (), sketch.feather))

    def cover(self) -> None:
        """Paint all of the picture."""
        size = self.view.sketch.size
        frame = QRectF(0, 0, size.width(), size.height())
        self.view.put(self.view.sketch.with_shape(box("rectangle", frame, 1)))

    def _tools(self) -> None:
        group = QActionGroup(self)
        tools: tuple[tuple[Tool, str, str], ...] = (
            ("brush", tr("Brush"), "B"),
            ("eraser", tr("Eraser"), "E"),
            ("polygon", tr("Lasso"), "L"),
            ("rectangle", tr("Rectangle"), "R"),
            ("ellipse", tr("Ellipse"), "O"),
            ("fill", tr("Fill an area"), "F"),
        )
        for tool, text, key in tools:
            action = self._action(tool, text, key, partial(self._use, tool))
            action.setCheckable(True)
            action.setChecked(tool == self.view.tool)
            group.addAction(action)
        self._bar.addSeparator()
        self._action("undo", tr("Undo"), QKeySequence.StandardKey.Undo, self.view.undo)
        self._action("redo", tr("Redo"), QKeySequence.StandardKey.Redo, self.view.redo)
        self._bar.addSeparator()
        self._action("mask", tr("Cover everything"), "Ctrl+A", self.cover)
        self._action("delete", tr("Clear"), "Del", self.clear)
        self._action("zoom-fit", tr("Fit the picture"), "0", self.view.fit)

    def _action(self, name: str, text: str, key: object, do: object) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))  # type: ignore[arg-type]
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text} ({keys})")
        action.triggered.connect(do)
        set_icon(action, name)
        self._bar.addAction(action)
        return action

    def _slider(self, name: str, low: int, high: int, value: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setAccessibleName(name)
        slider.setRange(low, high)
        slider.setValue(value)
        return slider

    def _add_sliders(self) -> None:
        self._sliders = QHBoxLayout()
        for text, slider in ((tr("Brush"), self._size), (tr("Feather"), self._feather)):
            number = QLabel(f"{slider.value()} px")
            number.setMinimumWidth(self.fontMetrics().horizontalAdvance("0000 px"))
            slider.valueChanged.connect(lambda value, label=number: label.setText(f"{value} px"))
            for widget in (QLabel(text), slider, number):
                self._sliders.addWidget(widget)

    def _use(self, tool: Tool, _: bool = True) -> None:
        self.view.tool = tool
        self.view.update()

    def _set_width(self, value: int) -> None:
        self.view.width_of_brush = float(value)
        self.view.update()

    def _set_feather(self, value: int) -> None:
        sketch = self.view.sketch
        self.view.put(Sketch(sketch.size, sketch.shapes, float(value)))
