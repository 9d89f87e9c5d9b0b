import math

import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.blocks.attention import (
    GEGLU,
    Attention,
    BasicTransformerBlock,
    ConstantContext,
    SpatialSelfAttention,
    Transformer2DModel,
)


def by_hand(layer: Attention, x: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    """Equation 1 of Vaswani et al., one head after the other."""
    q, k, v = layer.to_q(x), layer.to_k(context), layer.to_v(context)
    d = q.shape[-1] // layer.heads
    parts = []
    for h in range(layer.heads):
        rows = slice(h * d, (h + 1) * d)
        scores = q[..., rows] @ k[..., rows].mT / math.sqrt(d)
        parts.append(scores.softmax(-1) @ v[..., rows])
    return layer.to_out[0](torch.cat(parts, -1))


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_attention_is_the_equation(heads: int):
    torch.manual_seed(heads)
    x, text = torch.randn(2, 7, 8), torch.randn(2, 5, 6)
    alone = Attention(8, heads=heads, head_dim=4)
    torch.testing.assert_close(alone(x), by_hand(alone, x, x))
    crossed = Attention(8, context_dim=6, heads=heads, head_dim=4)
    torch.testing.assert_close(crossed(x, text), by_hand(crossed, x, text))


def test_pixels_attend_to_pixels_and_the_input_is_added():
    torch.manual_seed(0)
    layer = SpatialSelfAttention(8, groups=4)
    x = torch.randn(2, 8, 3, 5)
    tokens = F.group_norm(x, 4, layer.group_norm.weight, layer.group_norm.bias, 1e-6)
    tokens = tokens.reshape(2, 8, 15).mT
    want = x + by_hand(layer, tokens, tokens).mT.reshape(2, 8, 3, 5)
    torch.testing.assert_close(layer(x), want)


def test_gate():
    layer = GEGLU(2, 3)
    x = torch.randn(4, 2)
    weight, bias = layer.proj.weight, layer.proj.bias
    value, gate = x @ weight[:3].T + bias[:3], x @ weight[3:].T + bias[3:]
    want = value * gate * 0.5 * (1 + torch.erf(gate / math.sqrt(2)))
    torch.testing.assert_close(layer(x), want)


def test_linear_and_convolutional_projections_are_the_same_mathematics():
    torch.manual_seed(0)
    linear = Transformer2DModel(
        8, heads=2, context_dim=6, depth=2, groups=4, linear_projection=True
    )
    conv = Transformer2DModel(8, heads=2, context_dim=6, depth=2, groups=4)
    weights = linear.state_dict()
    for name in ("proj_in.weight", "proj_out.weight"):
        weights[name] = weights[name][:, :, None, None]
    conv.load_state_dict(weights)
    x, text = torch.randn(2, 8, 3, 5), torch.randn(2, 4, 6)
    torch.testing.assert_close(linear(x, text), conv(x, text))


def test_with_only_cross_attention_pixels_never_look_at_pixels():
    torch.manual_seed(0)
    block = BasicTransformerBlock(8, 2, 4, 6, only_cross_attention=True)
    x, text = torch.randn(1, 3, 8), torch.randn(1, 5, 6)
    alone = torch.cat([block(x[:, i : i + 1], text) for i in range(3)], 1)
    torch.testing.assert_close(block(x, text), alone)
    usual = BasicTransformerBlock(8, 2, 4, 6)
    assert (usual(x, text)[:, :1] - usual(x[:, :1], text)).abs().max() > 1e-3


def test_without_a_context_a_block_looks_at_its_own_pixels():
    torch.manual_seed(0)
    block = BasicTransformerBlock(8, 2, 4, 8)
    x = torch.randn(1, 3, 8)
    h = x + block.attn1(block.norm1(x))
    h = h + block.attn2(block.norm2(h), block.norm2(h))
    torch.testing.assert_close(block(x), h + block.ff(block.norm3(h)))


def test_a_constant_context_is_projected_once_and_to_the_same_bits():
    torch.manual_seed(0)
    model = Transformer2DModel(8, heads=2, context_dim=6, depth=2, groups=4)
    x, text = torch.randn(2, 8, 3, 5), torch.randn(2, 4, 6)
    want = model(x, text), model(x + 1, text)
    calls: list[int] = []
    for block in model.transformer_blocks:
        block.attn2.to_k.register_forward_hook(lambda *_: calls.append(1))
    context = ConstantContext(text)
    assert torch.equal(model(x, context), want[0])
    assert torch.equal(model(x + 1, context), want[1])
    assert len(calls) == 2


def test_a_mask_and_a_scale_of_the_call():
    torch.manual_seed(0)
    layer = Attention(8, context_dim=6, heads=2, head_dim=4)
    x, text = torch.randn(2, 7, 8), torch.randn(2, 5, 6)
    mask = torch.tensor([True, True, True, False, False])
    torch.testing.assert_close(layer(x, text, mask[None, None, None]), layer(x, text[:, :3]))
    flat = layer(x, text, scale=0.0)
    torch.testing.assert_close(flat, by_hand(layer, torch.zeros_like(x), text))
