"""Draws the starter model's sprites: the same hundred things in two styles.

The pictures come from two npm packages whose SVG bodies are permissively licensed:
`@iconify-json/noto` (Apache-2.0) and `@iconify-json/fluent-emoji-flat` (MIT). Their drawings at
96 px are kept in `resources/sprites`, so this runs again only to change the selection:

    npm pack @iconify-json/noto @iconify-json/fluent-emoji-flat   # and unpack each
    python -m app.gui.sprites noto/package fluent/package resources/sprites

It stands here because Qt draws SVG, and the engine knows no Qt.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from PIL import Image
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from engine.diffusion.training.sprites import OBJECTS, STYLES

SIZE = 96
FOLDER = click.Path(file_okay=False, path_type=Path)


def draw(svg: bytes, path: Path) -> None:
    """Render one SVG document to a square RGBA PNG, cropped to what it shows and centred."""
    scale = 4 * SIZE
    image = QImage(scale, scale, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg)).render(painter)
    painter.end()
    picture = Image.frombytes("RGBA", (scale, scale), bytes(image.constBits()))
    picture = picture.crop(picture.getchannel("A").getbbox())
    side = max(picture.size)
    square = Image.new("RGBA", (side, side))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    square.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(path, optimize=True)


@click.command(help=str(__doc__).partition("\n")[0])
@click.argument("packages", nargs=len(STYLES), type=FOLDER)
@click.argument("out", type=FOLDER)
def main(packages: tuple[Path, ...], out: Path) -> None:
    for style, package in zip(STYLES, packages, strict=True):
        icons = json.loads((package / "icons.json").read_text())
        side = icons.get("width", icons.get("height", 16))
        for name, icon in OBJECTS.items():
            svg = (
                f'<svg xmlns="http://www.w3.org/2000/svg" '
                f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {side} {side}">'
                f"{icons['icons'][icon]['body']}</svg>"
            )
            draw(svg.encode(), out / style / f"{name.replace(' ', '_')}.png")


if __name__ == "__main__":
    main()
