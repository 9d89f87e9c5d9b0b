"""The starter's predictions under budgets: what is chosen, what it takes, the same numbers."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.sampling import Job
from engine.diffusion.values import Conditioning, Latents, Noise, Scheduler, UNet
from engine.diffusion.weights.handles import open_pipeline
from engine.graph.context import Context
from engine.runtime import pool as pools
from engine.runtime.lending import lent_to_denoise
from engine.runtime.live import FusedAttention, LiveBytes
from engine.runtime.pool import ModelPool

STARTER = Path(__file__).parents[3] / "resources" / "models" / "starter"
MB = 1 << 20
WEIGHTS = 42 * MB  # in float32; its file has half of that


@pytest.fixture(scope="module")
def unet() -> UNet:
    found = open_pipeline(STARTER)["unet"]
    assert isinstance(found, UNet)
    return found


def predicted(unet: UNet, budget: int, monkeypatch) -> tuple[torch.Tensor, list[str], int]:
    """Both predictions of a step, what was told, and what was computed at a time, in bytes."""
    monkeypatch.setattr(pools, "_shared", ModelPool(budget))
    draw = torch.Generator().manual_seed(0)
    latents = Latents(torch.randn(2, 4, 32, 32, generator=draw))
    positive, negative = (Conditioning(torch.randn(1, 7, 192, generator=draw)) for _ in range(2))
    notes: list[str] = []

    def first(model, _):
        told = latents, Noise((0,)), positive, negative
        return Job(model, Scheduler("DDIMScheduler"), *told).predict_first

    context = Context(on_progress=lambda step, total, text: notes.append(text))
    with lent_to_denoise(context, [unet], latents, first) as (model,):
        contexts = {"positive": positive, "negative": negative}
        predict = UNetDenoiser(model).prepare(torch.tensor([501.0]), contexts, 2)
        with LiveBytes() as live, torch.inference_mode():
            found = predict(0, latents.samples, ("negative", "positive"))
        return torch.cat([*found.values()]), notes, live.peak


def test_each_budget_gives_the_same_numbers(unet: UNet, monkeypatch):
    plenty, notes, computed = predicted(unet, 1 << 30, monkeypatch)
    assert notes == []
    seen: list[str] = []
    for budget in (WEIGHTS + 30 * MB, WEIGHTS + 10 * MB, 30 * MB, 10 * MB):
        found, notes, _ = predicted(unet, budget, monkeypatch)
        assert (found - plenty).abs().max() < 1e-5 * plenty.abs().max()
        seen += notes or [""]
        if budget < WEIGHTS + computed:
            assert notes and notes[0].startswith(f"To keep within {budget / MB:.3g} MB: ")
    assert ["streamed" in note for note in seen] == [False, False, True, True]
    assert ["each prompt" in note for note in seen] == [False, True, False, True]


def test_what_is_counted_without_numbers_is_what_is_taken(unet: UNet, monkeypatch):
    from engine.runtime import cost
    from engine.runtime.placement import Placement

    _, _, taken = predicted(unet, 1 << 30, monkeypatch)
    blank = cost.blank(unet, "float32")
    assert cost.weights_of([blank]) == pytest.approx(WEIGHTS, rel=0.01)
    x, told = torch.empty(4, 4, 32, 32, device="meta"), torch.empty(4, 7, 192, device="meta")
    time = torch.empty((), device="meta")
    counted = cost.computed(lambda: blank(x, time, told), [blank], Placement())
    assert counted == pytest.approx(taken, rel=0.35)  # kernels keep copies in other layouts


def test_fused_attention_makes_its_result_alone():
    q, k = torch.empty(1, 2, 300, 8), torch.empty(1, 2, 500, 8)
    with FusedAttention(), LiveBytes([q, k]) as live:
        out = torch.nn.functional.scaled_dot_product_attention(q, k, k)
    assert out.shape == q.shape
    assert live.peak == q.nbytes
