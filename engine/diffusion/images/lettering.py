"""Short texts drawn into pictures: a font, lines that fit a width, and the height they take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.ImageDraw
    import PIL.ImageFont

INK = (34, 34, 34)
LEADING = 1.25
"""Height of a line over the size of the font."""
# Pillow's own font has ASCII alone, and is the same on every machine; for other letters the first
# of these that the system has is taken.
SYSTEM_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf")


@lru_cache(maxsize=32)
def font(size: int, ascii_only: bool = True) -> PIL.ImageFont.FreeTypeFont:
    """A font of `size` pixels."""
    from PIL import ImageFont

    for name in () if ascii_only else SYSTEM_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(float(size))  # type: ignore[return-value]


@dataclass(frozen=True)
class Lettering:
    """A text in lines that fit a width."""

    lines: tuple[str, ...]
    size: int

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the bottom of the last."""
        return round(len(self.lines) * self.size * LEADING)

    @property
    def width(self) -> int:
        """Pixels of the longest line."""
        return max((measure(line, self.size) for line in self.lines), default=0)

    def draw(
        self,
        on: PIL.ImageDraw.ImageDraw,
        centre: tuple[float, float],
        ink: tuple[int, int, int] = INK,
    ) -> None:
        """Draw it around a point."""
        x, y = centre
        top = y - self.height / 2
        for number, line in enumerate(self.lines):
            middle = top + (number + 0.5) * self.size * LEADING
            on.text((x, middle), line, fill=ink, font=_font_of(line, self.size), anchor="mm")


def measure(text: str, size: int) -> int:
    """How many pixels wide a line is."""
    return round(_font_of(text, size).getlength(text))


def fit(text: str, width: int, size: int, lines: int = 3) -> Lettering:
    """`text` in at most so many lines of at most `width` pixels; … says that more was there.

    Lines end between words, and inside a word that is too long by itself.
    """
    found: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if measure(longer, size) <= width:
                line = longer
                continue
            if line:
                found.append(line)
            *full, line = _pieces(word, width, size)
            found += full
        if line:
            found.append(line)
    if len(found) > lines:
        found = [*found[: lines - 1], _cut(found[lines - 1], width, size)]
    return Lettering(tuple(found), size)


def _font_of(text: str, size: int) -> PIL.ImageFont.FreeTypeFont:
    return font(size, text.isascii())


def _pieces(word: str, width: int, size: int) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and measure(piece + letter, size) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


def _cut(line: str, width: int, size: int) -> str:
    while line and measure(line + "…", size) > width:
        line = line[:-1]
    return line + "…"
