"""What the interface says, in the language of the person: all that is shown goes by `tr`."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

CONTEXT = "loom"


def tr(text: str) -> str:
    """`text` in the current language; the English text itself where nobody has translated it."""
    return QCoreApplication.translate(CONTEXT, text)
