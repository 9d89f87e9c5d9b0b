import math

import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.blocks.added_kv_attention import AddedKVAttention
from engine.diffusion.blocks.attention import ConstantContext


def by_hand(layer: AddedKVAttention, x: torch.Tensor, context: torch.Tensor, pixels: bool):
    """One head after the other, over the context's tokens and then the pixels'."""
    norm = layer.group_norm
    tokens = F.group_norm(x, norm.num_groups, norm.weight, norm.bias, 1e-5).flatten(2).mT
    k, v = layer.add_k_proj(context), layer.add_v_proj(context)
    if pixels:
        k, v = torch.cat([k, layer.to_k(tokens)], 1), torch.cat([v, layer.to_v(tokens)], 1)
    q, d = layer.to_q(tokens), k.shape[-1] // layer.heads
    parts = []
    for h in range(layer.heads):
        rows = slice(h * d, (h + 1) * d)
        parts.append((q[..., rows] @ k[..., rows].mT / math.sqrt(d)).softmax(-1) @ v[..., rows])
    return x + layer.to_out[0](torch.cat(parts, -1)).mT.unflatten(2, x.shape[-2:])


@pytest.mark.parametrize("pixels", [True, False])
def test_pixels_attend_to_the_context_and_to_one_another_unless_told(pixels: bool):
    torch.manual_seed(0)
    layer = AddedKVAttention(8, 6, heads=2, head_dim=4, groups=4, only_cross_attention=not pixels)
    x, context = torch.randn(2, 8, 3, 5), torch.randn(2, 4, 6)
    torch.testing.assert_close(layer(x, context), by_hand(layer, x, context, pixels))
    assert (layer.to_k is None) is not pixels


def test_context_is_normalised_over_channels_and_tokens_of_each_group():
    torch.manual_seed(0)
    layer = AddedKVAttention(
        8, 6, heads=2, head_dim=4, groups=4, context_groups=3, normalised_context=True
    )
    x, context = torch.randn(1, 8, 2, 2), torch.randn(1, 4, 6) * 9 + 5
    groups = context.unflatten(-1, (3, 2))  # (B, L, groups, channels)
    mean = groups.mean((1, 3), keepdim=True)
    std = (groups.var((1, 3), keepdim=True, unbiased=False) + 1e-5).sqrt()
    even = ((groups - mean) / std).flatten(2)
    torch.testing.assert_close(layer(x, context), by_hand(layer, x, even, True))


@pytest.mark.parametrize("only_cross_attention", [False, True])
def test_a_constant_context_is_projected_once_and_to_the_same_bits(only_cross_attention: bool):
    torch.manual_seed(0)
    layer = AddedKVAttention(
        8,
        6,
        heads=2,
        head_dim=4,
        groups=4,
        context_groups=3,
        only_cross_attention=only_cross_attention,
        normalised_context=True,
    )
    x, text = torch.randn(2, 8, 3, 5), torch.randn(2, 4, 6)
    want = layer(x, text), layer(x + 1, text)
    calls: list[int] = []
    layer.add_k_proj.register_forward_hook(lambda *_: calls.append(1))
    context = ConstantContext(text)
    assert torch.equal(layer(x, context), want[0])
    assert torch.equal(layer(x + 1, context), want[1])
    assert len(calls) == 1
