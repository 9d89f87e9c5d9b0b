import torch
import torch.nn.functional as F

from engine.diffusion.blocks.movq import SpatialNorm, SpatialNormAttention, SpatialResnetBlock2D


def test_each_pixel_is_scaled_and_shifted_by_its_latent():
    torch.manual_seed(0)
    norm = SpatialNorm(32, 4)
    x, z = torch.randn(2, 32, 4, 6), torch.randn(2, 4, 2, 3)
    near = z.repeat_interleave(2, -1).repeat_interleave(2, -2)
    want = F.group_norm(x, 32, eps=1e-6) * norm.conv_y(near) + norm.conv_b(near)
    torch.testing.assert_close(norm(x, z), want)


def test_with_a_silent_branch_the_layers_are_their_skip():
    x, z = torch.randn(1, 32, 4, 4), torch.randn(1, 4, 2, 2)
    same, wider = SpatialResnetBlock2D(32, 32, 4), SpatialResnetBlock2D(32, 64, 4)
    attention = SpatialNormAttention(32, 4)
    for layer in (same.conv2, wider.conv2, attention.to_out[0]):
        for parameter in layer.parameters():
            torch.nn.init.zeros_(parameter)
    assert same.conv_shortcut is None and wider.conv_shortcut is not None
    assert torch.equal(same(x, z), x) and torch.equal(attention(x, z), x)
    assert torch.equal(wider(x, z), wider.conv_shortcut(x))


def test_the_latents_reach_attention_and_residual_block():
    torch.manual_seed(0)
    x, z = torch.randn(1, 32, 4, 4), torch.randn(1, 4, 2, 2)
    for layer in (SpatialResnetBlock2D(32, 32, 4), SpatialNormAttention(32, 4)):
        assert not torch.allclose(layer(x, z), layer(x, -z))
