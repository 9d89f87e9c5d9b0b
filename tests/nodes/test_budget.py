"""Nodes that ask a UNet for predictions outside of the denoise loop keep within the budget, too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.values import Conditioning, Latents
from engine.graph.context import Context
from engine.runtime import cost, lending
from engine.runtime import pool as pools
from engine.runtime.pool import ModelPool
from nodes import diffedit, loop, noise
from nodes.load import Pipeline, pipeline

STARTER = Path(__file__).parents[2] / "resources" / "models" / "starter"
MB = 1 << 20
PLENTY, WEIGHTS = 1 << 30, 42 * MB  # in float32
ALONE, STREAMED = WEIGHTS + 8 * MB, 20 * MB


@pytest.fixture(scope="module")
def starter() -> Pipeline:
    return pipeline(STARTER)


def told(budget: int, act: Callable[[Context], Any], monkeypatch) -> tuple[Any, list[str]]:
    """What comes of a node under a budget, and what it says on the way."""
    monkeypatch.setattr(pools, "_shared", ModelPool(budget))
    notes: list[str] = []
    context = Context(on_progress=lambda step, total, text: notes.append(text))
    return act(context), [note for note in notes if note]


def check(act: Callable[[Context], torch.Tensor], monkeypatch) -> None:
    plenty, notes = told(PLENTY, act, monkeypatch)
    assert notes == []
    for budget, how in ((ALONE, "each prompt"), (STREAMED, "weights streamed")):
        found, notes = told(budget, act, monkeypatch)
        assert (found - plenty).abs().max() <= 1e-4 * plenty.abs().max()
        assert how in notes[0]


@pytest.fixture
def inputs() -> tuple[Latents, list[Conditioning]]:
    draw = torch.Generator().manual_seed(0)
    latents = Latents(torch.randn(2, 4, 32, 32, generator=draw))
    return latents, [Conditioning(torch.randn(1, 7, 192, generator=draw)) for _ in range(3)]


def test_a_loop_taken_apart(starter: Pipeline, inputs, monkeypatch):
    latents, (positive, negative, _) = inputs
    sampling = loop.begin(starter.scheduler, latents, noise.seed(3), steps=4)

    def act(context: Context) -> torch.Tensor:
        found = loop.predict(context, starter.unet, sampling, positive, negative)
        return torch.cat([found.positive.values, found.negative.values])

    check(act, monkeypatch)


def test_what_a_step_takes_is_found_out_once_for_a_whole_loop(
    starter: Pipeline, inputs, monkeypatch
):
    latents, (positive, negative, _) = inputs
    counted: list[object] = []
    computed = cost.computed
    monkeypatch.setattr(cost, "computed", lambda *a: counted.append(a) or computed(*a))
    monkeypatch.setattr(lending, "_decisions", {})
    monkeypatch.setattr(pools, "_shared", ModelPool(ALONE))
    sampling = loop.begin(starter.scheduler, latents, noise.seed(3), steps=2)
    seen: list[int] = []
    for told in ((positive, negative), (positive, negative), (positive,)):
        loop.predict(Context(), starter.unet, sampling, *told)
        seen.append(len(counted))
    assert 0 < seen[0] == seen[1] < seen[2]


def test_the_mask_of_a_difference(starter: Pipeline, inputs, monkeypatch):
    latents, conditionings = inputs

    def act(context: Context) -> torch.Tensor:
        given = starter.unet, latents, noise.seed(3), starter.scheduler, *conditionings
        return diffedit.mask(context, *given, steps=4, maps=1).values

    check(act, monkeypatch)
