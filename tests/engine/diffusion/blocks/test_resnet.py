import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.blocks.resampling import (
    Resample,
    average_halve,
    fir_double,
    fir_halve,
    nearest_double,
)
from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, Upsample2D
from engine.graph.errors import LoomError


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


def test_scale_and_shift_act_on_the_second_norm():
    torch.manual_seed(0)
    block = ResnetBlock2D(
        8, 8, temb_channels=5, groups=4, groups_out=2, time_embedding_norm="scale_shift"
    )
    assert block.time_emb_proj is not None and block.norm2.num_groups == 2
    x, temb = torch.randn(2, 8, 4, 4), torch.randn(2, 5)
    scale, shift = block.time_emb_proj(F.silu(temb))[..., None, None].chunk(2, dim=1)
    h = block.norm2(block.conv1(F.silu(block.norm1(x)))) * (1 + scale) + shift
    torch.testing.assert_close(block(x, temb), x + block.conv2(F.silu(h)))


def test_an_embedding_that_is_activated_already_is_projected_as_it_is():
    torch.manual_seed(0)
    plain = ResnetBlock2D(8, 8, temb_channels=5, groups=4)
    direct = ResnetBlock2D(8, 8, temb_channels=5, groups=4, skip_time_act=True)
    direct.load_state_dict(plain.state_dict())
    x, temb = torch.randn(2, 8, 4, 4), torch.randn(2, 5)
    assert torch.equal(plain(x, temb), direct(x, F.silu(temb)))
    assert not torch.allclose(plain(x, temb), direct(x, temb))


@pytest.mark.parametrize(
    ("resample", "side"),
    [(nearest_double, 8), (average_halve, 2), (fir_double, 8), (fir_halve, 2)],
)
def test_resampling_reaches_the_skip_too(resample: Resample, side: int):
    x = torch.randn(2, 8, 4, 4)
    block = ResnetBlock2D(8, 8, groups=4, resample=resample)
    zero(block.conv2)
    assert torch.equal(block(x), resample(x)) and block(x).shape == (2, 8, side, side)


def test_the_sum_is_divided():
    x = torch.randn(2, 8, 4, 4)
    block = ResnetBlock2D(8, 8, groups=4, output_scale_factor=2.0)
    zero(block.conv2)
    assert torch.equal(block(x), x / 2)


def test_a_shortcut_can_be_asked_for():
    x = torch.randn(2, 8, 4, 4)
    block = ResnetBlock2D(8, 8, groups=4, shortcut=True)
    zero(block.conv2)
    assert block.conv_shortcut is not None and torch.equal(block(x), block.conv_shortcut(x))


def test_dropout_is_for_training_only():
    torch.manual_seed(0)
    x = torch.randn(2, 8, 4, 4)
    block = ResnetBlock2D(8, 8, groups=4, dropout=0.5)
    assert not torch.equal(block(x), block(x))
    block.eval()
    assert torch.equal(block(x), block(x))


def test_another_activation():
    torch.manual_seed(0)
    x = torch.randn(2, 8, 4, 4)
    block = ResnetBlock2D(8, 8, groups=4, act_fn="mish")
    want = x + block.conv2(F.mish(block.norm2(block.conv1(F.mish(block.norm1(x))))))
    torch.testing.assert_close(block(x), want)


def test_what_a_block_does_not_know_is_refused():
    with pytest.raises(LoomError, match="'softmax'"):
        ResnetBlock2D(8, 8, groups=4, act_fn="softmax")
    with pytest.raises(LoomError, match="'ada_group'"):
        ResnetBlock2D(8, 8, groups=4, time_embedding_norm="ada_group")  # pyright: ignore
