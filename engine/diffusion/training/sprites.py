"""Draws the starter model's sprites: the same hundred things in two styles.

The pictures come from two npm packages whose SVG bodies are permissively licensed:
`@iconify-json/noto` (Apache-2.0) and `@iconify-json/fluent-emoji-flat` (MIT). Their drawings at
96 px are kept in `resources/sprites`, so this runs again only to change the selection:

    npm pack @iconify-json/noto @iconify-json/fluent-emoji-flat   # and unpack each
    python -m engine.diffusion.training.sprites noto/package fluent/package resources/sprites
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

SIZE = 96
STYLES = ("cartoon", "flat")

# What a caption calls the thing: the name of its icon, where that differs.
OBJECTS: dict[str, str] = {
    name: icon or name.replace(" ", "-")
    for name, icon in (
        line.strip().partition(" = ")[::2]
        for line in """
        cat = cat-face
        dog = dog-face
        fox
        bear
        panda
        koala
        lion
        tiger = tiger-face
        cow = cow-face
        pig = pig-face
        frog
        monkey = monkey-face
        chicken
        penguin
        owl
        unicorn
        bee = honeybee
        butterfly
        snail
        ladybug = lady-beetle
        turtle
        octopus
        crab
        fish
        whale = spouting-whale
        elephant
        rabbit = rabbit-face
        swan
        flamingo
        apple = red-apple
        banana
        grapes
        watermelon
        lemon
        pear
        cherries
        strawberry
        tomato
        avocado
        eggplant
        carrot
        corn = ear-of-corn
        broccoli
        mushroom
        pineapple
        bread
        croissant
        pretzel
        cheese = cheese-wedge
        hamburger
        pizza
        doughnut
        cookie
        car = automobile
        bus
        airplane
        rocket
        sailboat
        sun
        star
        moon = crescent-moon
        cloud
        rainbow
        snowflake
        fire
        umbrella
        tree = deciduous-tree
        palm tree
        cactus
        sunflower
        rose
        tulip
        clover = four-leaf-clover
        house
        castle
        key
        pencil
        alarm clock
        light bulb
        bell
        guitar
        camera
        crown
        hat = top-hat
        shirt = t-shirt
        shoe = running-shoe
        football = soccer-ball
        basketball
        balloon
        teddy bear
        heart = red-heart
        diamond = gem-stone
        trophy
        robot
        ghost
        alien
        pumpkin = jack-o-lantern
        snowman
        bomb
        globe = globe-showing-americas
        """.strip().splitlines()
    )
}


def draw(svg: bytes, path: Path) -> None:
    """Render one SVG document to a square RGBA PNG, cropped to what it shows and centred."""
    from PIL import Image
    from PySide6.QtCore import QByteArray, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

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


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("packages", nargs=len(STYLES), type=Path, help="unpacked icon packages")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    for style, package in zip(STYLES, args.packages, strict=True):
        icons = json.loads((package / "icons.json").read_text())
        side = icons.get("width", icons.get("height", 16))
        for name, icon in OBJECTS.items():
            svg = (
                f'<svg xmlns="http://www.w3.org/2000/svg" '
                f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {side} {side}">'
                f"{icons['icons'][icon]['body']}</svg>"
            )
            draw(svg.encode(), args.out / style / f"{name.replace(' ', '_')}.png")


if __name__ == "__main__":
    main()
