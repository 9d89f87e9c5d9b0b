"""Starts the editor: the window first, then all that may take its time."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.gui import language, settings, theme
from app.gui.catalogue import in_language
from app.gui.files.recovery import Sessions
from app.gui.garbage import Garbage
from app.gui.window import Window
from app.session import open_registry

ICON = Path(__file__).resolve().parents[2] / "resources" / "loom.svg"


def start(file: Path | None = None) -> int:
    """Run the editor until its window is closed; the exit code."""
    app = application()
    window = Window(in_language(open_registry()), Sessions())
    window.begin(file)
    window.show()
    wanted = wanted_language()
    if not language.can_show(wanted):
        name = language.NAMES[wanted]
        window.say(f"No font on this machine has the letters of {name}; this is English.")
    # Ctrl+C in the terminal closes the window in good order; Python sees it between Qt's events,
    # for which the look at the garbage wakes it.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    garbage = Garbage()
    try:
        return app.exec()
    finally:
        garbage.close()


def application() -> QApplication:
    """The Qt application, with the person's theme and language."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("latent-loom")
    app.setApplicationDisplayName("Latent Loom")
    app.setDesktopFileName("latent-loom")
    app.setWindowIcon(QIcon(str(ICON)))
    app.setStyle("Fusion")
    settings.load()
    theme.use(settings.choices().theme)
    wanted = wanted_language()
    language.use(wanted if language.can_show(wanted) else "en")
    return app


def wanted_language() -> str:
    """The code of the language that the person, or else the desktop, has chosen."""
    chosen = settings.choices().language
    return chosen if chosen in language.NAMES else language.system_language()
