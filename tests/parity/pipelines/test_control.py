"""ControlNets and T2I-Adapters in the loop against the reference pipelines."""

import diffusers
import pytest
import torch

from engine.diffusion.control import Control
from engine.diffusion.sampling import Job
from engine.diffusion.values import ControlNet, T2IAdapter
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.errors import LoomError
from tests.parity.pipelines.tiny import (
    agree,
    decoded,
    generators,
    noise,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
    zeros,
)

pytestmark = pytest.mark.parity
UNSAFE = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


@pytest.fixture(scope="module")
def nets(tiny, tmp_path_factory: pytest.TempPathFactory):
    """Two ControlNets that are not silent, in both libraries."""
    made = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        theirs = diffusers.ControlNetModel.from_unet(
            tiny().theirs["unet"], conditioning_embedding_out_channels=(16, 32, 32, 32)
        ).eval()
        for name, parameter in theirs.named_parameters():
            if name.startswith("controlnet_") or "conv_out" in name:
                torch.nn.init.normal_(parameter, std=0.05)
        folder = tmp_path_factory.mktemp("controlnet")
        theirs.save_pretrained(folder)
        made.append((theirs, load_component(find_component(folder))))
    return made


def control(number: int = 0, **options) -> Control:
    ref = ControlNet("", "", "ControlNetModel", f"b2:{number}")
    return Control(ref, picture(), **options)


def ours(model, scheduler, controls):
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        zeros(),
        noise(),
        model.prompt("a red fish"),
        model.prompt("a cat"),
        steps=5,
        guidance=4.0,
        controls=controls,
    )
    return decoded(model.ours["vae"], job.run().latents)


ARGUMENTS = {
    "prompt": ["a red fish"] * 2,
    "negative_prompt": ["a cat"] * 2,
    "num_inference_steps": 5,
    "guidance_scale": 4.0,
    "height": 64,
    "width": 64,
    "output_type": "pt",
}


@pytest.mark.parametrize("guess", [False, True])
@pytest.mark.parametrize("part", [(0.0, 1.0), (0.2, 0.8)])
def test_one_controlnet(tiny, nets, guess: bool, part: tuple[float, float]):
    model, scheduler = tiny(), their_scheduler("DDIMScheduler")
    pipeline = diffusers.StableDiffusionControlNetPipeline(
        **model.theirs, controlnet=nets[0][0], scheduler=scheduler, **UNSAFE
    )
    theirs = quiet(pipeline)(
        **ARGUMENTS,
        image=picture(),
        controlnet_conditioning_scale=0.7,
        guess_mode=guess,
        control_guidance_start=part[0],
        control_guidance_end=part[1],
        generator=generators(),
    ).images
    led = control(scale=0.7, guess=guess, start=part[0], end=part[1])
    found = ours(model, scheduler, [(led, nets[0][1])])
    agree(found, theirs)
    assert float((found - ours(model, scheduler, [])).abs().max()) > 1e-3


def test_two_controlnets(tiny, nets):
    model, scheduler = tiny(), their_scheduler("EulerDiscreteScheduler")
    pipeline = diffusers.StableDiffusionControlNetPipeline(
        **model.theirs, controlnet=[net for net, _ in nets], scheduler=scheduler, **UNSAFE
    )
    theirs = quiet(pipeline)(
        **ARGUMENTS,
        image=[picture(), picture()],
        controlnet_conditioning_scale=[0.7, 0.4],
        generator=generators(),
    ).images
    controls = [
        (control(0, scale=0.7), nets[0][1]),
        (control(1, scale=0.4), nets[1][1]),
    ]
    agree(ours(model, scheduler, controls), theirs)


def test_an_adapter(tiny, tmp_path):
    model, scheduler = tiny(), their_scheduler("DDIMScheduler")
    torch.manual_seed(3)
    adapter = diffusers.T2IAdapter(
        in_channels=3, channels=[32, 64], num_res_blocks=1, downscale_factor=8
    ).eval()
    adapter.save_pretrained(tmp_path)
    pipeline = diffusers.StableDiffusionAdapterPipeline(
        **model.theirs, adapter=adapter, scheduler=scheduler, **UNSAFE
    )
    theirs = quiet(pipeline)(
        **{**ARGUMENTS, "output_type": "np"},
        image=picture(),
        adapter_conditioning_scale=0.6,
        generator=generators(),
    ).images
    led = Control(T2IAdapter("", "", "T2IAdapter", "b2:0"), picture(), 0.6)
    wanted = torch.from_numpy(theirs).permute(0, 3, 1, 2)
    agree(ours(model, scheduler, [(led, load_component(find_component(tmp_path)))]), wanted)


def test_what_can_not_lead_is_refused(tiny, nets):
    with pytest.raises(LoomError, match=r"can't last from 0.5 to 0.5"):
        control(start=0.5, end=0.5)
    three = Control(ControlNet("", "", "", "b2:0"), picture(3))
    with pytest.raises(LoomError, match="3 hints for 2 pictures"):
        ours(tiny(), their_scheduler("DDIMScheduler"), [(three, nets[0][1])])
