import torch
import torch.nn.functional as F

from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, Upsample2D


def zero(*layers: torch.nn.Module | None) -> None:
    for layer in layers:
        assert layer is not None
        for parameter in layer.parameters():
            torch.nn.init.zeros_(parameter)


def test_with_a_silent_branch_the_block_is_its_skip():
    x = torch.randn(2, 8, 4, 4)
    same = ResnetBlock2D(8, 8, groups=4)
    wider = ResnetBlock2D(8, 12, groups=4)
    zero(same.conv2, wider.conv2)
    assert same.conv_shortcut is None and torch.equal(same(x), x)
    assert wider.conv_shortcut is not None
    assert torch.equal(wider(x), wider.conv_shortcut(x))


def test_time_is_added_between_the_convolutions():
    torch.manual_seed(0)
    block = ResnetBlock2D(8, 8, temb_channels=5, groups=4)
    assert block.time_emb_proj is not None
    x, temb = torch.randn(2, 8, 4, 4), torch.randn(2, 5)
    h = block.conv1(F.silu(block.norm1(x)))
    h = (
        h
        + (F.silu(temb) @ block.time_emb_proj.weight.T + block.time_emb_proj.bias)[..., None, None]
    )
    want = x + block.conv2(F.silu(block.norm2(h)))
    torch.testing.assert_close(block(x, temb), want)
    assert ResnetBlock2D(8, 8, groups=4).time_emb_proj is None


def test_halving_pads_all_sides_or_right_and_bottom():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    around, after = Downsample2D(1), Downsample2D(1, padding=0)
    for layer in (around, after):
        torch.nn.init.zeros_(layer.conv.bias)
        torch.nn.init.zeros_(layer.conv.weight)
        layer.conv.weight.data[..., 0, 0] = 1  # what the kernel's first corner sees
    assert around(x).flatten().tolist() == [0, 0, 0, 5]
    assert after(x).flatten().tolist() == [0, 2, 8, 10]
    assert around(torch.zeros(1, 1, 5, 7)).shape == (1, 1, 3, 4)


def test_doubling_repeats_pixels_and_can_stop_short():
    layer = Upsample2D(1)
    torch.nn.init.zeros_(layer.conv.bias)
    torch.nn.init.zeros_(layer.conv.weight)
    layer.conv.weight.data[..., 1, 1] = 1
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    assert layer(x)[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert torch.equal(layer(x, (4, 4)), layer(x))
    assert layer(x, (3, 3))[0, 0].tolist() == [[1, 1, 2], [1, 1, 2], [3, 3, 4]]
