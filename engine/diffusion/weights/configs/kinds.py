"""What the published models of each kind have in common, and no tensor tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Config = Mapping[str, Any]

# Pads as SD 1 does, and with the token of id 0, as the encoders of OpenCLIP were trained.
END, EXCLAMATION = "<|endoftext|>", "!"


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of model that is published in single files.

    `pipelines` are the published classes by the UNet's input channels. `sizes` is the side of the
    latents it was trained at, for each prediction type. `head_width` is the width of an attention
    head, None where every layer has eight heads. `pads` are its tokenizers' padding tokens.
    """

    name: str
    title: str
    pipelines: Mapping[int, str]
    sizes: Mapping[str, int]
    head_width: int | None
    pads: Mapping[str, str]
    scaling_factor: float
    scheduler: Config
    unet: Config = field(default_factory=dict[str, Any])
    index: Config = field(default_factory=dict[str, Any])

    def pipeline(self, in_channels: int) -> str:
        """The published class of the whole; text to image where the inputs are unheard of."""
        return self.pipelines.get(in_channels, self.pipelines[4])


# The original code samples with DDIM by default; the solver can be swapped on the same schedule.
DDIM = {
    "_class_name": "DDIMScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "leading",
}
EULER = {
    "_class_name": "EulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "interpolation_type": "linear",
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "use_karras_sigmas": False,
}
NO_SAFETY_CHECKER: Config = {
    "feature_extractor": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
}

SD1 = Kind(
    "sd1",
    "Stable Diffusion 1",
    pipelines={
        4: "StableDiffusionPipeline",
        8: "StableDiffusionInstructPix2PixPipeline",
        9: "StableDiffusionInpaintPipeline",
    },
    sizes={"epsilon": 64, "v_prediction": 64},
    head_width=None,
    pads={"tokenizer": END},
    scaling_factor=0.18215,
    scheduler=DDIM,
    index=NO_SAFETY_CHECKER,
)
SD2 = Kind(
    "sd2",
    "Stable Diffusion 2",
    pipelines={
        4: "StableDiffusionPipeline",
        5: "StableDiffusionDepth2ImgPipeline",
        9: "StableDiffusionInpaintPipeline",
    },
    sizes={"epsilon": 64, "v_prediction": 96},
    head_width=64,
    pads={"tokenizer": EXCLAMATION},
    scaling_factor=0.18215,
    scheduler=DDIM,
    index=NO_SAFETY_CHECKER,
)
SDXL = Kind(
    "sdxl",
    "Stable Diffusion XL",
    pipelines={
        4: "StableDiffusionXLPipeline",
        8: "StableDiffusionXLInstructPix2PixPipeline",
        9: "StableDiffusionXLInpaintPipeline",
    },
    sizes={"epsilon": 128, "v_prediction": 128},
    head_width=64,
    pads={"tokenizer": END, "tokenizer_2": EXCLAMATION},
    scaling_factor=0.13025,
    scheduler=EULER,
    unet={"addition_embed_type": "text_time", "addition_time_embed_dim": 256},
    index={"force_zeros_for_empty_prompt": True},
)
REFINER = Kind(
    "sdxl-refiner",
    "Stable Diffusion XL refiner",
    pipelines={4: "StableDiffusionXLImg2ImgPipeline"},
    sizes={"epsilon": 128, "v_prediction": 128},
    head_width=64,
    pads={"tokenizer_2": EXCLAMATION},
    scaling_factor=0.13025,
    scheduler=EULER,
    unet=SDXL.unet,
    index={
        "force_zeros_for_empty_prompt": False,
        "requires_aesthetics_score": True,
        "text_encoder": [None, None],
        "tokenizer": [None, None],
    },
)
KINDS = (SD1, SD2, SDXL, REFINER)
# A UNet that stands alone is told by the width of the text embedding that it reads.
BY_WIDTH: Mapping[int, Kind] = {768: SD1, 1024: SD2, 2048: SDXL, 1280: REFINER}
