"""What the interface says, in the language of the person: all that is shown goes by `tr`.

`python -m app.gui.language` brings the files of all languages up to date, and says what nobody has
translated yet.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QFontDatabase

CONTEXT = "loom"
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "translations"
NAMES = {"en": "English", "ko": "한국어", "zh": "简体中文"}
QT_FILES = {"ko": "qtbase_ko", "zh": "qtbase_zh_CN"}
SCRIPTS = {
    "ko": QFontDatabase.WritingSystem.Korean,
    "zh": QFontDatabase.WritingSystem.SimplifiedChinese,
}

_installed: list[QTranslator] = []


def tr(text: str) -> str:
    """`text` in the current language; the English text itself where nobody has translated it."""
    return QCoreApplication.translate(CONTEXT, text)


def use(choice: str) -> str:
    """Speak a language of NAMES; "system" takes the desktop's. Gives the code of what is spoken.

    What is shown already stays as it is: choose the language before the window is made.
    """
    app = QCoreApplication.instance()
    code = choice if choice in NAMES else system_language()
    for old in _installed:
        if app is not None:
            app.removeTranslator(old)
    _installed.clear()
    if app is None or code == "en":
        return code
    qt_folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    for path in (qt_folder / f"{QT_FILES[code]}.qm", FOLDER / f"loom_{code}.qm"):
        translator = QTranslator()
        if translator.load(str(path)):
            app.installTranslator(translator)
            _installed.append(translator)
    return code


def can_show(code: str) -> bool:
    """Whether a font of this machine has the letters of a language; needs an application."""
    return code not in SCRIPTS or SCRIPTS[code] in QFontDatabase.writingSystems()


def system_language() -> str:
    """The first of the desktop's languages that there is a translation to, else English."""
    for name in QLocale.system().uiLanguages():
        code = name.partition("-")[0].lower()
        if code in NAMES:
            return code
    return "en"


if __name__ == "__main__":
    from app.gui.translations import main

    sys.exit(main())
