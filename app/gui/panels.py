"""Going from panel to panel by keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

TAB = Qt.FocusPolicy.TabFocus


def go_on(panels: Sequence[QWidget], step: int) -> QWidget | None:
    """Give the focus to the next of the panels that are seen, or with -1 to the one before.

    Returns what has the focus then.
    """
    seen = [panel for panel in panels if panel.isVisible() and _is_in_sight(panel)]
    now = QApplication.focusWidget()
    here = next((index for index, panel in enumerate(seen) if _holds(panel, now)), None)
    start = (-1 if step > 0 else 0) if here is None else here
    for away in range(1, len(seen) + 1):
        target = first_stop(seen[(start + step * away) % len(seen)])
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return target
    return None


def first_stop(panel: QWidget) -> QWidget | None:
    """What a panel gives the focus to: itself or its proxy, else the first that Tab stops at."""
    if panel.focusProxy() is not None or panel.focusPolicy() & TAB:
        return panel
    inside = panel.findChildren(QWidget)
    return next((one for one in inside if one.focusPolicy() & TAB and _takes(one)), None)


def _is_in_sight(panel: QWidget) -> bool:
    """Whether a panel is no tab behind another one: those lie outside of their window."""
    window = panel.window()
    return window.rect().contains(panel.mapTo(window, panel.rect().center()))


def _takes(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled()


def _holds(panel: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (panel is widget or panel.isAncestorOf(widget))
