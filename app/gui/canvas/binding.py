"""What NodeGraphQt imports as `Qt`: PySide6 as it is.

The package of that name speaks for every binding there is. To do so it loads all of Qt's modules
and looks at each of their classes, which takes a tenth of a second before the window is there.
"""

from __future__ import annotations

from types import ModuleType

from PySide6 import QtCore, QtGui, QtSvg, QtWidgets


class _Widgets(ModuleType):
    """Qt's widgets, with the actions and undo commands that Qt 5 had among them."""

    def __getattr__(self, name: str) -> object:
        module = QtWidgets if hasattr(QtWidgets, name) else QtGui
        return getattr(module, name)


def binding() -> ModuleType:
    """A module to stand in for `Qt`."""
    made = ModuleType("Qt")
    made.__dict__.update(
        QtCore=QtCore,
        QtGui=QtGui,
        QtSvg=QtSvg,
        QtWidgets=_Widgets("QtWidgets"),
        QtCompat=ModuleType("QtCompat"),  # only for panels that the editor does without
    )
    return made
