import copy

import pytest
import torch
from torch import nn

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.runtime.packing import (
    Packed,
    PackedConv2d,
    PackedLinear,
    can_pack,
    forget,
    pack,
    packable,
)
from engine.runtime.pool import size_of

pytestmark = pytest.mark.skipif(not can_pack(torch.float32), reason="no packed kernels here")


class Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(32, 64, 3, padding=1)
        self.down = nn.Conv2d(64, 96, 3, stride=2, padding=1)
        self.pixels = nn.Conv2d(96, 256, 1)
        self.linear = nn.Linear(256, 384)
        self.small = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pixels(self.down(self.conv(x)))
        return self.linear(x.flatten(2).transpose(1, 2))


@pytest.fixture
def layers() -> Layers:
    torch.manual_seed(0)
    return Layers().eval().requires_grad_(False)


X = torch.randn(2, 32, 12, 10, generator=torch.Generator().manual_seed(1))


def off(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    config = {
        "block_out_channels": [64, 128],
        "layers_per_block": 1,
        "cross_attention_dim": 48,
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    }
    return UNet2DConditionModel.from_config(config).eval().requires_grad_(False)


def test_a_packed_unet_gives_the_same_numbers():
    model = unet()
    sample, context = torch.randn(2, 4, 16, 24), torch.randn(2, 7, 48)
    expected = model(sample, 500.0, context)
    pack(model)
    assert sum(isinstance(layer, Packed) for layer in model.modules()) > 10
    assert off(model(sample, 500.0, context), expected) < 1e-5


def autoencoder() -> AutoencoderKL:
    torch.manual_seed(0)
    config = {"block_out_channels": [32, 64], "down_block_types": ["DownEncoderBlock2D"] * 2}
    config |= {"up_block_types": ["UpDecoderBlock2D"] * 2}
    return AutoencoderKL.from_config(config).eval().requires_grad_(False)


def test_a_packed_autoencoder_gives_the_same_numbers():
    model = autoencoder()
    pixels = torch.randn(1, 3, 32, 48)
    latents = model.encode(pixels).mode()
    expected = model.decode(latents)
    pack(model)
    assert off(model.encode(pixels).mode(), latents) < 1e-5
    assert off(model.decode(latents), expected) < 1e-5


@torch.inference_mode()
def test_the_first_input_does_not_decide_the_numbers(layers):
    other = copy.deepcopy(layers)
    for model in (layers, other):
        pack(model)
    other(X[:, :, :4, :6].repeat(3, 1, 1, 1))
    assert torch.equal(layers(X), other(X))


@torch.inference_mode()
def test_a_packed_layer_takes_no_more_memory(layers):
    size = size_of(layers)
    dense = layers.conv.weight.data_ptr()
    pack(layers)
    layers(X)
    assert size_of(layers) == size
    held = layers.conv._parameters["weight"]
    assert held.data_ptr() != dense and held.untyped_storage().nbytes() == held.itemsize
    assert bool(held.isnan().all())


def test_names_stay_and_weights_come_back_to_the_last_bit(layers):
    before = {name: weight.clone() for name, weight in layers.state_dict().items()}
    pack(layers)
    with torch.inference_mode():
        layers(X)
    after = layers.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert off(layers(X), Layers.forward(layers, X)) == 0


def test_a_weight_that_is_read_makes_its_layer_ordinary(layers):
    expected = layers.linear.weight.clone()
    pack(layers)
    with torch.inference_mode():
        layers(X)
    assert torch.equal(layers.linear.weight, expected)
    assert not layers.linear.packs and layers.conv.packs


def test_gradients_pass_through_a_packed_model(layers):
    x = X.clone().requires_grad_()
    (expected,) = torch.autograd.grad(layers(x).sum(), x)
    pack(layers)
    with torch.inference_mode():
        layers(X)
    (found,) = torch.autograd.grad(layers(x).sum(), x)
    assert off(found, expected) < 1e-5


@torch.inference_mode()
def test_a_weight_with_other_data_is_packed_anew(layers):
    pack(layers)
    layers(X)
    for layer in (layers.conv, layers.down, layers.pixels, layers.linear):
        layer._parameters["weight"].data = torch.zeros(layer._parameters["weight"].shape)
    assert off(layers(X), layers.linear.bias.expand(2, 30, -1)) == 0


@torch.inference_mode()
def test_what_is_forgotten_can_be_set_and_packed_again(layers):
    expected = layers(X)
    stored = {name: p.data.clone() for name, p in layers.named_parameters()}
    pack(layers)
    layers(X)
    forget(layers)
    for name, parameter in layers.named_parameters():
        parameter.data = stored[name]
    assert not layers.conv.packs and off(layers(X), expected) == 0
    pack(layers)
    assert layers.conv.packs and off(layers(X), expected) < 1e-5


def made_of(layers: Layers, dtype: torch.dtype) -> tuple[Layers, dict[nn.Parameter, torch.Tensor]]:
    """Layers whose packed weights are yet to be made, and what they are made of, in `dtype`."""
    whole = copy.deepcopy(layers)
    later = packable(whole)
    sources = {p: p.data.to(dtype) for p in later}
    for parameter in later:
        parameter.data = torch.empty(()).expand(parameter.shape)
    pack(whole, sources)
    return whole, sources


def test_which_weights_are_packed(layers):
    wanted = {layers.conv.weight, layers.down.weight, layers.pixels.weight, layers.linear.weight}
    assert packable(layers) == wanted
    pack(layers)
    assert packable(layers) == wanted
    layers(X)
    assert packable(layers) == wanted


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@torch.inference_mode()
def test_a_weight_is_made_when_it_is_packed(layers, dtype):
    whole, sources = made_of(layers, dtype)
    for parameter in packable(layers):
        parameter.data = parameter.data.to(dtype).float()
    pack(layers)
    assert all(p.isnan().all() and p.untyped_storage().nbytes() == 4 for p in sources)
    assert torch.equal(whole(X), layers(X))
    assert torch.equal(whole(X[..., :4, :4]), layers(X[..., :4, :4]))
    assert all(p.isnan().all() and p.untyped_storage().nbytes() == 4 for p in sources)


@pytest.mark.parametrize("called", [False, True])
def test_a_weight_that_is_made_later_can_be_asked_for(layers, called):
    whole, _ = made_of(layers, torch.bfloat16)
    if called:
        with torch.inference_mode():
            whole(X)
    assert torch.equal(whole.linear.weight, layers.linear.weight.bfloat16().float())
    assert torch.equal(whole.state_dict()["conv.weight"], layers.conv.weight.bfloat16().float())
    assert not whole.linear.packs


@torch.inference_mode()
def test_what_a_weight_was_to_be_made_of_is_forgotten(layers):
    expected = layers(X)
    whole, _ = made_of(layers, torch.bfloat16)
    forget(whole)
    for name, parameter in layers.named_parameters():
        whole.get_parameter(name).data = parameter.data
    pack(whole)
    assert off(whole(X), expected) < 1e-5
    assert torch.equal(whole.linear.weight, layers.linear.weight)


def test_what_is_not_torchs_own_stays():
    class Own(nn.Linear):
        pass

    shared = nn.Linear(512, 256)
    model = nn.ModuleDict({"own": Own(512, 256), "tied": shared, "small": nn.Linear(4, 4)})
    model["tied too"] = nn.Linear(512, 256)
    model["tied too"].weight = shared.weight
    model["grouped"] = nn.Conv2d(64, 64, 3, groups=64)
    model["round"] = nn.Conv2d(64, 64, 3, padding=1, padding_mode="circular")
    pack(model)
    assert not any(isinstance(layer, Packed) for layer in model.modules())


@torch.inference_mode()
def test_a_convolution_made_seamless_later_is_computed_by_torch(layers):
    pack(layers)
    layers(X)
    layers.conv.padding_mode, layers.conv._reversed_padding_repeated_twice = "circular", [1] * 4
    expected = nn.functional.pad(X, (1, 1, 1, 1), mode="circular")
    weight, bias = layers.conv.weight, layers.conv.bias
    assert off(layers.conv(X), nn.functional.conv2d(expected, weight, bias)) < 1e-6


@pytest.mark.skipif(not can_pack(torch.bfloat16), reason="no bfloat16 kernels here")
@torch.inference_mode()
def test_bfloat16_is_no_further_from_float32_than_torchs_own(layers):
    exact = layers(X)
    layers.bfloat16()
    own = off(layers(X.bfloat16()).float(), exact)
    pack(layers)
    found = layers(X.bfloat16())
    assert found.dtype is torch.bfloat16
    assert off(found.float(), exact) < 1.2 * own + 1e-3


def test_kinds(layers):
    pack(layers)
    assert isinstance(layers.conv, PackedConv2d) and isinstance(layers.linear, PackedLinear)
    assert isinstance(layers.conv, nn.Conv2d) and isinstance(layers.linear, nn.Linear)
    assert type(layers.small) is nn.Linear


def test_a_convolution_is_packed_anew_for_pictures_of_another_class():
    torch.manual_seed(0)
    layer = nn.Conv2d(192, 192, 3, padding=1).requires_grad_(False)
    packed = PackedConv2d(copy.deepcopy(layer))
    with torch.inference_mode():
        for side in (8, 16, 4, 32, 8):
            x = torch.randn(2, 192, side, side)
            assert torch.allclose(packed(x), layer(x), atol=1e-5)
            assert packed._class == ("small" if side < 16 else "large")
            kept = packed._packed
            packed(x[:1])
            assert packed._packed is kept
    assert torch.equal(packed.weight, layer.weight)
