"""The viewer panel: the pictures of a node or a file, one of a batch at a time, compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.icons import set_icon
from app.gui.language import tr
from app.gui.pictures.comparing import GAINS, ComparingView, Mode

PLAY = 120  # milliseconds a picture
MODES: tuple[Mode, ...] = ("single", "slider", "difference")


class Viewer(QWidget):
    """Pictures under a title, with the pixel under the cursor in words.

    A picture can be pinned: what is shown later is compared with it.
    """

    open_asked = Signal(object)
    """Open the workflow of a picture's file: its Path."""
    turned = Signal(int)
    """Another picture of the batch, or step of a trajectory, is in front: its place from 0."""
    step_asked = Signal(int)
    """The latents of this step of a trajectory are wanted as a node."""
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self._files: list[Path] = []
        self._labels: list[str] = []
        self._at = 0
        self.view = ComparingView()
        self._title = QLabel()
        self._pixel = QLabel()
        self._zoom = QLabel()
        self._number = QLabel()
        self._previous = self._button("chevron-left", tr("Previous picture"), "[", self._back)
        self._next = self._button("chevron-right", tr("Next picture"), "]", self._forward)
        self._play = self._button("run", tr("Play"), "Space", self._toggle_play)
        self._play.setCheckable(True)
        self._clock = QTimer(self, interval=PLAY)
        self._clock.timeout.connect(self._forward)
        self._scrub = QSlider(Qt.Orientation.Horizontal)
        self._scrub.setAccessibleName(tr("Which picture"))
        self._scrub.valueChanged.connect(self._go)
        self._pin = self._button("pin", tr("Compare what comes with this picture"), "P", self._keep)
        self._pin.setCheckable(True)
        self._mode = QComboBox()
        self._mode.setAccessibleName(tr("Comparison"))
        self._mode.addItems([tr("This"), tr("Slide A | B"), tr("Difference")])
        self._mode.setToolTip(tr("How the picture and the pinned one are shown"))
        self._mode.currentIndexChanged.connect(self._set_mode)
        self._gain = QSlider(Qt.Orientation.Horizontal)
        self._gain.setAccessibleName(tr("Amplification"))
        self._gain.setToolTip(tr("What the difference is multiplied by"))
        self._gain.setRange(0, len(GAINS) - 1)
        self._gain.setValue(GAINS.index(self.view.gain))
        self._gain.setMaximumWidth(self.fontMetrics().averageCharWidth() * 14)
        self._gain.valueChanged.connect(lambda at: self.view.set_gain(GAINS[at]))
        self._gained = QLabel()
        self._gain.valueChanged.connect(lambda at: self._gained.setText(f"×{GAINS[at]}"))
        self._gained.setText(f"×{self.view.gain}")
        self._build()
        self.view.hovered.connect(self._tell_pixel)
        self.view.zoomed.connect(lambda scale: self._zoom.setText(f"{scale:.0%}"))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._add_actions()
        self._refresh()

    def sizeHint(self) -> QSize:
        unit = self.fontMetrics().height()
        return QSize(unit * 24, unit * 24)

    @property
    def image(self) -> QImage:
        """The picture that is shown; null for none."""
        return self._images[self._at] if self._images else QImage()

    @property
    def file(self) -> Path | None:
        """The file that the picture is in, None when it is in none."""
        return self._files[self._at] if self._at < len(self._files) else None

    def show_pictures(
        self,
        title: str,
        images: Sequence[QImage],
        files: Sequence[Path] = (),
        labels: Sequence[str] = (),
    ) -> None:
        """Show pictures of a batch, or the steps of a trajectory, with a label for each if any.

        The same place among as many as before stays in front.
        """
        if len(images) != len(self._images):
            self._at = len(images) - 1 if labels else 0
        self._images, self._files, self._labels = list(images), list(files), list(labels)
        self._title.setText(title)
        self._refresh()

    def show_files(self, files: Sequence[Path]) -> None:
        """Show picture files; those that can't be read are left out, and said."""
        found = [(path, QImage(str(path))) for path in files]
        unread = [path.name for path, image in found if image.isNull()]
        if unread:
            self.said.emit(tr("{} can't be shown.").format(", ".join(unread)))
        good = [(path, image) for path, image in found if not image.isNull()]
        title = good[0][0].name if good else ""
        self.show_pictures(title, [image for _, image in good], [path for path, _ in good])

    def pin(self, image: QImage | None) -> None:
        """Compare with this picture; None ends the comparison."""
        self.view.set_other(image)
        if image is not None and self._mode.currentIndex() == 0:
            self._mode.setCurrentIndex(1)
        self._refresh()

    # Inside

    def _build(self) -> None:
        above = QHBoxLayout()
        above.addWidget(self._title, 1)
        for widget in (self._previous, self._number, self._next):
            above.addWidget(widget)
        scrub = QHBoxLayout()
        scrub.addWidget(self._play)
        scrub.addWidget(self._scrub, 1)
        below = QHBoxLayout()
        fit = self._button("zoom-fit", tr("Fit the picture"), "0", self.view.fit)
        actual = self._button("", tr("One pixel for one"), "1", self.view.actual_size)
        actual.setText("1:1")
        for widget in (fit, actual, self._zoom):
            below.addWidget(widget)
        below.addWidget(self._pixel, 1)
        for widget in (self._pin, self._mode, self._gain, self._gained):
            below.addWidget(widget)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._pixel.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        gap = self.fontMetrics().height() // 3
        layout = QVBoxLayout(self)
        for row in (above, scrub, below):
            row.setContentsMargins(2 * gap, gap, 2 * gap, gap)
            row.setSpacing(gap)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self.view, 1)
        layout.addLayout(scrub)
        layout.addLayout(below)

    def _button(self, name: str, text: str, key: str, do: object) -> QToolButton:
        button = QToolButton()
        if name:
            set_icon(button, name)
        button.setToolTip(f"{text} ({key})")
        button.setAccessibleName(text)
        button.setAutoRaise(True)
        button.clicked.connect(do)
        return button

    def _add_actions(self) -> None:
        for text, key, do in (
            (tr("Save a copy…"), "", self._save),
            (tr("Copy"), "Ctrl+C", self._copy),
            (tr("Open its workflow"), "", self._open),
            (tr("Previous picture"), "[", self._back),
            (tr("Next picture"), "]", self._forward),
            (tr("Play"), "Space", self._play.click),
        ):
            action = QAction(text, self)
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(do)
            self.view.addAction(action)
        self._take = QAction(tr("Take this step as latents"), self)
        self._take.triggered.connect(lambda: self.step_asked.emit(self._at))
        self.view.addAction(self._take)

    def _refresh(self) -> None:
        self.view.set_image(self.image)
        many, pinned = len(self._images) > 1, not self.view.other.isNull()
        for widget in (self._previous, self._next, self._number, self._scrub, self._play):
            widget.setVisible(many)
        if not many:
            self._stop()
        self._scrub.blockSignals(True)
        self._scrub.setRange(0, max(0, len(self._images) - 1))
        self._scrub.setValue(self._at)
        self._scrub.blockSignals(False)
        place = f"{self._at + 1} / {len(self._images)}"
        self._take.setVisible(bool(self._labels))
        self._number.setText(self._labels[self._at] if self._at < len(self._labels) else place)
        self._pin.setChecked(pinned)
        self._pin.setEnabled(bool(self._images) or pinned)
        self._mode.setVisible(pinned)
        shows_difference = pinned and self.view.mode == "difference"
        self._gain.setVisible(shows_difference)
        self._gained.setVisible(shows_difference)
        self._tell_pixel(None)

    def _tell_pixel(self, place: tuple[int, int] | None) -> None:
        image = self.view.image
        if image.isNull():
            self._pixel.clear()
            return
        if place is None:
            self._pixel.setText(f"{image.width()} × {image.height()}")
            return
        colour = image.pixelColor(*place)
        rgb = f"{colour.red()}, {colour.green()}, {colour.blue()}"
        alpha = f", {colour.alpha()}" if image.hasAlphaChannel() else ""
        self._pixel.setText(f"({place[0]}, {place[1]})  {rgb}{alpha}")

    def _set_mode(self, at: int) -> None:
        self.view.set_mode(MODES[at])
        self._refresh()

    def _back(self) -> None:
        self._go(self._at - 1)

    def _forward(self) -> None:
        self._go(self._at + 1)

    def _go(self, at: int) -> None:
        if self._images:
            self._at = at % len(self._images)
            self._refresh()
            self.turned.emit(self._at)

    def _toggle_play(self, plays: bool) -> None:
        if plays and len(self._images) > 1:
            self._clock.start()
        else:
            self._stop()

    def _stop(self) -> None:
        self._clock.stop()
        self._play.setChecked(False)

    def _keep(self) -> None:
        self.pin(None if not self.view.other.isNull() else self.image)

    def _copy(self) -> None:
        if self.image.isNull():
            return
        data = QMimeData()
        data.setImageData(self.image)
        if self.file is not None:
            data.setUrls([QUrl.fromLocalFile(str(self.file.absolute()))])
        QGuiApplication.clipboard().setMimeData(data)

    def _open(self) -> None:
        if self.file is not None:
            self.open_asked.emit(self.file)
        else:
            self.said.emit(tr("This picture is in no file yet."))

    def _save(self) -> None:
        if self.image.isNull():
            return
        kinds = "PNG (*.png);;JPEG (*.jpg);;WebP (*.webp)"
        name, _ = QFileDialog.getSaveFileName(self, tr("Save a copy"), "picture.png", kinds)
        if name and not self.image.save(name):
            self.said.emit(tr("{} can't be written.").format(name))
