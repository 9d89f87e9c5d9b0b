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
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QShortcut,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QMessageBox,
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
FINE = 2048  # pixels of the longer side of the mask that is seen, at most
NOTCH = 1.25  # by which a key makes the brush wider
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
        self._scale_seen = 1.0
        self._seen = QImage()
        self._merging = ""
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
        self._scale_seen = min(1.0, FINE / max(1, image.width(), image.height()))
        self.set_image(image)
        self._show(self._sketch)

    def put(self, sketch: Sketch, merging: str = "") -> None:
        """Take another drawing in place of this one; it can be undone.

        What comes with the same word `merging` one after the other is undone at once.
        """
        if sketch != self._sketch:
            if not merging or merging != self._merging:
                self._done.append(self._sketch)
            self._undone.clear()
            self._show(sketch)
            self._merging = merging

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
        self._sketch, self._merging = sketch, ""
        mask = sketch.soft_image(self._scale_seen)
        self._seen = QImage(mask.size(), QImage.Format.Format_ARGB32_Premultiplied)
        self._seen.fill(QColor(MASK.rgb()))
        self._seen.setAlphaChannel(mask)
        self.painted.emit()
        self.update()

    # Painting

    def paint_picture(self, painter: QPainter, frame: QRectF) -> None:
        super().paint_picture(painter, frame)
        seen = self._seen
        if shape := self._shape():
            seen = seen.copy()
            paint_shape(seen, shape, self._scale_seen, QColor(MASK.rgb()))
        painter.setOpacity(MASK.alphaF())
        painter.drawImage(frame, seen)
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives a stroke up while the button is down."""
        if event.key() == Qt.Key.Key_Escape and self._points:
            self._points = []
            self.update()
            return
        super().keyPressEvent(event)

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
                area = flood(self._sketch.image(), x, y)
                return polygon(area, value) if len(area) > 2 else None


class MaskPainter(QDialog):
    """A window to paint a mask over a picture; `drawing` is the parameter's new text."""

    def __init__(
        self, image: QImage, drawing: str, parent: QWidget | None = None, *, is_blank: bool = False
    ) -> None:
        """`is_blank` says that `image` only stands for a picture that is not there yet."""
        super().__init__(parent)
        self.setWindowTitle(tr("Paint a mask"))
        self.view = PaintView()
        sketch = Sketch.read(drawing, image.size())
        if is_blank and not sketch.size.isEmpty():
            image = image.scaled(sketch.size)
        self.view.begin(image, sketch)
        self._before = self.view.sketch
        self.view.painted.connect(self._follow)
        self._hint = QLabel(tr("There is no picture to paint on yet: run the workflow to see it."))
        self._hint.setProperty("dim", True)
        self._hint.setVisible(is_blank)
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
        layout.addWidget(self._hint)
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)
        for key, by in (("[", 1 / NOTCH), ("]", NOTCH)):
            QShortcut(QKeySequence(key), self).activated.connect(partial(self._widen, by))
        self._size.setToolTip(tr("How wide the brush is ([ and ])"))
        self._feather.setToolTip(tr("How far the edges of the mask are blurred"))
        unit = self.fontMetrics().height()
        self.resize(unit * 48, unit * 44)
        self.view.setFocus()

    def reject(self) -> None:
        """Close without the drawing; ask first, if there is one to lose."""
        button = QMessageBox.StandardButton
        if self.view.sketch == self._before:
            super().reject()
            return
        answer = QMessageBox.question(
            self,
            tr("Unsaved changes"),
            tr("What you have painted is not taken over yet."),
            button.Save | button.Discard | button.Cancel,
            button.Save,
        )
        if answer == button.Save:
            self.accept()
        elif answer == button.Discard:
            super().reject()

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

    def invert(self) -> None:
        """Paint what is not painted, and take away what is."""
        self.view.put(self.view.sketch.inverted())

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
        self._action("difference", tr("Invert"), "I", self.invert)
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

    def _widen(self, by: float) -> None:
        value = self._size.value()
        changed = round(value * by)
        self._size.setValue(changed if changed != value else value + (1 if by > 1 else -1))

    def _set_feather(self, value: int) -> None:
        sketch = self.view.sketch
        if value != round(sketch.feather):
            soft = Sketch(sketch.size, sketch.shapes, float(value))
            self.view.put(soft, "feather")

    def _follow(self) -> None:
        """The drawing is another, perhaps because something was undone."""
        self._feather.setValue(round(self.view.sketch.feather))
