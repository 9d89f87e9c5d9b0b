import pytest
import torch

from engine.diffusion.guidance.classifier_free import ClassifierFree, rescaled
from engine.graph.errors import LoomError

BOTH, ONE = ("negative", "positive"), ("positive",)


def test_formula():
    c, u = torch.randn(2, 2, 4, 3, 3)
    out = ClassifierFree(7.5)({"positive": c, "negative": u}, 0)
    torch.testing.assert_close(out, u + 7.5 * (c - u))


def test_one_pass_without_a_negative_or_at_scale_one():
    assert ClassifierFree(7.5).passes(2, {"positive"}) == [ONE, ONE]
    assert ClassifierFree(1.0).passes(2, {"positive", "negative"}) == [ONE, ONE]
    assert ClassifierFree(0.0).passes(1, {"positive", "negative"}) == [ONE]
    assert ClassifierFree(1.5).passes(1, {"positive", "negative"}) == [BOTH]


def test_schedule_guides_only_where_it_is_above_one():
    g = ClassifierFree((1.0, 3.0, 1.0))
    assert g.passes(3, {"positive", "negative"}) == [ONE, BOTH, ONE]
    c, u = torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2)
    assert g({"positive": c, "negative": u}, 1).unique().tolist() == [3.0]


@pytest.mark.parametrize(
    ("guidance", "available", "message"),
    [
        (lambda: ClassifierFree((5.0, 4.0)), {"positive"}, "2 values, and the run 3 steps"),
        (lambda: ClassifierFree(), {"negative"}, "connect a positive"),
        (lambda: ClassifierFree(rescale=1.5), {"positive"}, "from 0 to 1"),
    ],
)
def test_errors(guidance, available, message):
    with pytest.raises(LoomError, match=message):
        guidance().passes(3, available)


def test_full_rescale_restores_each_pictures_spread():
    c, u = torch.randn(2, 3, 4, 8, 8)
    guided = u + 9 * (c - u)
    out = rescaled(guided, c, 1.0)
    torch.testing.assert_close(out.std(dim=(1, 2, 3)), c.std(dim=(1, 2, 3)))
    half = ClassifierFree(9.0, rescale=0.5)({"positive": c, "negative": u}, 0)
    torch.testing.assert_close(half, 0.5 * out + 0.5 * guided)
