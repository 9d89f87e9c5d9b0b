from types import SimpleNamespace

import pytest
import torch

from engine.diffusion.models.unet_2d import UNet2DModel
from engine.diffusion.sampling import Job, sample, seeds_for
from engine.diffusion.text.combine import of_classes
from engine.diffusion.values import Conditioning, Latents, Noise, Scheduler
from engine.graph.errors import LoomError


class Towards(torch.nn.Module):
    """Predicts, as noise, the mean of the embeddings it is given."""

    def __init__(self, in_channels: int = 4) -> None:
        super().__init__()
        self.config = SimpleNamespace(in_channels=in_channels)
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, sample, timestep, context):
        return self.weight * context.mean(dim=(1, 2)).view(-1, 1, 1, 1).expand_as(sample)


DDIM = Scheduler("DDIMScheduler", '{"clip_sample": false}')


def conditioning(value: float) -> Conditioning:
    return Conditioning(torch.full((1, 3, 8), value))


def latents(batch: int = 1, channels: int = 4) -> Latents:
    return Latents(torch.zeros(batch, channels, 2, 2), "tiny", 4)


def run(unet=None, given=None, seed=5, **options) -> Latents:
    return sample(
        unet or Towards(), DDIM, given or latents(), Noise((seed,)), conditioning(1.0), **options
    )


def test_guidance_is_a_line_through_both_predictions():
    """The model's answer does not depend on the sample, so the result is affine in the scale."""
    none = run(steps=3).samples
    one, two, four = (
        run(steps=3, guidance=scale, negative=conditioning(0.0)).samples for scale in (1, 2, 4)
    )
    assert torch.allclose(one, none)
    assert torch.allclose(four - one, 3 * (two - one), atol=1e-4)
    assert not torch.allclose(two, one, atol=1e-2)


def test_space_and_factor_go_through():
    found = run(steps=1)
    assert (found.space, found.factor, found.samples.dtype) == ("tiny", 4, torch.float32)
    assert found.size == (8, 8)


def test_a_picture_of_a_batch_is_the_one_its_own_seed_makes():
    batch = run(given=latents(3), seed=5, steps=2).samples
    for k in range(3):
        assert torch.equal(batch[k : k + 1], run(seed=5 + k, steps=2).samples)
    assert not torch.equal(batch[0], batch[1])


def test_every_step_is_reported():
    seen = []
    run(steps=4, on_step=lambda i, total, *_: seen.append((i, total)))
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_seeds_of_a_batch():
    assert seeds_for(Noise((7,)), 3) == (7, 8, 9)
    assert seeds_for(Noise((7, 1)), 2) == (7, 1)
    with pytest.raises(LoomError, match="2 seeds for 3 pictures"):
        seeds_for(Noise((7, 1)), 3)


def test_a_unet_for_something_else_is_refused():
    with pytest.raises(LoomError, match="reads 9 channels, and it gets 4: the latents have 4"):
        run(Towards(9))


def test_classes_are_checked_before_the_first_step():
    torch.manual_seed(0)
    unet = UNet2DModel.from_config(
        {
            "sample_size": 8,
            "block_out_channels": [32],
            "layers_per_block": 1,
            "down_block_types": ["DownBlock2D"],
            "up_block_types": ["UpBlock2D"],
            "norm_num_groups": 8,
            "num_class_embeds": 10,
        }
    ).eval()

    def run(positive):
        latents = Latents(torch.zeros(2, 3, 8, 8), "pixels", 1)
        scheduler = Scheduler("DDIMScheduler", '{"clip_sample": false}')
        return Job(unet, scheduler, latents, Noise((1,)), positive, steps=2, guidance=1.0).run()

    one, other = run(of_classes("3, 4")).latents.samples, run(of_classes("3")).latents.samples
    assert torch.allclose(one[0], other[0], atol=1e-5)
    assert not torch.allclose(one[1], other[1], atol=1e-3)
    with pytest.raises(LoomError, match="classes 0 to 9, and none is 10"):
        run(of_classes("3, 10"))
    with pytest.raises(LoomError, match="nothing is joined to positive"):
        run(None)
    with pytest.raises(LoomError, match="'fish' is no list of classes"):
        of_classes("fish")
