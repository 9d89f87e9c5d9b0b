"""What has to be there before parts of NodeGraphQt are imported, so that they load quickly.

NodeGraphQt imports `Qt`, a package that speaks for every binding there is. To do so it loads all of
Qt's modules and looks at each of their classes, which takes a tenth of a second before the window
is there. PySide6 as it is serves as well. And NodeGraphQt itself, imported as a whole, makes the
classes of its panels, models and nodes, of which the editor uses none.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType

from PySide6 import QtCore, QtGui, QtSvg, QtWidgets


class _Widgets(ModuleType):
    """Qt's widgets, with the actions and undo commands that Qt 5 had among them."""

    def __getattr__(self, name: str) -> object:
        module = QtWidgets if hasattr(QtWidgets, name) else QtGui
        return getattr(module, name)


def prepare() -> None:
    """Put PySide6 in the place of `Qt`, and of NodeGraphQt the package without its beginning."""
    qt = ModuleType("Qt")
    qt.__dict__.update(
        QtCore=QtCore, QtGui=QtGui, QtSvg=QtSvg, QtWidgets=_Widgets("QtWidgets")
    )  # fmt: skip
    sys.modules.setdefault("Qt", qt)
    spec = find_spec("NodeGraphQt")
    if spec is not None:
        sys.modules.setdefault(spec.name, module_from_spec(spec))
