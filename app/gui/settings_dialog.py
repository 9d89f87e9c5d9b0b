"""The dialog in which the person chooses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.gui import settings, theme
from app.gui.inspector.widgets.base import tool
from app.gui.inspector.widgets.switch import Switch
from app.gui.language import NAMES, tr


class SettingsDialog(QDialog):
    """Edits the person's choices; they hold when the dialog is accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        chosen = settings.choices()
        self.theme = _box(
            tr("Theme"),
            {"system": tr("As the desktop"), "dark": tr("Dark"), "light": tr("Light")},
            chosen.theme,
        )
        self.language = _box(
            tr("Language"), {"system": tr("As the desktop"), **NAMES}, chosen.language
        )
        self.folders = FolderList(chosen.model_folders, self)
        self.output = FolderField(chosen.output_folder, tr("the usual folder"), self)
        self.memory = QDoubleSpinBox(self)
        self.memory.setRange(0, 1024)
        self.memory.setDecimals(1)
        self.memory.setSuffix(" GB")
        self.memory.setSpecialValueText(tr("all there is"))
        self.memory.setValue(chosen.memory)
        self.memory.setToolTip(tr("How much of the device's memory a run may take"))
        self.memory.setAccessibleName(tr("Device memory"))
        self.compile = Switch(self)
        self.compile.setChecked(chosen.compile)
        said = tr("On a graphics card: the first run takes minutes longer, later ones less")
        self.compile.setToolTip(said)
        self.compile.setAccessibleName(tr("Compile layers"))
        self.tf32 = Switch(self)
        self.tf32.setChecked(chosen.tf32)
        said = tr("On a graphics card: float32 products are rounded to 10 bits, about 0.001 off")
        self.tf32.setToolTip(said)
        self.tf32.setAccessibleName(tr("TensorFloat-32"))
        self.autosave = QSpinBox(self)
        self.autosave.setRange(0, 3600)
        self.autosave.setSuffix(" s")
        self.autosave.setSpecialValueText(tr("never"))
        self.autosave.setValue(chosen.autosave)
        self.autosave.setToolTip(tr("How often unsaved work is kept against a crash"))
        self.autosave.setAccessibleName(tr("Keep unsaved work every"))
        self.live = Switch(self)
        self.live.setChecked(chosen.live)
        self.live.setToolTip(tr("Run after every change"))
        self.live.setAccessibleName(tr("Live mode"))
        self._note = QLabel(tr("Another language holds from the next start on."), self)
        self._note.setProperty("dim", True)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(self.fontMetrics().height() // 2 + 2)
        form.setHorizontalSpacing(self.fontMetrics().height())
        form.addRow(tr("Theme"), self.theme)
        form.addRow(tr("Language"), self.language)
        form.addRow("", self._note)
        form.addRow(tr("Model folders"), self.folders)
        form.addRow(tr("Output folder"), self.output)
        form.addRow(tr("Device memory"), self.memory)
        form.addRow(tr("Compile layers"), self.compile)
        form.addRow(tr("TensorFloat-32"), self.tf32)
        form.addRow(tr("Keep unsaved work every"), self.autosave)
        form.addRow(tr("Live mode"), self.live)
        form.setRowVisible(self._note, False)
        self.language.activated.connect(
            lambda: form.setRowVisible(self._note, self.language.currentData() != chosen.language)
        )
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        margin = self.fontMetrics().height()
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.addLayout(form)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.resize(self.fontMetrics().averageCharWidth() * 76, self.sizeHint().height())

    def accept(self) -> None:
        """Let the choices hold."""
        before = settings.choices()
        settings.put(
            replace(
                before,
                theme=self.theme.currentData(),
                language=self.language.currentData(),
                model_folders=self.folders.folders(),
                output_folder=self.output.folder(),
                memory=self.memory.value(),
                compile=self.compile.isChecked(),
                tf32=self.tf32.isChecked(),
                autosave=self.autosave.value(),
                live=self.live.isChecked(),
            )
        )
        if before.theme != settings.choices().theme:
            theme.use(settings.choices().theme)
        super().accept()


class FolderList(QWidget):
    """Folders in an order, the first one searched first."""

    def __init__(self, folders: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setAccessibleName(tr("Model folders"))
        self.list.addItems(list(folders))
        self.list.setFixedHeight(self.fontMetrics().height() * 6)
        self.add = tool("folder-add", tr("Add a folder"), self)
        self.drop = tool("remove", tr("Take the folder off the list"), self)
        self.up = tool("up", tr("Search it earlier"), self)
        self.add.clicked.connect(self._add)
        self.drop.clicked.connect(lambda: self.list.takeItem(self.list.currentRow()))
        self.up.clicked.connect(self._up)
        side = QVBoxLayout()
        side.setSpacing(2)
        for button in (self.add, self.drop, self.up):
            side.addWidget(button)
        side.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list, 1)
        layout.addLayout(side)
        self.setFocusProxy(self.list)

    def folders(self) -> tuple[str, ...]:
        """The folders as they are listed."""
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    def put(self, folder: str) -> None:
        """Add a folder where it is not there yet."""
        if folder and folder not in self.folders():
            self.list.addItem(folder)

    def _add(self) -> None:
        self.put(QFileDialog.getExistingDirectory(self, tr("A folder with models")))

    def _up(self) -> None:
        row = self.list.currentRow()
        if row > 0:
            self.list.insertItem(row - 1, self.list.takeItem(row))
            self.list.setCurrentRow(row - 1)


class FolderField(QWidget):
    """One folder, typed or browsed for; empty for the usual one."""

    def __init__(self, folder: str, usual: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit(folder, self)
        self.field.setPlaceholderText(usual)
        self.field.setAccessibleName(tr("Output folder"))
        self.field.setToolTip(tr("Where pictures are written"))
        self.browse = QPushButton(tr("Browse…"), self)
        self.browse.setToolTip(tr("Choose a folder"))
        self.browse.clicked.connect(self._browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.browse)
        self.setFocusProxy(self.field)

    def folder(self) -> str:
        """The folder, "" for the usual one."""
        text = self.field.text().strip()
        return str(Path(text).expanduser()) if text else ""

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, tr("Where pictures are written"), self.field.text()
        )
        if chosen:
            self.field.setText(chosen)


def _box(name: str, entries: dict[str, str], chosen: str) -> QComboBox:
    box = QComboBox()
    for value, text in entries.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.setAccessibleName(name)
    box.setToolTip(name)
    return box
