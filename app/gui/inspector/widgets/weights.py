"""Tells weighted words of a prompt by colour: `word++`, `word--`, `(…)1.3`, `.blend`, `.and`."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.gui import theme

MORE = re.compile(r"\w[\w'-]*?(\+{2,})(?=[\s,.)\"']|$)")
LESS = re.compile(r"\w[\w']*?(-{2,})(?=[\s,.)\"']|$)")
BRACKET = re.compile(r"(?<!\\)\(([^()]*)\)(\d+(?:\.\d*)?|\.\d+|\++|-+)")
JOIN = re.compile(r"(?<!\\)\)(\.(?:blend|and)\([^()]*\))")
BARE = re.compile(r"(?<!\\)[()]")


class WeightHighlighter(QSyntaxHighlighter):
    """Colours what weights words, stronger ones warm and weaker ones cool; greys what is cut."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._kept: int | None = None
        theme.changed.connect(self.rehighlight)

    def set_kept(self, kept: int | None) -> None:
        """How many characters the model reads, None for all."""
        if kept != self._kept:
            self._kept = kept
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        colours = theme.theme()
        for match in BARE.finditer(text):
            self._paint(match.start(), match.end(), colours.dim)
        for match in MORE.finditer(text):
            self._paint(match.start(), match.end(), colours.warning, sign=match.start(1))
        for match in LESS.finditer(text):
            self._paint(match.start(), match.end(), colours.accent, sign=match.start(1))
        for match in BRACKET.finditer(text):
            colour = colours.warning if weight_of(match[2]) >= 1 else colours.accent
            self._paint(match.start(), match.end(), colour, sign=match.start(2))
        for match in JOIN.finditer(text):
            self._paint(match.start(1), match.end(1), colours.good, sign=match.start(1))
        if self._kept is not None:
            start = max(0, self._kept - self.currentBlock().position())
            if start < len(text):
                cut = QTextCharFormat()
                cut.setForeground(colours.colour("dim"))
                cut.setFontStrikeOut(True)
                self.setFormat(start, len(text) - start, cut)

    def _paint(self, start: int, end: int, colour: str, sign: int | None = None) -> None:
        """Colour a stretch, the part from `sign` on in bold."""
        plain = QTextCharFormat()
        plain.setForeground(QColor(colour))
        self.setFormat(start, end - start, plain)
        if sign is not None:
            bold = QTextCharFormat(plain)
            bold.setFontWeight(QFont.Weight.Bold)
            self.setFormat(sign, end - sign, bold)


def weight_of(text: str) -> float:
    """The factor behind a bracket: `1.3`, `++` (1.1 each), `-` (0.9 each)."""
    if text[0] == "+":
        return 1.1 ** len(text)
    if text[0] == "-":
        return 0.9 ** len(text)
    return float(text)
