"""Pictures from noise alone, on pixels, against the reference's pipelines."""

import diffusers
import pytest
import torch

from engine.diffusion.latents import as_image
from engine.diffusion.sampling import Job
from engine.diffusion.text.combine import of_classes
from engine.diffusion.values import Latents, Noise
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from tests.parity.pipelines.tiny import (
    SEEDS,
    SOLVERS,
    agree,
    generators,
    our_scheduler,
    quiet,
    their_scheduler,
)

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


@pytest.mark.parametrize("solver", SOLVERS)
def test_classes_with_guidance(tmp_path, solver: str):
    """The reference has no pipeline for these: its UNet and its solver, guided between classes."""
    torch.manual_seed(0)
    theirs = diffusers.UNet2DModel(
        sample_size=8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        num_class_embeds=11,
    ).eval()
    theirs.save_pretrained(tmp_path)
    scheduler = their_scheduler(solver)
    scheduler.set_timesteps(6)
    drawn = generators()
    more = {"generator": drawn} if "Ancestral" in solver else {}
    x = torch.stack([torch.randn(3, 8, 8, generator=one) for one in drawn])
    x, labels = x * scheduler.init_noise_sigma, torch.tensor([3, 7])
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(x, t)
        with torch.no_grad():
            free, told = (theirs(scaled, t, each).sample for each in (labels * 0 + 10, labels))
        x = scheduler.step(free + 3.0 * (told - free), t, x, **more)[0]
    job = Job(
        load_component(find_component(tmp_path)),
        our_scheduler(scheduler),
        Latents(torch.zeros(2, 3, 8, 8), "pixels", 1),
        Noise(SEEDS),
        of_classes("3, 7"),
        of_classes("10"),
        steps=6,
        guidance=3.0,
    )
    agree(job.run().latents.samples, x)
