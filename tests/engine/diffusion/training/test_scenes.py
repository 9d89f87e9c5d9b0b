import colorsys
import random
import re

import numpy as np
import pytest

from engine.diffusion.training.scenes import (
    COLOURS,
    RELATIONS,
    SIDE,
    SIZES,
    TINTS,
    Scene,
    sprite,
    sprite_folder,
)
from engine.diffusion.training.sprites import OBJECTS, STYLES

SCENES = [Scene.random(random.Random(seed)) for seed in range(400)]
NAMES = "|".join(OBJECTS)


def border(picture: np.ndarray) -> np.ndarray:
    """The median colour of the outermost pixels."""
    edge = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    return np.median(np.concatenate(edge).astype(float), axis=0)


def hue(colour: tuple[float, ...] | np.ndarray) -> float:
    r, g, b = (float(c) / 255 for c in colour)
    return 360 * colorsys.rgb_to_hsv(r, g, b)[0]


def test_there_are_a_hundred_things_in_each_style():
    assert len(OBJECTS) == len(set(OBJECTS)) == 100
    for style in STYLES:
        files = {path.stem for path in (sprite_folder() / style).glob("*.png")}
        assert files == {name.replace(" ", "_") for name in OBJECTS}


@pytest.mark.parametrize("style", STYLES)
def test_each_thing_has_a_drawing_of_its_own(style: str):
    drawn = [sprite(style, name, 32) for name in OBJECTS]
    assert all(0.15 < rgba[..., 3].mean() <= 1 for rgba in drawn)
    flat = np.stack([rgba.ravel() for rgba in drawn])
    flat[:, 3::4] *= 255
    distances = np.sqrt(((flat[:, None] - flat) ** 2).mean(-1))
    assert (distances + 1e3 * np.eye(100)).min() > 8


def test_the_same_seed_gives_the_same_scene_words_and_pixels():
    def one(seed: int):
        rng = random.Random(seed)
        scene = Scene.random(rng)
        return scene, scene.caption(rng), scene.draw(rng)

    for seed in range(20):
        first, second, other = one(seed), one(seed), one(seed + 1000)
        assert first[:2] == second[:2] and np.array_equal(first[2], second[2])
        assert not np.array_equal(first[2], other[2])


def test_every_kind_of_scene_comes_up_as_often_as_said():
    rng = random.Random(0)
    scenes = [Scene.random(rng) for _ in range(6000)]
    share = {
        "pairs": sum(bool(s.relation) for s in scenes) / 6000,
        "tinted": sum(bool(s.tint) for s in scenes) / 6000,
    }
    assert share == {
        "pairs": pytest.approx(0.30, abs=0.02),
        "tinted": pytest.approx(0.15, abs=0.02),
    }
    assert {s.background for s in scenes} == set(COLOURS)
    assert {s.relation for s in scenes} == {"", *RELATIONS}
    assert {s.size for s in scenes} == set(SIZES)
    assert {s.tint for s in scenes} == {"", *TINTS}
    assert {s.style for s in scenes} == {"", *STYLES}
    assert {s.objects[0] for s in scenes} == set(OBJECTS)
    assert all(s.tint != s.background for s in scenes)
    assert all(len(set(s.objects)) == (2 if s.relation else 1) for s in scenes)


@pytest.mark.parametrize("said", [False, True], ids=["plain", "in many ways"])
def test_a_caption_can_be_read_back_into_its_scene(said: bool):
    subject = rf"an? (?:(small|big) )?(?:({'|'.join(TINTS)}) )?({NAMES})"
    pair = rf"(?: ({'|'.join(RELATIONS)}) an? ({NAMES}))?"
    ground = rf"(?: on an? ({'|'.join(COLOURS)}) background|, ({'|'.join(COLOURS)}) background)"
    form = re.compile(
        rf"(?:a picture of )?{subject}{pair}{ground}(?:, ({'|'.join(STYLES)}) style)?"
    )
    for number, scene in enumerate(SCENES):
        text = scene.caption(random.Random(number) if said else None)
        found = form.fullmatch(text)
        assert found, text
        size, tint, first, relation, second, on, comma, style = (g or "" for g in found.groups())
        objects = (first, second) if second else (first,)
        assert Scene(objects, on or comma, relation, size, tint, style) == scene


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (Scene(("apple",), "red"), "an apple on a red background"),
        (Scene(("cat",), "orange"), "a cat on an orange background"),
        (Scene(("unicorn",), "blue"), "a unicorn on a blue background"),
        (Scene(("umbrella",), "blue"), "an umbrella on a blue background"),
        (Scene(("owl",), "blue", tint="purple"), "a purple owl on a blue background"),
        (Scene(("cat",), "blue", tint="orange"), "an orange cat on a blue background"),
        (Scene(("apple",), "gray", size="big"), "a big apple on a gray background"),
        (
            Scene(("bus", "airplane"), "white", relation="above", style="flat"),
            "a bus above an airplane on a white background, flat style",
        ),
    ],
)
def test_captions(scene: Scene, words: str):
    assert scene.caption() == words


