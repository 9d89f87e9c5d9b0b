"""How a job looks in the list: picture, name, state, time, progress."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.gui import icons, theme
from app.gui.language import tr
from app.gui.runs import strip, words
from app.gui.runs.queue_model import JOB, title
from app.gui.runs.running import Running
from app.gui.runs.runs import JOB as RUN
from engine.graph.queue import Job

Index = QModelIndex | QPersistentModelIndex
LEFT = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
PICTURES = 4  # of a job, at most


class QueueRows(QStyledItemDelegate):
    """Paints rows; `running` says how far a run is, `picture` what a file looks like."""

    def __init__(
        self,
        view: QListView,
        running: Callable[[str], Running | None],
        picture: Callable[[str], QImage | None],
    ) -> None:
        super().__init__(view)
        self._view, self._running, self._picture = view, running, picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        unit = option.fontMetrics.height()
        return QSize(self._view.viewport().width(), unit * 3)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        job: Job = index.data(JOB)
        self.initStyleOption(option, index)
        option.text = ""
        style = self._view.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, self._view)
        marked = bool(option.state & QStyle.StateFlag.State_Selected)
        unit = option.fontMetrics.height()
        area = option.rect.adjusted(unit // 2, unit // 3, -unit // 2, -unit // 3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_sign(painter, area, job, unit, marked)
        area.setLeft(area.left() + unit + unit // 2)
        area.setRight(self._paint_pictures(painter, area, job) - unit // 2)
        self._paint_texts(painter, option, area, job, marked)
        painter.restore()

    def _paint_sign(
        self, painter: QPainter, area: QRect, job: Job, unit: int, marked: bool
    ) -> None:
        sign = words.SIGNS[job.state]
        ratio = self._view.devicePixelRatioF()
        drawn = icons.pixmap(sign.icon, unit, ratio, "on_accent" if marked else sign.colour)
        painter.drawPixmap(area.left(), area.top() + (area.height() // 2 - unit) // 2, drawn)

    def _paint_pictures(self, painter: QPainter, area: QRect, job: Job) -> int:
        """What the job made, from the right; where the texts have to end."""
        side, right = area.height(), area.right()
        for file in job.files[:PICTURES]:
            if right - side < area.center().x():
                break
            picture = self._picture(file)
            if picture is None or picture.isNull():
                continue
            place = QRectF(right - side, area.top(), side, side)
            painter.save()
            path = QPainterPath()
            path.addRoundedRect(place, side / 10, side / 10)
            painter.setClipPath(path)
            grown = Qt.AspectRatioMode.KeepAspectRatioByExpanding
            shown = QRectF(place)
            shown.setSize(picture.size().toSizeF().scaled(place.size(), grown))
            shown.moveCenter(place.center())
            painter.drawImage(shown, picture)
            painter.restore()
            right -= side + max(2, side // 8)
        return right

    def _paint_texts(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        job: Job,
        marked: bool,
    ) -> None:
        colours = theme.theme()
        metrics = option.fontMetrics
        upper = QRect(area.left(), area.top(), area.width(), area.height() // 2)
        lower = upper.translated(0, upper.height())
        number = f"#{job.id}"
        painter.setPen(colours.colour("on_accent" if marked else "dim"))
        painter.drawText(upper, RIGHT, number)
        upper.setRight(upper.right() - metrics.horizontalAdvance(number) - metrics.height() // 2)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(colours.colour("on_accent" if marked else "text"))
        name = painter.fontMetrics().elidedText(
            title(job), Qt.TextElideMode.ElideRight, upper.width()
        )
        painter.drawText(upper, LEFT, name)
        painter.setFont(option.font)
        running = self._running(f"{RUN}{job.id}") if job.state == "running" else None
        if running:
            width = max(lower.width() // 3, metrics.height() * 3)
            height = max(4, metrics.height() // 4)
            top = lower.center().y() - height // 2
            place = QRectF(lower.right() - width, top, width, height)
            role = "on_accent" if marked else "accent"
            strip.paint(painter, place, running.share or 0.0, role)
            lower.setRight(lower.right() - width - metrics.height() // 2)
        wrong = job.state == "failed" and not marked
        painter.setPen(colours.colour("on_accent" if marked else "error" if wrong else "dim"))
        said = metrics.elidedText(said_of(job, running), Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, LEFT, said)


def said_of(job: Job, running: Running | None) -> str:
    """The second line: what is going on, or how it ended."""
    match job.state:
        case "running" if running and running.node:
            taken = words.time(time.monotonic() - running.began)
            return f"{running.node} · {taken}"
        case "running":
            return tr("preparing")
        case "queued":
            return tr("waiting")
        case "failed":
            return job.message.partition("\n")[0] or tr("failed")
        case state:
            parts = [words.state(state)]
            if job.started and job.ended:
                parts.append(words.time(job.ended - job.started))
            if job.files:
                files = len(job.files)
                parts.append(words.count(files, tr("{} file"), tr("{} files")))
            return " · ".join(parts)
