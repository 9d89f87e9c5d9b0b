import pytest
import torch

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.base import Hook, StepHook
from engine.diffusion.hooks.follow import Follow, following
from engine.diffusion.hooks.keep_outside import KeepOutside, keeping
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.values import Latents, Mask, Trajectory
from engine.graph.errors import LoomError

DDIM = DDIMScheduler(clip_sample=False)
NOISE = SeededNoise((3, 4), (4, 4, 4))
MASK = torch.zeros(1, 1, 4, 4)
MASK[..., :2] = 1
KNOWN = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(1))


def model(x, t, context):
    return torch.tanh(x + t / 1000)


def go(*hooks: Hook, denoiser=model, **options):
    settings = {"noise": NOISE, "guidance": ClassifierFree(1.0), **options}
    return denoise(
        denoiser,
        DDIM.start(6),
        torch.zeros(2, 4, 4, 4),
        conditioning={"positive": 0},
        hooks=hooks,
        **settings,
    )


def test_what_is_outside_the_mask_comes_back_exactly():
    found, free = go(KeepOutside(MASK, KNOWN)), go()
    assert torch.equal(found[..., 2:], KNOWN.expand(2, -1, -1, -1)[..., 2:])
    assert not torch.allclose(found[..., :2], KNOWN[..., :2], atol=0.1)
    assert torch.equal(go(KeepOutside(torch.ones_like(MASK), KNOWN)), free)


def test_on_the_way_it_is_noised_to_the_level_of_the_next_step():
    seen = []
    go(KeepOutside(MASK, KNOWN), denoiser=lambda x, t, c: seen.append(x.clone()) or x * 0)
    run = DDIM.start(6)
    for i in range(1, 6):
        expected = run.add_noise(i, KNOWN, NOISE(0))[..., 2:]
        assert torch.equal(seen[i][..., 2:], expected)


def test_following_a_path_outside_the_mask():
    path = torch.randn(4, 1, 4, 4, 4)  # clean to noisiest: three steps
    found = []
    final = go(
        Follow(MASK, path),
        start=3,
        begin="continue",
        on_step=lambda i, n, x, x0: found.append(x.clone()),
    )
    for i, sample in enumerate(found):
        assert torch.equal(sample[0, ..., 2:], path[2 - i, 0, ..., 2:])
    assert torch.equal(final[1, ..., 2:], path[0, 0, ..., 2:])


@pytest.mark.parametrize(
    ("hook", "options", "message"),
    [
        (
            KeepOutside(MASK[..., :3], KNOWN),
            {},
            "hooks: The mask of a hook is 3×4 latent cells, .* are 4×4",
        ),
        (KeepOutside(MASK, KNOWN[:, :3]), {}, "picture of a hook has 3 latent channels, .* have 4"),
        (KeepOutside(MASK, KNOWN), {"noise": None, "begin": "continue"}, "needs the run's noise"),
        (Follow(MASK, torch.zeros(4, 1, 4, 4, 4)), {}, "has 3 steps, and this run 6"),
        (
            Follow(MASK, torch.zeros(7, 1, 4, 4, 4), (0.0, 166.0, 100.0, 498.0, 664.0, 830.0)),
            {},
            "scheduler: Step 3 of this run is at timestep 332, and .* was there at 100",
        ),
    ],
)
def test_what_does_not_fit_is_named(hook, options, message):
    with pytest.raises(LoomError, match=message):
        go(hook, **options)


def test_a_mask_of_another_size_than_the_picture_is_told_in_pixels():
    path = Trajectory(KNOWN.expand(3, 1, -1, -1, -1))
    for call in (lambda m: keeping(m, Latents(KNOWN)), lambda m: following(m, path)):
        with pytest.raises(LoomError) as caught:
            call(Mask(torch.ones(1, 1, 64, 48)))
        assert str(caught.value) == (
            "mask: The mask is 48×64 pixels, and the latents are of a picture of 32×32. "
            "Resize the mask to 32×32."
        )
        with pytest.raises(LoomError, match="The mask is empty"):
            call(Mask(torch.zeros(1, 1, 32, 32)))
        assert call(Mask(torch.ones(1, 1, 32, 32))).mask.shape == (1, 1, 4, 4)


class Order(Hook):
    """Notes when it is called."""

    def __init__(self, name, notes):
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "notes", notes)

    def begin(self, loop):
        name, notes = self.name, self.notes

        class Noting(StepHook):
            def before(self, i, sample):
                notes.append((name, "before", i))
                return sample

            def guided(self, i, prediction, sample):
                notes.append((name, "guided", i))
                return prediction * 2

            def after(self, i, sample):
                notes.append((name, "after", i))
                return sample

        return Noting()


def test_hooks_take_turns_in_their_order_and_can_change_the_prediction():
    notes = []
    found = go(Order("a", notes), Order("b", notes), start=5, begin="continue")
    assert notes == [(n, when, 5) for when in ("before", "guided", "after") for n in "ab"]
    doubled = go(denoiser=lambda x, t, c: 4 * model(x, t, c), start=5, begin="continue")
    assert torch.equal(found, doubled)


def test_a_hook_can_differentiate_through_the_model():
    """One step of descent on a loss of the prediction: what attention-guided methods do."""

    class Descend(Hook):
        needs_gradients = True

        def begin(self, loop):
            class Step(StepHook):
                def before(self, i, sample):
                    with torch.enable_grad():
                        x = sample.detach().requires_grad_(True)
                        loss = loop.predict(i, x, ("positive",))["positive"].square().sum()
                        (slope,) = torch.autograd.grad(loss, x)
                    return sample - 0.1 * slope

            return Step()

    found = go(Descend())
    assert not found.requires_grad and not torch.equal(found, go())
