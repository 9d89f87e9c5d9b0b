"""Reading, rewriting and differentiating through a UNet's attention."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from engine.diffusion.attention_reach import Place, attending, attention_layers
from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.base import Hook, Loop, StepHook
from engine.diffusion.hooks.record_attention import RecordAttention
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.models.unet_2d_condition import UNet2DConditionConfig, UNet2DConditionModel
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.graph.errors import LoomError

BATCH, TOKENS, STEPS = 2, 5, 4
NOISE = SeededNoise((3, 4), (4, 6, 4))


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    config = UNet2DConditionConfig(
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=4,
    )
    return UNet2DConditionModel(config).eval().requires_grad_(False)


CONTEXTS = {
    name: torch.randn(1, TOKENS, 16, generator=torch.Generator().manual_seed(k))
    for k, name in enumerate(("positive", "negative"))
}


def go(unet, *hooks: Hook, scale: float = 3.0, **options):
    return denoise(
        UNetDenoiser(unet),
        DDIMScheduler(clip_sample=False).start(STEPS),
        torch.zeros(BATCH, 4, 6, 4),
        conditioning=CONTEXTS,
        guidance=ClassifierFree(scale),
        noise=NOISE,
        hooks=hooks,
        **options,
    )


@dataclass
class Reach:
    """Sees everything, and changes it by `change`."""

    change: object = None

    def __post_init__(self):
        self.seen = {}

    def reaches(self, place: Place) -> bool:
        return True

    def attention(self, place: Place, probabilities: torch.Tensor) -> torch.Tensor:
        self.seen[place.layer] = (place, probabilities)
        return self.change(place, probabilities) if self.change else probabilities


def predict(unet, sample=None, names=("negative", "positive"), step=1):
    run = DDIMScheduler().start(STEPS)
    ask = UNetDenoiser(unet).prepare(run.timesteps, CONTEXTS, BATCH)
    return ask(step, torch.ones(BATCH, 4, 6, 4) if sample is None else sample, names)


def test_every_layer_is_within_reach_by_its_published_name(unet):
    reach = Reach()
    with torch.no_grad(), attending([reach]):
        predict(unet)
    assert set(reach.seen) == {name for name, _ in attention_layers(unet).values()}
    place, found = reach.seen["down_blocks.0.attentions.0.transformer_blocks.0.attn2"]
    assert place == Place(place.layer, True, 1, ("negative", "positive"))
    assert found.shape == (2 * BATCH, 4, 24, TOKENS)
    place, found = reach.seen["mid_block.attentions.0.transformer_blocks.0.attn1"]
    assert not place.cross and found.shape == (2 * BATCH, 4, 6, 6)
    for _, found in reach.seen.values():
        assert torch.allclose(found.sum(-1), torch.ones(()), atol=1e-5)


@torch.no_grad()
def test_what_only_looks_changes_nothing(unet):
    plain = predict(unet)
    with attending([Reach()]):
        seen = predict(unet)
    for name in plain:
        assert torch.allclose(plain[name], seen[name], atol=1e-5)


@torch.no_grad()
def test_what_is_rewritten_is_what_is_used(unet):
    """All attention on the first token is a context of that token alone."""

    def first_token(place: Place, probabilities: torch.Tensor) -> torch.Tensor:
        if not place.cross:
            return probabilities
        alone = torch.zeros_like(probabilities)
        alone[..., 0] = 1
        return alone

    with attending([Reach(first_token)]):
        found = predict(unet)["positive"]
    run = DDIMScheduler().start(STEPS)
    one = {"positive": CONTEXTS["positive"][:, :1]}
    ask = UNetDenoiser(unet).prepare(run.timesteps, one, BATCH)
    expected = ask(1, torch.ones(BATCH, 4, 6, 4), ("positive",))["positive"]
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found, predict(unet)["positive"], atol=1e-3)


@torch.no_grad()
def test_one_prompt_of_the_batch_can_be_rewritten_alone(unet):
    """Identity self-attention for one prediction is perturbed-attention guidance."""

    def identity(place: Place, probabilities: torch.Tensor) -> torch.Tensor:
        if place.cross:
            return probabilities
        k = place.names.index("negative")
        rows = slice(k * BATCH, (k + 1) * BATCH)
        changed = probabilities.clone()
        changed[rows] = torch.eye(probabilities.shape[-1])
        return changed

    plain = predict(unet)
    with attending([Reach(identity)]):
        found = predict(unet)
    assert torch.allclose(found["positive"], plain["positive"], atol=1e-5)
    assert not torch.allclose(found["negative"], plain["negative"], atol=1e-3)


def test_gradients_reach_from_the_maps_to_the_sample(unet):
    def loss(sample: torch.Tensor) -> torch.Tensor:
        reach = Reach()
        with attending([reach]):
            predict(unet, sample, ("positive",))
        maps = [found for place, found in reach.seen.values() if place.cross]
        return torch.stack([found[..., 2].square().mean() for found in maps]).sum()

    unet = unet.double()
    contexts = {name: value.double() for name, value in CONTEXTS.items()}
    try:
        CONTEXTS.update(contexts)
        sample = torch.randn(BATCH, 4, 6, 4, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(loss(sample), sample)
        direction = torch.randn_like(sample)
        with torch.no_grad():
            ends = [loss(sample + step * direction) for step in (1e-4, -1e-4)]
    finally:
        unet.float()
        CONTEXTS.update({name: value.float() for name, value in contexts.items()})
    expected = (ends[0] - ends[1]) / 2e-4
    # Probabilities and predictions are float32: that is what limits the difference quotient.
    assert float((slope * direction).sum()) == pytest.approx(float(expected), rel=0.05)


class Excite(Hook):
    """Moves the sample before each step so that a token is looked at more (Chefer et al. 2023)."""

    needs_gradients: ClassVar[bool] = True
    token = 2

    def begin(self, loop: Loop) -> StepHook:
        return Exciting(loop, self.token)


class Exciting(StepHook):
    def __init__(self, loop: Loop, token: int) -> None:
        self.loop, self.token = loop, token
        self.gains: list[tuple[float, float]] = []

    def before(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            moved = sample.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(self.share(i, moved), moved)
        better = sample + 0.5 * slope / slope.norm()
        with torch.no_grad():
            gain = float(self.share(i, sample)), float(self.share(i, better))
        self.gains.append(gain)
        return better

    def share(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        reach = Reach()
        with attending([reach]):
            self.loop.predict(i, self.loop.run.scale_input(i, sample), ("positive",))
        maps = [found for place, found in reach.seen.values() if place.cross]
        return torch.stack([found[..., self.token].mean() for found in maps]).mean()

    def report(self):
        return self.gains


def test_a_hook_can_follow_the_gradient_of_attention(unet):
    reports = []
    excited = go(unet, Excite(), reports=reports)
    assert len(reports[0]) == STEPS
    assert all(after > before for before, after in reports[0])
    assert not torch.allclose(excited, go(unet), atol=1e-3)
    assert not excited.is_inference() and not excited.requires_grad


def test_recording_a_run(unet):
    reports = []
    recorded = go(unet, RecordAttention(), reports=reports)
    assert torch.allclose(recorded, go(unet), atol=1e-4)
    maps = reports[0]
    assert maps.maps.shape == (BATCH, TOKENS, 6, 4)
    assert torch.allclose(maps.maps.sum(1), torch.ones(()), atol=1e-5)
    assert len(maps.layers) == sum(cross for _, cross in attention_layers(unet).values())
    assert not torch.allclose(maps.maps[0], maps.maps[1], atol=1e-4)


def test_only_some_layers_and_steps_are_recorded(unet):
    seen: list[int] = []
    reports = []

    class Steps(Hook):
        def begin(self, loop: Loop) -> StepHook:
            return Counting()

    class Counting(StepHook):
        def reaches(self, place: Place) -> bool:
            seen.append(place.step)
            return False

    go(unet, RecordAttention(("mid",), 0.5, 1.0), Steps(), reports=reports)
    maps = reports[0]
    assert maps.layers == ("mid_block.attentions.0.transformer_blocks.0.attn2",)
    assert maps.maps.shape[2:] == (3, 2)
    assert set(seen) == set(range(STEPS))
    with pytest.raises(LoomError, match="No attention was recorded"):
        go(unet, RecordAttention(("nowhere",)), reports=reports)


def test_the_average_is_that_of_the_steps(unet):
    parts = []
    for start in (0.0, 0.5):
        go(unet, RecordAttention(("mid",), start, start + 0.5), reports=parts)
    go(unet, RecordAttention(("mid",)), reports=parts)
    mean = (parts[0].maps + parts[1].maps) / 2
    assert torch.allclose(parts[2].maps, mean, atol=1e-6)
