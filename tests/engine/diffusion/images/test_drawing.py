import json
import math

import pytest
import torch

from engine.diffusion.images.drawing import paint, parse
from engine.diffusion.images.masks import feather
from engine.diffusion.values import Mask
from engine.graph.errors import LoomError


def drawn(*shapes: dict, size=None, on: tuple[int, int] = (40, 30)) -> torch.Tensor:
    data = {"shapes": list(shapes)} | ({"size": size} if size else {})
    return paint(parse(json.dumps(data)), *on).values[0, 0]


def test_nothing_drawn_is_black():
    assert paint(parse(""), 5, 4).values.tolist() == torch.zeros(1, 1, 4, 5).tolist()
    assert drawn().sum() == 0


def test_a_rectangle_covers_its_pixels_and_no_others():
    found = drawn({"shape": "rectangle", "box": [10, 5, 8, 4]})
    wanted = torch.zeros(30, 40)
    wanted[5:9, 10:18] = 1
    assert torch.equal(found, wanted)


def test_an_ellipse_has_its_area_and_smooth_edges():
    found = drawn({"shape": "ellipse", "box": [5, 5, 30, 20]})
    assert float(found.sum()) == pytest.approx(math.pi * 15 * 10, rel=0.02)
    assert found[15, 20] == 1 and found[6, 6] == 0
    assert ((found > 0) & (found < 1)).sum() > 20
    assert torch.equal(found, found.flip(0)) and torch.equal(found, found.flip(1))


def test_a_polygon_has_its_area():
    found = drawn({"shape": "polygon", "points": [[0, 0], [30, 0], [0, 20]]})
    assert float(found.sum()) == pytest.approx(300, rel=0.03)


def test_a_stroke_is_as_wide_as_asked_and_round_at_its_ends():
    found = drawn({"shape": "stroke", "points": [[10, 15], [30, 15]], "width": 8})
    assert float(found[:, 20].sum()) == pytest.approx(8, abs=0.5)
    assert float(found.sum()) == pytest.approx(20 * 8 + math.pi * 16, rel=0.04)
    dot = drawn({"shape": "stroke", "points": [[10, 15]], "width": 8})
    assert float(dot.sum()) == pytest.approx(math.pi * 16, rel=0.06)


def test_later_shapes_lie_over_earlier_ones_and_can_take_away():
    found = drawn(
        {"shape": "rectangle", "box": [0, 0, 40, 30]},
        {"shape": "rectangle", "box": [10, 10, 10, 10], "value": 0},
        {"shape": "rectangle", "box": [12, 12, 2, 2], "value": 0.5},
    )
    assert float(found.sum()) == pytest.approx(1200 - 100 + 4 * 128 / 255)


def test_a_canvas_is_stretched_over_the_mask():
    shape = {"shape": "rectangle", "box": [10, 5, 8, 4]}
    found = drawn(shape, size=[40, 30], on=(80, 30))
    assert found[5:9, 20:36].min() == 1 and found.sum() == 64
    ellipse = {"shape": "ellipse", "box": [8, 8, 24, 12]}
    small = drawn(ellipse, size=[400, 300], on=(40, 30)).sum()
    assert float(small) == pytest.approx(math.pi * 1.2 * 0.6, rel=0.2)


def test_shapes_that_leave_the_canvas_and_empty_ones():
    assert drawn({"shape": "rectangle", "box": [-10, -10, 12, 12]}).sum() == 4
    assert drawn({"shape": "ellipse", "box": [5, 5, 0, 9]}).sum() == 0
    assert drawn({"shape": "rectangle", "box": [900, 0, 9, 9]}).sum() == 0


@pytest.mark.parametrize(
    "text, reason",
    [
        ("{", "no JSON"),
        ("[]", "no list of shapes"),
        ('{"shapes": 3}', "no list of shapes"),
        ('{"shapes": [3]}', "Shape 1 of the drawing is no object"),
        ('{"shapes": [{"shape": "star"}]}', "is a 'star', which is none of"),
        ('{"shapes": [{"shape": "polygon", "points": [[1, 2]]}]}', "Shape 1 .* too few points"),
        ('{"shapes": [{"shape": "stroke", "points": [[1]], "width": 2}]}', "is not 2 numbers"),
        ('{"shapes": [{"shape": "stroke", "points": [[1, 2]]}]}', "width of shape 1"),
        ('{"shapes": [{"shape": "stroke", "points": [[1, 2]], "width": 0}]}', "not positive"),
        ('{"shapes": [{"shape": "ellipse", "box": [1, 2, 3]}]}', "is not 4 numbers"),
        ('{"shapes": [{"shape": "ellipse", "box": [1, 2, 3, 1e999]}]}', "is no number up to"),
        ('{"shapes": [{"shape": "ellipse", "box": [1, 2, 3, NaN]}]}', "is no number up to"),
        ('{"shapes": [{"shape": "ellipse", "box": [1, 2, 3, 4], "value": 2}]}', "from 0 to 1"),
        ('{"shapes": [], "size": [0, 5]}', "not positive"),
        ('{"shapes": [], "size": "big"}', "is not 2 numbers"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_drawing_is_told(text: str, reason: str):
    with pytest.raises(LoomError, match=reason) as caught:
        parse(text)
    assert caught.value.field == "shapes"
    assert '"ellipse"' in caught.value.remedy


def test_feather_blurs_by_pixels_of_the_canvas():
    shape = {"shape": "rectangle", "box": [0, 0, 20, 30]}
    data = {"size": [40, 30], "feather": 3, "shapes": [shape]}
    found = paint(parse(json.dumps(data)), 40, 30).values
    hard = drawn(shape)[None, None]
    assert torch.allclose(found, feather(Mask(hard), 3).values)
    doubled = paint(parse(json.dumps(data)), 80, 60).values
    assert torch.allclose(doubled[..., 30, ::2], found[..., 15, :], atol=0.08)
    with pytest.raises(LoomError, match="feather of the drawing is not from 0 to 256"):
        parse('{"feather": -1, "shapes": []}')
