"""The viewer panel: the pictures of a node or a file, one of a batch at a time, compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeySequence
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
from app.gui.pictures.reading import Reading
from engine.graph.files import write_atomically

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
        self._from_files = False
        self._reading = Reading(self)
        self._reading.read.connect(self._show_read)
        self.destroyed.connect(self._reading.close)
        self._labels: list[str] = []
        self._titled = ""
        self._at = 0
        self.view = ComparingView()
        keys = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
        self.view.empty = tr("No picture yet.\n{} runs the workflow.").format(keys)
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
        self._gain.setFixedWidth(self.fontMetrics().averageCharWidth() * 14)
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
        """The picture that is shown; null for none, and for one that is still being read."""
        if not self._from_files:
            return self._images[self._at] if self._images else QImage()
        return (self._reading.known(self._files[self._at]) if self._files else None) or QImage()

    @property
    def title(self) -> str:
        """What the pictures are of: a node, or else the file that is in front."""
        return self._titled or (self.file.name if self.file else "")

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
        self._show(title, images, files, labels, from_files=False)

    def show_files(self, files: Sequence[Path], title: str = "") -> None:
        """Show picture files, each read when it is in front; what can't be read is said."""
        self._show(title, (), files, (), from_files=True)

    def _show(
        self,
        title: str,
        images: Sequence[QImage],
        files: Sequence[Path],
        labels: Sequence[str],
        *,
        from_files: bool,
    ) -> None:
        before = self._count
        self._images, self._files, self._labels = list(images), list(files), list(labels)
        self._from_files = from_files
        self._titled = title
        if self._count != before:
            self._at = self._count - 1 if labels else 0
        self._refresh()

    def pin(self, image: QImage | None) -> None:
        """Compare with this picture; None ends the comparison."""
        self.view.set_other(image)
        if image is not None and self._mode.currentIndex() == 0:
            self._mode.setCurrentIndex(1)
        self._refresh()

    # Inside

    @property
    def _count(self) -> int:
        return len(self._files if self._from_files else self._images)

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
        below.addWidget(self._pin)
        compared = QHBoxLayout()
        for widget in (self._mode, self._gain, self._gained):
            compared.addWidget(widget)
        compared.addStretch(1)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._pixel.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        gap = self.fontMetrics().height() // 3
        layout = QVBoxLayout(self)
        for row in (above, scrub, compared, below):
            row.setContentsMargins(2 * gap, gap, 2 * gap, gap)
            row.setSpacing(gap)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self.view, 1)
        layout.addLayout(scrub)
        layout.addLayout(compared)
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
            (tr("Compare what comes with this picture"), "P", self._pin.click),
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
        count = self._count
        if self._from_files and count:
            ahead = [self._files[(self._at + step) % count] for step in range(min(2, count))]
            self._reading.want(ahead)
        image = self.image
        if not image.isNull() or not (self._from_files and count):
            self.view.set_image(image)  # else what was there stays until the file is read
        self._title.setText(self.title)
        many, pinned = count > 1, not self.view.other.isNull()
        for widget in (self._previous, self._next, self._number, self._scrub, self._play):
            widget.setVisible(many)
        if not many:
            self._stop()
        self._scrub.blockSignals(True)
        self._scrub.setRange(0, max(0, count - 1))
        self._scrub.setValue(self._at)
        self._scrub.blockSignals(False)
        place = f"{self._at + 1} / {count}"
        self._take.setVisible(bool(self._labels))
        self._number.setText(self._labels[self._at] if self._at < len(self._labels) else place)
        self._pin.setChecked(pinned)
        self._pin.setEnabled(bool(count) or pinned)
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
        if self._count:
            self._at = at % self._count
            self._refresh()
            self.turned.emit(self._at)

    def _show_read(self, path: Path, image: QImage) -> None:
        """A file was read: show it if it is in front, leave it out if it is no picture."""
        if not self._from_files or path not in self._files:
            return
        if image.isNull():
            self.said.emit(tr("{} can't be shown.").format(path.name))
            at = self._files.index(path)
            del self._files[at]
            self._at = max(0, min(self._at - (at < self._at), len(self._files) - 1))
            self._refresh()
        elif path == self.file:
            self._refresh()

    def _toggle_play(self, plays: bool) -> None:
        if plays and self._count > 1:
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
        """Save a copy; one of the same kind has all that the file carries, its workflow too."""
        if self.image.isNull():
            return
        kinds = "PNG (*.png);;JPEG (*.jpg);;WebP (*.webp)"
        start = self.file.name if self.file else f"{self._titled or 'picture'}.png"
        name, _ = QFileDialog.getSaveFileName(self, tr("Save a copy"), start, kinds)
        if not name:
            return
        target = Path(name) if Path(name).suffix else Path(f"{name}.png")
        file = self.file
        try:
            if file and file.suffix.lower() == target.suffix.lower():
                write_atomically(target, file.read_bytes())
                return
        except OSError as error:
            self.said.emit(
                tr("{} can't be written: {}.").format(target.name, error.strerror or error)
            )
            return
        if not self.image.save(str(target)):
            self.said.emit(tr("{} can't be written.").format(target.name))
