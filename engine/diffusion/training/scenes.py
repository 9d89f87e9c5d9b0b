"""Captioned scenes composed by a program: the data the starter model learns from.

A scene is one or two of a hundred things on a plain background, in one of two drawing styles.
Its caption says what is there in words the model can learn, and because the program knows every
pixel's reason, what a model makes of a caption can be marked by number (see `marking`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.diffusion.training.sprites import OBJECTS, STYLES

SIDE = 64

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (214, 50, 48),
    "orange": (244, 140, 44),
    "yellow": (250, 214, 64),
    "green": (72, 168, 84),
    "blue": (58, 110, 214),
    "purple": (136, 78, 192),
    "pink": (246, 160, 196),
    "white": (246, 246, 246),
    "gray": (140, 144, 150),
    "black": (28, 28, 32),
}
TINTS = ("red", "orange", "yellow", "green", "blue", "purple", "pink")
SIZES: Mapping[str, tuple[int, ...]] = {
    "small": (24, 26, 28),
    "": (38, 40, 42),
    "big": (52, 54, 56),
}
PAIR_SIZES = (28, 30)
# Where the first of two things stands, and the side of the picture that is.
RELATIONS: Mapping[str, tuple[int, int]] = {
    "to the left of": (-1, 0),
    "to the right of": (1, 0),
    "above": (0, -1),
    "below": (0, 1),
}

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """What a picture shows. `relation` is empty for one object, `tint` and `style` may be."""

    objects: tuple[str, ...]
    background: str
    relation: str = ""
    size: str = ""
    tint: str = ""
    style: str = ""

    @staticmethod
    def random(rng: random.Random, pairs: float = 0.3, tinted: float = 0.15) -> Scene:
        """One of all the scenes there are; these shares show two things, or a tinted one."""
        background = rng.choice(list(COLOURS))
        style = rng.choice(("", *STYLES))
        kind = rng.random()
        if kind < pairs:
            pair = tuple(rng.sample(list(OBJECTS), 2))
            return Scene(pair, background, relation=rng.choice(list(RELATIONS)), style=style)
        tint = rng.choice([t for t in TINTS if t != background]) if kind < pairs + tinted else ""
        size = rng.choice(("", "", *SIZES))
        return Scene((rng.choice(list(OBJECTS)),), background, size=size, tint=tint, style=style)

    def caption(self, rng: random.Random | None = None) -> str:
        """The scene in words; with `rng`, in one of several ways of saying it."""
        subject = _a(" ".join(filter(None, (self.size, self.tint, self.objects[0]))))
        if self.relation:
            subject += f" {self.relation} {_a(self.objects[1])}"
        form = rng.random() if rng else 1.0
        if form < 0.1:
            text = f"a picture of {subject} on {_a(self.background)} background"
        elif form < 0.25:
            text = f"{subject}, {self.background} background"
        else:
            text = f"{subject} on {_a(self.background)} background"
        return f"{text}, {self.style} style" if self.style else text

    def draw(self, rng: random.Random) -> Pixels:
        """The picture, (64, 64, 3) in 0..255; `rng` places things and picks an unsaid style."""
        scene = self if self.style else replace(self, style=rng.choice(STYLES))
        colour = [c + rng.gauss(0, 3) for c in COLOURS[self.background]]
        picture = np.empty((SIDE, SIDE, 3), np.float32)
        picture[:] = colour
        if not self.relation:
            side = rng.choice(SIZES[self.size])
            centre = (32 + rng.randint(-3, 3), 32 + rng.randint(-3, 3))
            _paste(picture, sprite(scene.style, self.objects[0], side, self.tint), centre)
        else:
            dx, dy = RELATIONS[self.relation]
            for name, sign in zip(self.objects, (1, -1), strict=True):
                side = rng.choice(PAIR_SIZES)
                centre = (
                    32 + sign * dx * 16 + rng.randint(-1, 1),
                    32 + sign * dy * 16 + rng.randint(-1, 1),
                )
                _paste(picture, sprite(scene.style, name, side), centre)
        return picture.clip(0, 255).astype(np.uint8)


def _a(words: str) -> str:
    vowel = words[0] in "aeiou" and not words.startswith("uni")
    return f"an {words}" if vowel else f"a {words}"


def _paste(picture: NDArray[np.float32], rgba: NDArray[np.float32], centre: tuple[int, int]):
    """Blend a premultiplied sprite into `picture` around `centre` (x, y), clipped at the edges."""
    side = rgba.shape[0]
    x, y = centre[0] - side // 2, centre[1] - side // 2
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + side, SIDE), min(y + side, SIDE)
    part = rgba[y0 - y : y1 - y, x0 - x : x1 - x]
    region = picture[y0:y1, x0:x1]
    region *= 1 - part[..., 3:]
    region += part[..., :3]


def sprite_folder() -> Path:
    """The drawings shipped with the project."""
    return Path(__file__).resolve().parents[3] / "resources" / "sprites"


@cache
def sprite(style: str, name: str, side: int, tint: str = "") -> NDArray[np.float32]:
    """One thing at `side` pixels: (side, side, 4), colour 0..255 premultiplied by alpha 0..1."""
    path = sprite_folder() / style / f"{name.replace(' ', '_')}.png"
    with Image.open(path) as image:
        resized = image.convert("RGBa").resize((side, side), Image.Resampling.LANCZOS)
    rgba = np.asarray(resized, np.float32).copy()
    rgba[..., 3] /= 255
    if tint:
        rgba[..., :3] = _tinted(rgba, COLOURS[tint])
    rgba.setflags(write=False)
    return rgba


def _tinted(rgba: NDArray[np.float32], colour: tuple[int, int, int]) -> NDArray[np.float32]:
    """Keep the drawing's light and shade, in one hue: black → colour → white by luminance."""
    alpha = rgba[..., 3:]
    luma = rgba[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    mean = float(luma.sum() / alpha.sum())  # the drawing's middle tone takes the pure colour
    level = np.divide(luma, alpha[..., 0], out=np.zeros_like(luma), where=alpha[..., 0] > 0)
    dark = np.clip(level / mean, 0, 1)[..., None]
    light = np.clip((level - mean) / (1 - mean + 1e-6), 0, 1)[..., None]
    tone = np.array(colour, np.float32) * (0.3 + 0.7 * dark)
    return ((tone + 0.8 * light * (255 - tone)) * alpha).astype(np.float32)
