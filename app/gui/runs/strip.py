"""A slim strip that fills as something goes on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui import theme

TICK = 40  # milliseconds between pictures of a strip that does not know its end
LAP = 1.6  # seconds that its glimmer takes from one end to the other


def paint(painter: QPainter, area: QRectF, share: float, role: str = "accent") -> None:
    """Draw a strip that is filled to `share`, 0…1, in a colour of the theme."""
    radius = area.height() / 2
    colours = theme.theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.colour("border") if role == "accent" else colours.colour(role, 70))
    painter.drawRoundedRect(area, radius, radius)
    filled = QRectF(area)
    filled.setWidth(max(area.width() * min(share, 1.0), area.height()))
    if share > 0:
        painter.setBrush(colours.colour(role))
        painter.drawRoundedRect(filled, radius, radius)


class Strip(QWidget):
    """A strip of its own; `set_share(None)` lets a glimmer run while nothing is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.share: float | None = 0.0
        self._at = 0.0
        self._clock = QTimer(self, interval=TICK)
        self._clock.timeout.connect(self._move)
        theme.changed.connect(self.update)

    def set_share(self, share: float | None) -> None:
        """How much is done, 0…1, None for unknown."""
        self.share = share
        if share is not None:
            self._clock.stop()
        elif self.isVisible() and not self._clock.isActive():
            self._clock.start()
        self.setAccessibleDescription("" if share is None else f"{share:.0%}")
        self.update()

    def sizeHint(self) -> QSize:
        unit = self.fontMetrics().height()
        return QSize(unit * 10, max(4, unit // 3))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().height() * 3, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect())
        paint(painter, area, self.share or 0.0)
        if self.share is None:
            width = area.width() / 4
            left = (area.width() + width) * self._at - width
            painter.setBrush(theme.theme().colour("accent"))
            shown = QRectF(left, area.top(), width, area.height()).intersected(area)
            painter.drawRoundedRect(shown, area.height() / 2, area.height() / 2)

    def _move(self) -> None:
        self._at = (self._at + TICK / 1000 / LAP) % 1.0
        self.update()
