"""Marks pictures of scenes by number: which colour the border is, which thing stands where.

A scene is a plain colour and sprites from a known set, so the best explanation of a picture can be
searched for: the sprite, size and place that, pasted on the border's colour, leave the least
squared error. That is the nearest sprite over all shifts, found with one matrix product a size.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from engine.diffusion.training.scenes import (
    COLOURS,
    PAIR_SIZES,
    RELATIONS,
    SIDE,
    SIZES,
    Pixels,
    Scene,
    sprite,
)
from engine.diffusion.training.sprites import OBJECTS, STYLES

SLACK = 5  # pixels a thing may stand away from its place in any direction


@dataclass(frozen=True)
class Mark:
    """What a picture shows where `scene` asks for something."""

    scene: Scene
    background: str
    objects: tuple[str, ...]

    @property
    def background_right(self) -> bool:
        return self.background == self.scene.background

    @property
    def objects_right(self) -> bool:
        """Every asked thing stands at its asked place."""
        return self.objects == self.scene.objects


def fixed_scenes(count: int, *, pairs: bool, seed: int = 2026) -> list[Scene]:
    """The prompts that models are marked on: plain captions, no tint, always the same."""
    rng = random.Random(seed)
    scenes: list[Scene] = []
    while len(scenes) < count:
        scene = Scene.random(rng)
        if bool(scene.relation) == pairs and not scene.tint:
            scenes.append(replace(scene, style=""))
    return scenes


def mark(picture: Pixels, scene: Scene) -> Mark:
    """Mark a picture (64, 64, 3) in 0..255 against the scene that was asked for."""
    colour = border_colour(picture)
    background = min(COLOURS, key=lambda name: _distance(colour, COLOURS[name]))
    found = tuple(
        nearest_object(picture, colour, centre, sides, scene.tint)
        for centre, sides in places(scene)
    )
    return Mark(scene, background, found)


def border_colour(picture: Pixels, width: int = 2) -> NDArray[np.float32]:
    """The median colour (3,) of the outermost `width` pixels."""
    inside = np.zeros(picture.shape[:2], bool)
    inside[width:-width, width:-width] = True
    return np.median(picture[~inside].astype(np.float32), axis=0)


def places(scene: Scene) -> list[tuple[tuple[int, int], tuple[int, ...]]]:
    """The centre (x, y) at which each thing is asked for, and the sides it may have."""
    middle = SIDE // 2
    if not scene.relation:
        return [((middle, middle), tuple(side for sides in SIZES.values() for side in sides))]
    dx, dy = RELATIONS[scene.relation]
    return [
        ((middle + sign * dx * SIDE // 4, middle + sign * dy * SIDE // 4), PAIR_SIZES)
        for sign in (1, -1)
    ]


def nearest_object(
    picture: Pixels,
    colour: NDArray[np.float32],
    centre: tuple[int, int],
    sides: Sequence[int],
    tint: str = "",
) -> str:
    """The name of the sprite that best explains the picture around `centre`.

    With D = picture − colour and a sprite's pasted difference S, pasting explains
    2⟨D, S⟩ − ‖S‖² of the squared error ‖D‖².
    """
    margin = SIDE  # so that a window may hang over the edge
    difference = np.pad(
        picture.astype(np.float32) - colour, ((margin, margin), (margin, margin), (0, 0))
    )
    best = (-np.inf, "")
    for side in sides:
        names, sprites = _pasted(side, tint, colour)  # (K, side·side·3)
        x, y = (margin + c - side // 2 for c in centre)
        windows = torch.from_numpy(
            difference[y - SLACK : y + SLACK + side, x - SLACK : x + SLACK + side]
        )
        windows = windows.unfold(0, side, 1).unfold(1, side, 1)  # (P, P, 3, side, side)
        flat = windows.permute(0, 1, 3, 4, 2).reshape(-1, side * side * 3)
        explained = 2 * flat @ sprites.T - sprites.square().sum(1)  # (P·P, K)
        score, index = explained.flatten().max(0)
        if score.item() > best[0]:
            best = (score.item(), names[int(index) % len(names)])
    return best[1]


def _pasted(side: int, tint: str, colour: NDArray[np.float32]) -> tuple[list[str], torch.Tensor]:
    """What pasting each sprite changes on a background of `colour`."""
    names = [name for name in OBJECTS for _ in STYLES]
    changes = [
        rgba[..., :3] - rgba[..., 3:] * colour
        for name in OBJECTS
        for style in STYLES
        for rgba in (sprite(style, name, side, tint),)
    ]
    return names, torch.from_numpy(np.stack(changes)).flatten(1)


def _distance(one: NDArray[np.float32], other: tuple[int, int, int]) -> float:
    return float(np.square(one - np.array(other)).sum())
