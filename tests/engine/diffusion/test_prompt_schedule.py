from dataclasses import replace

import pytest
import torch

from engine.diffusion.denoiser import FunctionDenoiser
from engine.diffusion.prompt_schedule import Scheduled, at_step, holding, spelled_out
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError


def said(value: float) -> Conditioning:
    return Conditioning(torch.full((1, 2, 3), float(value)))


LAST = said(3)
MIDDLE = replace(said(2), then=LAST, at=0.75)
CHAIN = replace(said(1), then=MIDDLE, at=0.5)


def test_each_part_holds_from_its_place_on():
    held = [holding(CHAIN, i, 8) for i in range(8)]
    assert held == [0, 0, 0, 0, 1, 1, 2, 2]
    assert [at_step(CHAIN, i, 8).embeds.mean().item() for i in (0, 4, 7)] == [1, 2, 3]
    assert at_step("anything", 3, 8) == "anything"


def test_the_model_is_asked_with_what_holds():
    def model(x, t, context):
        return x * 0 + context.embeds.mean()

    predict = Scheduled(FunctionDenoiser(model)).prepare(torch.arange(8), {"positive": CHAIN}, 1)
    found = [predict(i, torch.zeros(1), ("positive",))["positive"].item() for i in range(8)]
    assert found == [1, 1, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("at", [0.4, 1.0])
def test_parts_out_of_order_are_refused(at: float):
    with pytest.raises(LoomError, match=f"take over at {at} of the run .* began at 0.5"):
        spelled_out(replace(CHAIN, then=replace(MIDDLE, at=at)))
