"""What a parameter goes through in a sweep: a list, a range, or the lines of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.gui.document import Document
from app.gui.inspector.section import restyle
from app.gui.inspector.widgets.base import tool
from app.gui.inspector.widgets.number import read_number
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.params import Choices, Param, Range, Seed
from engine.graph.sweep import Axis, Lines, Span, grid, shown


def axis_in_words(axis: Axis) -> str:
    """`3, 5, 7`, `0 … 1 by 0.25`, `lines of prompts.txt`, and the axis that it goes along."""
    match axis.values:
        case Span(first, last, step):
            text = tr("{} … {} by {}").format(f"{first:g}", f"{last:g}", f"{step:g}")
        case Lines(file):
            text = tr("lines of {}").format(file)
        case values:
            text = ", ".join(shown(value, 20) for value in values)
    return tr("{}, along {}").format(text, axis.along) if axis.along else text


class AxisDialog(QDialog):
    """Makes `target` an axis of the sweep, or changes the one it is."""

    def __init__(
        self, document: Document, target: str, param: Param, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._target, self._param = document, target, param
        self.setWindowTitle(tr("Sweep {}").format(param.label))
        self.values = QPlainTextEdit(self)
        self.values.setTabChangesFocus(True)
        self.values.setAccessibleName(tr("Values"))
        self.values.setPlaceholderText(tr("One value a line"))
        self.values.setToolTip(param.describe())
        self.first, self.last, self.step = (QLineEdit(self) for _ in range(3))
        for field, name in (
            (self.first, tr("From")),
            (self.last, tr("To")),
            (self.step, tr("In steps of")),
        ):
            field.setAccessibleName(name)
            field.setToolTip(name)
        self.file = QLineEdit(self)
        self.file.setAccessibleName(tr("Text file"))
        self.file.setPlaceholderText(tr("A text file with one value a line"))
        self.file.setToolTip(tr("A text file with one value a line"))
        self.browse = tool("folder", tr("Browse…"), self)
        self.browse.clicked.connect(self._browse)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self.values, tr("List"))
        self.numeric = param.base in (int, float) and not isinstance(param.widget, Choices)
        if self.numeric:
            self.tabs.addTab(self._range_page(), tr("Range"))
        self.tabs.addTab(self._file_page(), tr("File"))
        self.along = QComboBox(self)
        self.along.setAccessibleName(tr("Goes along"))
        self.along.setToolTip(
            tr("Axes multiply; one that goes along another moves in step with it")
        )
        self.along.addItem(tr("no other axis"), "")
        for other, axis in document.root.sweep.items():
            if other != target and not axis.along:
                self.along.addItem(other, other)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow(tr("Goes along"), self.along)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(form)
        layout.addWidget(self.told)
        layout.addWidget(self.buttons)
        self._fill(document.root.sweep.get(target))
        for field in (self.first, self.last, self.step, self.file):
            field.textChanged.connect(self._tell)
        self.values.textChanged.connect(self._tell)
        self.tabs.currentChanged.connect(self._tell)
        self.along.activated.connect(self._tell)
        self._tell()
        letter = self.fontMetrics().averageCharWidth()
        self.resize(letter * 56, self.fontMetrics().height() * 20)

    def axis(self) -> Axis:
        """The axis as it is given; LoomError says what does not fit."""
        along = self.along.currentData()
        page = self.tabs.currentWidget()
        if page is self.values:
            return Axis(tuple(self._listed()), along)
        if self.numeric and self.tabs.currentIndex() == 1:
            return Axis(Span(*(self._number(field) for field in self._ends())), along)
        if not self.file.text().strip():
            raise LoomError(tr("Choose a file."))
        return Axis(Lines(self.file.text().strip()), along)

    def accept(self) -> None:
        """Write the axis into the workflow."""
        try:
            axis = self.axis()
            self._count(axis)
        except LoomError:
            self._tell()
            return
        with self._document.edit_root(tr("Sweep {}").format(self._target)) as graph:
            graph.set_axis(self._target, axis)
        super().accept()

    def _listed(self) -> list[Any]:
        text = self.values.toPlainText()
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) == 1 and self._param.base in (int, float):
            lines = [part.strip() for part in lines[0].split(",") if part.strip()]
        if not lines:
            raise LoomError(tr("Write one value a line."))
        return [self._param.parse(line) for line in lines]

    def _number(self, field: QLineEdit) -> float:
        value = read_number(field.text(), False)
        if value is None:
            raise LoomError(tr("“{}” is not a number.").format(field.text()))
        return int(value) if value == int(value) else value

    def _ends(self) -> tuple[QLineEdit, QLineEdit, QLineEdit]:
        return self.first, self.last, self.step

    def _count(self, axis: Axis) -> tuple[int, int]:
        """How many values the axis has, and how many cells the sweep would have with it."""
        settings = self._document.settings
        values = axis.found(settings)
        for value in values:
            self._param.validate(value) if not isinstance(value, str) else self._param.parse(value)
        graph = self._document.root.copy()
        graph.set_axis(self._target, axis)
        return len(values), len(grid(graph, settings).cells)

    def _tell(self) -> None:
        """Say how many runs it makes, or what is wrong."""
        try:
            values, cells = self._count(self.axis())
        except LoomError as error:
            self.told.setText(f"{error.reason} {error.remedy}".strip())
            wrong = True
        else:
            self.told.setText(tr("{} values; the sweep makes {} runs.").format(values, cells))
            wrong = False
        self.told.setProperty("wrong", wrong)
        self.told.setProperty("dim", not wrong)
        restyle(self.told)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not wrong)

    def _fill(self, axis: Axis | None) -> None:
        """Show an axis, or what one may begin with."""
        node_id, _, name = self._target.partition(".")
        node = self._document.root.nodes[node_id]
        value = node.params.get(name, None if self._param.required else self._param.default)
        extent = self._param.widget if isinstance(self._param.widget, Range) else None
        step = extent.step if extent and extent.step else 1
        start = value if isinstance(value, int | float) else 0
        ends: tuple[float, float, float] = (start, start + 4 * step, step)
        if isinstance(self._param.widget, Choices):
            self.values.setPlainText("\n".join(map(str, self._param.widget.values)))
        elif value is not None:
            self.values.setPlainText(_one(value))
        if axis is not None:
            self.along.setCurrentIndex(max(0, self.along.findData(axis.along)))
            match axis.values:
                case Span(first, last, by):
                    ends = (first, last, by)
                    self.tabs.setCurrentIndex(1 if self.numeric else 0)
                case Lines(file):
                    self.file.setText(file)
                    self.tabs.setCurrentIndex(self.tabs.count() - 1)
                case values:
                    self.values.setPlainText("\n".join(map(_one, values)))
        elif isinstance(self._param.widget, Seed):
            ends = (0, 3, 1)
            self.tabs.setCurrentIndex(1)
        for field, number in zip(self._ends(), ends, strict=True):
            field.setText(f"{number:.10g}")
        self.values.selectAll()

    def _range_page(self) -> QWidget:
        page = QWidget(self)
        form = QFormLayout(page)
        form.addRow(tr("From"), self.first)
        form.addRow(tr("To"), self.last)
        form.addRow(tr("In steps of"), self.step)
        return page

    def _file_page(self) -> QWidget:
        page = QWidget(self)
        row = QHBoxLayout(page)
        row.setAlignment(Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.file, 1)
        row.addWidget(self.browse)
        return page

    def _browse(self) -> None:
        folder = str(self._document.settings.input_folders[0].absolute())
        kinds = f"{tr('Text')} (*.txt *.csv);;{tr('Files')} (*)"
        chosen, _ = QFileDialog.getOpenFileName(self, tr("Choose a file"), folder, kinds)
        if chosen:
            path = Path(chosen)
            inside = path.is_relative_to(folder)
            self.file.setText(path.relative_to(folder).as_posix() if inside else chosen)


def _one(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("name", ""))
    return " ".join(str(value).splitlines()) if isinstance(value, str) else str(value)
