"""The style sheet of Qt's own widgets, in the colours of a theme."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.gui.theme import Theme

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "theme"


def sheet(theme: Theme) -> str:
    """The style sheet for an application.

    Labels with the property `dim` are less important, with `heading` more so; buttons with
    `primary` are what most people press.
    """
    return _SHEET.substitute(asdict(theme), folder=FOLDER.as_posix())


_SHEET = Template("""
QToolTip { background: $panel; color: $text; border: 1px solid $border; padding: 4px; }
QLabel[dim="true"] { color: $dim; }
QLabel[heading="true"] { font-weight: 600; }
QLabel[wrong="true"] { color: $error; }
QLabel[doubtful="true"] { color: $warning; }
QLabel:disabled { color: $dim; }

QLabel[mark="true"] { color: $accent; }
QFrame[rule="true"] { background: $border; border: none; }
QWidget[chip="true"] { background: $field; border: 1px solid $border; border-radius: 5px; }

QMenuBar { background: $window; border-bottom: 1px solid $border; padding: 2px; }
QMenuBar::item { padding: 4px 9px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $header; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 26px 5px 10px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $dim; background: transparent; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 6px; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox, QKeySequenceEdit {
    background: $field; color: $text; border: 1px solid $border; border-radius: 5px;
    padding: 3px 6px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:hover, QPlainTextEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {
    border-color: $dim;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
    border: 1px solid $accent;
}
QLineEdit:disabled, QPlainTextEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    background: $panel; color: $dim;
}
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"], QComboBox[wrong="true"] {
    border-color: $error;
}
QComboBox QLineEdit { border: none; padding: 0; background: transparent; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$folder/down-$name.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; padding: 3px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; width: 16px; background: transparent;
}
QAbstractSpinBox::up-arrow { image: url("$folder/up-$name.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$folder/down-$name.svg"); width: 10px; height: 10px; }

QLineEdit[flat="true"] { background: transparent; border-color: transparent; padding: 2px 4px; }
QLineEdit[flat="true"]:hover { border-color: $border; }
QLineEdit[flat="true"]:focus { background: $field; border-color: $accent; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton {
    background: $header; border: 1px solid $border; border-radius: 5px; padding: 4px 12px;
}
QPushButton:hover { border-color: $dim; }
QPushButton:pressed, QPushButton:checked { background: $border; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $dim; background: $panel; }
QPushButton:default, QPushButton[primary="true"] {
    background: $accent; color: $on_accent; border-color: $accent;
}
QPushButton:default:focus, QPushButton[primary="true"]:focus { border: 2px solid $text; }
QPushButton:default:disabled, QPushButton[primary="true"]:disabled {
    background: $header; color: $dim; border-color: $border;
}
QPushButton[segment] { padding: 3px 4px; border-radius: 0; background: $field; color: $dim; }
QPushButton[segment="middle"], QPushButton[segment="last"] { border-left: none; }
QPushButton[segment="first"], QPushButton[segment="only"] {
    border-top-left-radius: 5px; border-bottom-left-radius: 5px;
}
QPushButton[segment="last"], QPushButton[segment="only"] {
    border-top-right-radius: 5px; border-bottom-right-radius: 5px;
}
QPushButton[segment]:hover { color: $text; border-color: $border; }
QPushButton[segment]:checked { background: $accent; color: $on_accent; }
QPushButton[segment]:focus { border: 2px solid $accent; padding: 2px 3px; }
QPushButton[segment]:checked:focus { border: 2px solid $text; }
QToolButton {
    background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 3px;
}
QToolButton:hover { background: $header; }
QToolButton:pressed, QToolButton:checked { background: $border; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $dim; }
QToolButton[section="true"] {
    padding: 3px 0; font-weight: 600; color: $text; text-align: left; border-radius: 4px;
}
QToolButton[section="true"]:checked, QToolButton[section="true"]:pressed {
    background: transparent;
}
QToolButton[section="true"]:hover { background: $header; }
QToolButton[link="true"] { color: $accent; padding: 1px 0; }
QToolButton[link="true"]:hover, QToolButton[link="true"]:checked {
    background: transparent; text-decoration: underline;
}
QToolButton::menu-indicator { image: none; }
QToolButton[popupMode="1"]::menu-button { border: none; width: 14px; }
QToolButton::menu-arrow { image: url("$folder/down-$name.svg"); width: 10px; height: 10px; }

QCheckBox, QRadioButton { spacing: 7px; padding: 2px; }
QCheckBox::indicator {
    width: 14px; height: 14px; border: 1px solid $dim; border-radius: 4px; background: $field;
}
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url("$folder/check-$name.svg");
}
QCheckBox::indicator:focus { border: 2px solid $accent; }
QCheckBox::indicator:disabled { border-color: $border; background: $panel; }
QRadioButton::indicator {
    width: 12px; height: 12px; border: 1px solid $dim; border-radius: 7px; background: $field;
}
QRadioButton::indicator:checked { border: 4px solid $accent; width: 6px; height: 6px; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
    background: $text; border: 1px solid $window;
}
QSlider::handle:horizontal:focus { background: $accent; border: 1px solid $text; }
QProgressBar {
    background: $field; border: none; border-radius: 3px; min-height: 6px; text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab {
    padding: 6px 12px; color: $dim; background: transparent; border: none;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { background: $header; }

QTreeView, QListView, QTableView, QColumnView {
    background: $panel; alternate-background-color: $window; border: 1px solid $border;
    border-radius: 5px; outline: 0; selection-background-color: $accent;
    selection-color: $on_accent; padding: 2px; gridline-color: $border;
}
QTreeView:focus, QListView:focus, QTableView:focus { border-color: $accent; }
QTreeView::item, QListView::item { padding: 3px 2px; border-radius: 4px; }
QTreeView::item:hover, QListView::item:hover { background: $header; }
QTreeView::item:selected, QListView::item:selected { background: $accent; color: $on_accent; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url("$folder/branch-right-$name.svg"); }
QTreeView::branch:has-children:open { image: url("$folder/branch-down-$name.svg"); }
QHeaderView { background: $panel; border: none; }
QHeaderView::section {
    background: $panel; color: $dim; border: none; border-bottom: 1px solid $border;
    padding: 4px 6px;
}

QTableCornerButton::section { background: $panel; border: none; }

QScrollArea { border: none; background: transparent; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }

QSplitter::handle { background: $window; }
QSplitter::handle:hover, QMainWindow::separator:hover { background: $accent; }
QMainWindow::separator { background: $window; width: 4px; height: 4px; }
QDockWidget {
    color: $dim;
    titlebar-close-icon: url("$folder/close-$name.svg");
    titlebar-normal-icon: url("$folder/float-$name.svg");
}
QDockWidget::close-button, QDockWidget::float-button {
    border: none; border-radius: 4px; padding: 1px; background: transparent;
}
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $border; }
QDockWidget::title { background: $panel; padding: 6px 8px; }
QStatusBar { background: $window; border-top: 1px solid $border; color: $dim; }
QStatusBar::item { border: none; }
QToolBar { background: $window; border: none; spacing: 2px; padding: 3px; }
QToolBar::separator { background: $border; width: 1px; height: 1px; margin: 4px; }
QGroupBox {
    border: none; border-top: 1px solid $border; margin-top: 1.2em; padding-top: 6px;
    font-weight: 600;
}
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $dim; padding-right: 6px; }
""")
