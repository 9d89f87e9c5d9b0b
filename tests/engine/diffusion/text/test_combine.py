from dataclasses import replace

import pytest
import torch

from engine.diffusion.text.combine import averaged, batched, followed, join, with_sizes, zeroed
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError


def said(value: float, width: int = 4, length: int = 3, pooled: bool = True) -> Conditioning:
    embeds = torch.full((1, length, width), float(value))
    return Conditioning(
        embeds, torch.full((1, 5), float(value)) if pooled else None, "mine", ("note",)
    )


def test_two_encoders_stand_side_by_side():
    found = join(said(1, pooled=False), said(2, width=6))
    assert found.embeds.shape == (1, 3, 10)
    assert found.embeds[0, 0].tolist() == [1] * 4 + [2] * 6
    assert found.pooled.tolist() == [[2] * 5] and found.warnings == ("note",)


def test_of_two_lengths_the_shorter_is_drawn_out():
    found = join(said(1, length=2), said(2, length=5))
    assert found.embeds.shape == (1, 5, 8) and found.embeds[0, -1].tolist() == [1] * 4 + [2] * 4


def test_no_prompt_is_zeros():
    found = zeroed(said(3))
    assert not found.embeds.any() and not found.pooled.any() and found.space == "mine"


def test_sizes_are_the_same_for_every_prompt():
    both = batched([said(1), said(2)])
    found = with_sizes(both, 64, 48, 0, 8, 64, 48)
    assert found.sizes.tolist() == [[64, 48, 0, 8, 64, 48]] * 2


def test_a_chain_goes_on_where_it_ends():
    chain = followed(followed(said(1), said(2), 0.3), said(3), 0.6)
    assert (chain.at, chain.then.at) == (0.3, 0.6)
    assert chain.then.then.embeds.mean() == 3


def test_the_average_of_prompts():
    found = averaged(batched([said(1), said(2)]))
    assert found.embeds.shape == (1, 3, 4) and found.embeds.mean() == 1.5
    assert found.pooled.mean() == 1.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: join(batched([said(1), said(2)]), said(1)), "has 2 prompts, and the second 1"),
        (
            lambda: with_sizes(replace(said(1), pooled=None), 1),
            "there is none.*second text encoder",
        ),
        (lambda: batched([said(1), said(1, width=6)]), "can't be one batch"),
    ],
)
def test_parts_that_do_not_fit_are_named(call, message):
    with pytest.raises(LoomError, match=message):
        call()
