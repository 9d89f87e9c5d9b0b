from pathlib import Path

import pytest
import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.bands import MIB, Bands, bands_of_run
from engine.diffusion.models.vq_model import VQModel
from engine.diffusion.weights.assign import laid_out
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.environment import within
from engine.runtime.live import FusedAttention, LiveBytes

STARTER = Path(__file__).parents[4] / "resources" / "models" / "starter"
CUTS = ["bands:1", "bands:1:host"]
DEEP = {
    "down_block_types": ["DownEncoderBlock2D", "AttnDownEncoderBlock2D", "DownEncoderBlock2D"],
    "up_block_types": ["UpDecoderBlock2D", "AttnUpDecoderBlock2D", "UpDecoderBlock2D"],
    "block_out_channels": [64, 64, 128],
    "layers_per_block": 2,
    "latent_channels": 4,
}
# Stable Diffusion's autoencoder, to be counted and not computed.
FULL = {
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
}


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def drawn(model):
    """A model with random weights whose activations keep their size from layer to layer."""
    draw = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        low, high = (-0.1, 0.1) if parameter.ndim > 1 else (0.5, 1.5)
        parameter.data.uniform_(low, high, generator=draw)
    return model.eval().requires_grad_(False)


def error(found, whole):
    return float((found - whole).abs().max() / whole.abs().max())


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("side", [(17, 24), (26, 9)])
def test_the_starter_in_bands_is_the_starter(cut, side):
    vae = load_component(find_component(STARTER, "vae"))
    z = torch.randn(2, 4, *side, generator=torch.Generator().manual_seed(1))
    whole = vae.decode(z)
    back = vae.encode(whole).mean
    with within({"vae": cut}):
        assert error(vae.decode(z), whole) < 1e-5
        assert error(vae.encode(whole).mean, back) < 1e-5


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("last", [torch.contiguous_format, torch.channels_last])
def test_random_weights_in_bands(cut, last):
    vae = drawn(AutoencoderKL.from_config(DEEP))
    z = torch.randn(2, 4, 15, 18, generator=torch.Generator().manual_seed(1))
    whole = vae.decode(z)
    x = torch.rand(1, 3, 60, 72, generator=torch.Generator().manual_seed(2))
    moments = vae.encode(x).mean
    vae = vae.to(memory_format=last)  # in which torch's own group norm is off by 2e-5
    with within({"vae": cut}):
        assert error(vae.decode(z), whole) < 1e-5
        assert error(vae.encode(x).mean, moments) < 1e-5


def test_half_precision_differs_by_its_rounding():
    vae = drawn(AutoencoderKL.from_config(DEEP))
    z = torch.randn(1, 4, 15, 18, generator=torch.Generator().manual_seed(1))
    exact = vae.decode(z)
    vae = vae.bfloat16()
    whole = vae.decode(z.bfloat16())
    with within({"vae": "bands:1"}):
        found = vae.decode(z.bfloat16())
    assert found.dtype == torch.bfloat16
    assert error(found.float(), exact) < 1.5 * error(whole.float(), exact)


@pytest.mark.parametrize("norm", ["group", "spatial"])
def test_models_with_a_codebook(norm):
    vae = drawn(VQModel.from_config({**DEEP, "norm_type": norm}))
    z = torch.randn(2, 4, 15, 18, generator=torch.Generator().manual_seed(1))
    whole = vae.decode(z, force_not_quantize=True)
    with within({"vae": "bands:1"}):
        assert error(vae.decode(z, force_not_quantize=True), whole) < 1e-5


def peak(vae, call, shape, cut="whole"):
    x = torch.empty(shape, device="meta")
    live = LiveBytes(vae.parameters(), device="meta")
    with within({"vae": cut}), FusedAttention(), live:
        call(x)
    return live.peak


def test_bands_take_the_largest_two_layers_and_no_more():
    vae = laid_out(lambda: AutoencoderKL.from_config(FULL)).to("meta")
    # 256 channels before the last level's first convolution, 128 after it, of 512² pixels.
    largest_two = (256 + 128) * 512**2 * 4
    found = peak(vae, vae.decode, (1, 4, 64, 64), "bands:16")
    assert largest_two < found < largest_two + 2 * 16 * MIB
    assert found < 0.53 * peak(vae, vae.decode, (1, 4, 64, 64))
    assert peak(vae, vae.decode, (2, 4, 64, 64), "bands:16") < 1.01 * found  # one more picture
    encoding = peak(vae, vae.encode, (1, 3, 512, 512), "bands:16")
    assert encoding < 0.48 * peak(vae, vae.encode, (1, 3, 512, 512))


def test_how_a_run_cuts():
    assert bands_of_run() is None
    for text, bands in (("bands:64", Bands(64 << 20)), ("bands:2:host", Bands(2 << 20, True))):
        with within({"vae": text}):
            assert bands_of_run() == bands
            assert str(bands) == text
            with torch.inference_mode(False), torch.enable_grad():
                assert bands_of_run() is None