def test_articles_of_all_things():
    for name in OBJECTS:
        article = Scene((name,), "blue").caption().split()[0]
        assert article == ("an" if name[0] in "aeiou" and name != "unicorn" else "a"), name


def test_the_asked_background_is_the_border_of_the_picture():
    for number, scene in enumerate(SCENES):
        picture = scene.draw(random.Random(number))
        assert picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8
        found = border(picture)
        assert np.abs(found - COLOURS[scene.background]).max() <= 15, scene
        nearest = min(COLOURS, key=lambda name: float(np.abs(found - COLOURS[name]).sum()))
        assert nearest == scene.background


def test_sizes_are_told_apart_by_the_area_they_cover():
    for name in ("pizza", "cat", "key"):
        areas = {}
        for size in SIZES:
            rng = random.Random(0)
            pictures = [Scene((name,), "white", size=size).draw(rng).astype(int) for _ in range(8)]
            areas[size] = [(np.abs(p - border(p)).max(-1) > 12).mean() for p in pictures]
        if name != "key":  # its two drawings differ more than the sizes do
            assert max(areas["small"]) < min(areas[""]) and max(areas[""]) < min(areas["big"])
        assert np.mean(areas["small"]) < np.mean(areas[""]) < np.mean(areas["big"])


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("order", [("heart", "clover"), ("clover", "heart")])
def test_each_of_two_stands_on_its_side(relation: str, order: tuple[str, str]):
    for seed in range(6):
        picture = Scene(order, "white", relation=relation).draw(random.Random(seed)).astype(int)
        red, green, _ = picture[..., 0], picture[..., 1], picture[..., 2]
        masks = {"heart": red > green + 60, "clover": green > red + 30}
        (x1, y1), (x2, y2) = (
            np.argwhere(masks[name]).mean(0)[::-1] for name in order
        )  # centres of the first and the second thing
        along, across = (x2 - x1, y2 - y1) if "of" in relation else (y2 - y1, x2 - x1)
        forward = relation in ("to the left of", "above")
        assert (along if forward else -along) > 24
        assert abs(across) < 6


@pytest.mark.parametrize("tint", TINTS)
@pytest.mark.parametrize("style", STYLES)
def test_a_tint_sets_the_hue_and_keeps_light_and_shape(tint: str, style: str):
    want = hue(COLOURS[tint])
    for name in ("cat", "apple", "whale", "house", "snowman", "bomb"):
        plain, tinted = sprite(style, name, 40), sprite(style, name, 40, tint)
        assert np.array_equal(plain[..., 3], tinted[..., 3])
        solid = plain[..., 3] == 1
        found = hue(tinted[..., :3][solid].mean(0))
        assert abs((found - want + 180) % 360 - 180) < 2
        weights = np.array([0.299, 0.587, 0.114])
        before, after = plain[..., :3][solid] @ weights, tinted[..., :3][solid] @ weights
        ranked = after[np.argsort(before, kind="stable")]
        assert (np.diff(ranked) > -0.5).all()  # what was lighter stays lighter
        assert tinted.min() >= 0 and tinted[..., :3].max() <= 255.5


def test_a_tinted_thing_is_drawn_in_its_tint():
    picture = Scene(("apple",), "white", tint="blue", style="flat").draw(random.Random(0))
    middle = picture[28:36, 28:36].reshape(-1, 3).mean(0)
    assert abs(hue(middle) - hue(COLOURS["blue"])) < 5


def test_an_unsaid_style_is_one_of_the_styles():
    def fingerprint(style: str, seed: int):
        return Scene(("cat",), "white", style=style).draw(random.Random(seed))[20:44, 20:44].mean()

    said = {style: np.mean([fingerprint(style, s) for s in range(8)]) for style in STYLES}
    unsaid = [fingerprint("", seed) for seed in range(24)]
    nearest = {min(STYLES, key=lambda style: abs(said[style] - value)) for value in unsaid}
    assert nearest == set(STYLES)


def test_a_cached_sprite_can_not_be_painted_over():
    with pytest.raises(ValueError, match="read-only"):
        sprite("flat", "cat", 32)[0, 0] = 1
