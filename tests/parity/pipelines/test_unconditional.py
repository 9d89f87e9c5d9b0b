"""Pictures from noise alone, on pixels, against the reference's pipelines."""

import diffusers
import pytest
import torch

from engine.diffusion.latents import as_image
from engine.diffusion.sampling import Job
from engine.diffusion.values import Latents, Noise
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from tests.parity.pipelines.tiny import SEEDS, agree, generators, our_scheduler, quiet

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def unets(tmp_path_factory: pytest.TempPathFactory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("unet")
    theirs = diffusers.UNet2DModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    ).eval()
    theirs.save_pretrained(folder)
    return theirs, load_component(find_component(folder))


@pytest.mark.parametrize(
    ("pipeline", "scheduler"),
    [
        ("DDPMPipeline", diffusers.DDPMScheduler()),
        ("DDPMPipeline", diffusers.DPMSolverMultistepScheduler()),
        ("DDIMPipeline", diffusers.DDIMScheduler(clip_sample=False)),
    ],
)
def test_the_same_pictures(unets, pipeline: str, scheduler):
    theirs, ours = unets
    made = quiet(getattr(diffusers, pipeline)(unet=theirs, scheduler=scheduler))(
        batch_size=2, generator=generators(), num_inference_steps=10, output_type="np"
    ).images
    job = Job(
        ours,
        our_scheduler(scheduler),
        Latents(torch.zeros(2, 3, 8, 8), "pixels", 1),
        Noise(SEEDS),
        steps=10,
    )
    agree(as_image(job.run().latents).pixels, torch.from_numpy(made).permute(0, 3, 1, 2))
