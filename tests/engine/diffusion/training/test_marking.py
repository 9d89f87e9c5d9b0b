"""Marks are right where the answer is known: on scenes that the program drew itself."""

import random
from dataclasses import replace

import numpy as np
import pytest

from engine.diffusion.training.marking import border_colour, fixed_scenes, mark
from engine.diffusion.training.scenes import COLOURS, OBJECTS, Scene


def drawn(scene: Scene, seed: int = 0) -> np.ndarray:
    return scene.draw(random.Random(seed))


@pytest.mark.parametrize("pairs", [False, True])
def test_drawn_scenes_are_marked_right(pairs: bool):
    scenes = fixed_scenes(12, pairs=pairs)
    marks = [mark(drawn(scene, seed), scene) for seed, scene in enumerate(scenes)]
    assert [m.background for m in marks] == [scene.background for scene in scenes]
    assert [m.objects for m in marks] == [scene.objects for scene in scenes]
    assert all(m.background_right and m.objects_right for m in marks)


def test_another_object_is_marked_wrong_and_named():
    asked = Scene(("fox",), "blue")
    found = mark(drawn(Scene(("whale",), "blue")), asked)
    assert found.objects == ("whale",)
    assert found.background_right
    assert not found.objects_right


def test_a_pair_on_the_wrong_sides_is_marked_wrong():
    asked = Scene(("fox", "bus"), "white", relation="to the left of")
    found = mark(drawn(replace(asked, relation="to the right of")), asked)
    assert found.objects == ("bus", "fox")
    assert not found.objects_right


def test_another_background_is_marked_wrong_and_named():
    found = mark(drawn(Scene(("fox",), "green")), Scene(("fox",), "red"))
    assert found.background == "green"
    assert not found.background_right


def test_a_tinted_thing_is_looked_for_in_its_tint():
    scene = Scene(("fish",), "yellow", tint="purple")
    assert mark(drawn(scene), scene).objects_right


def test_noise_does_not_hide_a_thing():
    scene = Scene(("owl",), "pink")
    noisy = drawn(scene) + np.random.default_rng(0).normal(0, 25, (64, 64, 3))
    assert mark(noisy.clip(0, 255).astype(np.uint8), scene).objects_right


def test_the_border_colour_is_the_median_of_the_edge():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[2:-2, 2:-2] = 255
    picture[0, :10] = 200  # a thing that hangs over the edge
    assert border_colour(picture).tolist() == [0, 0, 0]


def test_the_fixed_prompts_stay_the_same_and_cover_the_colours():
    scenes = fixed_scenes(96, pairs=False)
    assert scenes == fixed_scenes(96, pairs=False)
    assert {scene.background for scene in scenes} == set(COLOURS)
    assert len({scene.objects for scene in scenes}) > 50
    assert not any(scene.tint or scene.style or scene.relation for scene in scenes)
    assert len(OBJECTS) == 100
