"""Group normalisation that is as accurate in either layout."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.diffusion.blocks.group_norm import GroupNorm

LAST = torch.channels_last


def off(found: torch.Tensor, x: torch.Tensor, norm: nn.GroupNorm) -> float:
    wanted = nn.functional.group_norm(
        x.double(), norm.num_groups, norm.weight.double(), norm.bias.double(), norm.eps
    )
    return float((found - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("shape", [(1, 128, 256, 200), (2, 64, 200, 190)])
@pytest.mark.parametrize("centre", [0.0, 5.0])
def test_both_layouts_keep_six_digits(shape, centre):
    torch.manual_seed(0)
    norm = GroupNorm(32, shape[1], eps=1e-6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    norm.requires_grad_(False)
    x = torch.randn(shape) * 3 + centre
    with torch.inference_mode():
        assert off(norm(x), x, norm) < 1e-6
        found = norm(x.contiguous(memory_format=LAST))
    assert off(found, x, norm) < 1e-6
    assert found.is_contiguous(memory_format=LAST)


def test_torch_alone_loses_digits():
    """If this fails, torch has become accurate, and the class can go."""
    torch.manual_seed(0)
    norm = nn.GroupNorm(32, 128)
    x = (torch.randn(1, 128, 256, 256) + 5).contiguous(memory_format=LAST)
    with torch.inference_mode():
        assert off(norm(x), x, norm) > 1e-5


def test_it_learns_as_torch_does():
    torch.manual_seed(0)
    norm, plain = GroupNorm(4, 8), nn.GroupNorm(4, 8)
    x = torch.randn(2, 8, 128, 128).contiguous(memory_format=LAST).requires_grad_()
    gradients = []
    for layer in (norm, plain):
        layer(x).square().sum().backward()
        gradients.append(layer.weight.grad)
    assert torch.equal(*gradients)


def test_a_picture_of_one_colour_has_no_spread():
    norm = GroupNorm(4, 8)
    x = torch.full((1, 8, 256, 256), 3.0).contiguous(memory_format=LAST)
    with torch.inference_mode():
        assert norm(x).abs().max() < 1e-3
