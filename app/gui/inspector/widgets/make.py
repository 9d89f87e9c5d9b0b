"""The widget that fits a parameter."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.gui.inspector.widgets.base import Around, ValueEditor
from app.gui.inspector.widgets.choice import choice_editor
from app.gui.inspector.widgets.colour import ColourEditor, is_colour
from app.gui.inspector.widgets.drawing import DrawingEditor
from app.gui.inspector.widgets.file import FileEditor
from app.gui.inspector.widgets.folder import FolderEditor
from app.gui.inspector.widgets.model import ModelEditor
from app.gui.inspector.widgets.nullable import NullableEditor
from app.gui.inspector.widgets.number import NumberEditor
from app.gui.inspector.widgets.prompt import PromptEditor
from app.gui.inspector.widgets.seed import SeedEditor
from app.gui.inspector.widgets.switch import SwitchEditor
from app.gui.inspector.widgets.text import FilledInEditor, TextEditor
from engine.graph.params import (
    Cells,
    Choices,
    Drawing,
    FilePath,
    ModelName,
    Multiline,
    OutputFolder,
    Param,
    Seed,
)


def widget_for(
    param: Param, around: Around | None = None, parent: QWidget | None = None
) -> ValueEditor:
    """A new widget that edits values of `param`."""
    editor = _plain(param, around or Around(), parent)
    # A seed that is none is drawn anew for each run: its own widget says so.
    optional = param.nullable and not isinstance(param.widget, Seed)
    return NullableEditor(editor, parent) if optional else editor


def _plain(param: Param, around: Around, parent: QWidget | None) -> ValueEditor:
    match param.widget:
        case Choices():
            return choice_editor(param, parent)
        case Seed():
            return SeedEditor(param, parent)
        case Multiline():
            return PromptEditor(param, around, parent)
        case ModelName():
            return ModelEditor(param, around, parent)
        case FilePath():
            return FileEditor(param, around, parent)
        case OutputFolder():
            return FolderEditor(param, around, parent)
        case Drawing():
            return DrawingEditor(param, around, parent)
        case Cells():
            return FilledInEditor(param, parent)
        case _:
            pass
    if param.base is bool:
        return SwitchEditor(param, parent)
    if param.base in (int, float):
        return NumberEditor(param, parent)
    return ColourEditor(param, parent) if is_colour(param) else TextEditor(param, parent)
