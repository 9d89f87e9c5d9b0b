import pytest
import torch

from engine.diffusion.extra_channels import for_depth, for_editing, for_inpainting
from engine.diffusion.latent_codec import encode
from engine.diffusion.latent_mask import fitted, on_grid
from engine.diffusion.models.autoencoder_kl import AutoencoderKL, AutoencoderKLConfig
from engine.diffusion.sampling import Job
from engine.diffusion.upscaling import low_resolution
from engine.diffusion.values import (
    Conditioning,
    ExtraChannels,
    Image,
    Latents,
    Mask,
    Noise,
    Scheduler,
)
from engine.graph.errors import LoomError


@pytest.fixture(scope="module")
def vae() -> AutoencoderKL:
    torch.manual_seed(0)
    config = AutoencoderKLConfig(
        block_out_channels=(32, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        scaling_factor=0.5,
    )
    return AutoencoderKL(config).eval()


PICTURE = Image(torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1)))
HALF = torch.zeros(1, 1, 16, 16)
HALF[..., :8] = 1


def test_an_inpainting_unet_reads_the_mask_then_the_picture_with_a_grey_hole(vae):
    found = for_inpainting(vae, PICTURE, Mask(HALF), "mine")
    assert found.channels.shape == (2, 5, 8, 8) and found.space == "mine"
    assert torch.equal(found.channels[:, :1], HALF[..., ::2, ::2].expand(2, -1, -1, -1))
    hole = PICTURE.pixels.clone()
    hole[..., :8] = 0.5
    assert torch.allclose(found.channels[:, 1:], encode(vae, Image(hole)).samples, atol=1e-5)


def test_an_editing_unet_reads_unscaled_latents(vae):
    assert torch.allclose(
        for_editing(vae, PICTURE).channels, encode(vae, PICTURE).samples / 0.5, atol=1e-5
    )


def test_depth_is_scaled_picture_by_picture():
    ramp = torch.linspace(0.2, 0.6, 16).expand(2, 3, 16, 16)
    latents = Latents(torch.zeros(2, 4, 8, 8))
    found = for_depth(Image(ramp), latents).channels
    assert found.shape == (2, 1, 8, 8)
    assert found.amin() == -1 and found.amax() == 1
    assert (found.diff(dim=3) > 0).all()


def test_the_small_picture_is_noised_by_its_own_seed():
    clean = low_resolution(PICTURE, Noise((3,)), 0)
    noisy = low_resolution(PICTURE, Noise((3,)), 300)
    assert clean.level.tolist() == [0, 0] and noisy.level.tolist() == [300, 300]
    error = [(x.channels - (PICTURE.pixels * 2 - 1)).abs().mean() for x in (clean, noisy)]
    assert error[0] < 0.05 < error[1]
    alone = low_resolution(Image(PICTURE.pixels[1:]), Noise((4,)), 300)
    assert torch.equal(alone.channels[0], noisy.channels[1])


class UNet(torch.nn.Module):
    class config:
        in_channels = 9
        cross_attention_dim = 8

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))


def run(latents=None, channels=None, positive=True):
    given = {"positive": Conditioning(torch.zeros(1, 2, 8))} if positive else {}
    latents = latents or Latents(torch.zeros(1, 4, 8, 8))
    return Job(
        UNet(), Scheduler("DDIMScheduler"), latents, Noise((1,)), channels=channels, **given
    ).run()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda vae: for_inpainting(vae, PICTURE, Mask(HALF[..., :8, :])),
            "The mask is 16×8, and the picture 16×16.*Resize",
        ),
        (
            lambda vae: for_inpainting(vae, PICTURE, Mask(HALF * 0)),
            "The mask is empty on the 8×8 grid.*Paint",
        ),
        (
            lambda vae: for_inpainting(vae, Image(PICTURE.pixels[..., :15]), Mask(HALF[..., :15])),
            "picture is 15×16.*multiples of 2.*14×16",
        ),
        (
            lambda vae: for_depth(Image(torch.full((1, 3, 8, 8), 0.5)), Latents(HALF)),
            "depth map is the same everywhere",
        ),
        (
            lambda vae: low_resolution(PICTURE, Noise((1,)), 1000),
            "no noise level 1000; .* 0 to 999",
        ),
        (lambda vae: on_grid(HALF * 0, 4, 4), "mask is empty"),
        (
            lambda vae: fitted(HALF, HALF, (1, 4, 8, 8), torch.device("cpu")),
            "mask of a hook is 16×16 latent cells, and this run's pictures are 8×8",
        ),
        (lambda vae: run(), "reads 9 channels, and it gets 4.*or the extra channels"),
        (
            lambda vae: run(channels=ExtraChannels(torch.zeros(1, 4, 8, 8))),
            "reads 9 channels, and it gets 8",
        ),
        (
            lambda vae: run(channels=ExtraChannels(torch.zeros(1, 5, 4, 8))),
            "extra channels are 8×4 cells, and the latents 8×8",
        ),
        (
            lambda vae: run(
                Latents(torch.full((1, 4, 8, 8), float("nan"))),
                ExtraChannels(torch.zeros(1, 5, 8, 8)),
            ),
            "latents are not finite .* before the first step",
        ),
        (
            lambda vae: run(channels=ExtraChannels(torch.zeros(1, 5, 8, 8)), positive=False),
            "nothing is joined to positive",
        ),
    ],
)
def test_what_can_not_be_is_said_in_words(vae, call, message):
    with pytest.raises(LoomError, match=message):
        call(vae)
