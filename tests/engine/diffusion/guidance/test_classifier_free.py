import pytest
import torch

from engine.diffusion.guidance.classifier_free import ClassifierFree, rescaled
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.schedulers.ddim import DDIMScheduler
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


def test_outside_its_interval_only_the_positive_is_asked_for():
    """Two rows a step where it is guided, one elsewhere (Kynkäänniemi et al. 2024)."""
    rows = []

    def model(sample, t, context):
        rows.append(len(sample))
        return sample + context.mean()

    class Joined:
        """One call for all contexts of a step, as a UNet's."""

        def prepare(self, timesteps, contexts, batch):
            def predict(i, sample, names):
                told = torch.stack([contexts[name] for name in names])
                out = model(sample.repeat(len(names), 1, 1, 1), timesteps[i], told)
                return dict(zip(names, out.chunk(len(names)), strict=True))

            return predict

    def go(**options):
        rows.clear()
        return denoise(
            Joined(),
            DDIMScheduler(clip_sample=False).start(10),
            torch.zeros(1, 4, 2, 2),
            conditioning={"positive": torch.ones(1), "negative": torch.zeros(1)},
            guidance=ClassifierFree(4.0, **options),
            noise=SeededNoise((1,), (4, 2, 2)),
        )

    go(start=0.2, end=0.5)
    assert rows == [1] * 2 + [2] * 3 + [1] * 5
    exact = go()
    assert rows == [2] * 10
    assert torch.equal(go(start=0.0, end=1.0), exact)


@pytest.mark.parametrize(
    ("guidance", "available", "message"),
    [
        (lambda: ClassifierFree((5.0, 4.0)), {"positive"}, "2 values, and the run 3 steps"),
        (lambda: ClassifierFree(), {"negative"}, "connect a positive"),
        (lambda: ClassifierFree(start=0.5, end=0.5), {"positive"}, "last from 0.5 to 0.5"),
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
