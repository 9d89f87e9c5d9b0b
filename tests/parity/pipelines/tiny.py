"""Tiny models of every family in the reference's classes and in ours, with the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from engine.diffusion.text.combine import join
from engine.diffusion.text.encode import encode
from engine.diffusion.values import Conditioning, Image, Latents, Noise, Scheduler
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from tests.conftest import clip_config, write_tokenizer

diffusers = pytest.importorskip("diffusers")

SEEDS = (5, 6)
SOLVERS = [
    "DDIMScheduler",
    "DPMSolverMultistepScheduler",
    "HeunDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
]
NOISE_SCHEDULE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "timestep_spacing": "leading",
}


def generators(seeds=SEEDS) -> list[torch.Generator]:
    """One a picture: the reference then draws what `SeededNoise` does."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def their_scheduler(name: str, **changes: Any) -> Any:
    kept = {**NOISE_SCHEDULE, **changes}
    if name == "DDIMScheduler":
        kept |= {"clip_sample": False, "set_alpha_to_one": False}
    return getattr(diffusers, name).from_config(kept)


def our_scheduler(theirs: Any) -> Scheduler:
    return Scheduler.from_json({**theirs.config, "_class_name": type(theirs).__name__})


@dataclass(frozen=True)
class Tiny:
    """One model: `theirs` by component name, and `ours` loaded from what they saved."""

    theirs: dict[str, Any]
    ours: dict[str, Any]

    def prompt(self, words: str, second: str | None = None, pictures: int = 1) -> Conditioning:
        """Encoded as this family reads it."""
        if "text_encoder_2" not in self.ours:
            found = encode(self.ours["tokenizer"], self.ours["text_encoder"], [words])
        else:
            later = encode(
                self.ours["tokenizer_2"],
                self.ours["text_encoder_2"],
                [second or words],
                states="penultimate",
            )
            first = self.ours.get("text_encoder")
            found = later
            if first is not None:
                sooner = encode(self.ours["tokenizer"], first, [words], states="penultimate")
                found = join(sooner, later)
        return found


BLOCKS = {
    "sample_size": 8,
    "block_out_channels": (32, 64),
    "layers_per_block": 1,
    "attention_head_dim": 8,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
}
SDXL = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "transformer_layers_per_block": (1, 2),
    "use_linear_projection": True,
}


def make(family: str, changes: dict[str, Any], folder: Path) -> Tiny:
    torch.manual_seed(0)
    theirs: dict[str, Any] = {}
    write_tokenizer(folder / "tokenizer")
    theirs["tokenizer"] = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    vocabulary = len(theirs["tokenizer"])
    width = {"sd": 32, "sdxl": 64, "refiner": 32}[family]
    if family != "refiner":
        theirs["text_encoder"] = CLIPTextModel(clip_config(vocabulary))
    if family != "sd":
        write_tokenizer(folder / "tokenizer_2")
        theirs["tokenizer_2"] = CLIPTokenizer.from_pretrained(folder / "tokenizer_2")
        theirs["text_encoder_2"] = CLIPTextModelWithProjection(clip_config(vocabulary))
    if family == "refiner":
        del theirs["tokenizer"]
    settings = {**BLOCKS, "in_channels": 4, "out_channels": 4, "cross_attention_dim": width}
    if family != "sd":
        numbers = 6 if family == "sdxl" else 5
        settings |= {**SDXL, "projection_class_embeddings_input_dim": 24 + 8 * numbers}
    theirs["unet"] = diffusers.UNet2DConditionModel(**{**settings, **changes})
    theirs["vae"] = diffusers.AutoencoderKL(
        block_out_channels=(32, 32, 32, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=16,
        sample_size=64,
    )
    ours: dict[str, Any] = {}
    for name, component in theirs.items():
        if hasattr(component, "eval"):
            component.eval()
        component.save_pretrained(folder / name)
        ours[name] = load_component(find_component(folder, name))
    return Tiny(theirs, ours)


def picture(count: int = 2, side: int = 64) -> torch.Tensor:
    """Smooth pictures (count, 3, side, side) in [0, 1]."""
    rough = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(11))
    return torch.nn.functional.interpolate(rough, size=(side, side), mode="bicubic").clamp(0, 1)


def zeros(count: int = 2, side: int = 8) -> Latents:
    return Latents(torch.zeros(count, 4, side, side))


def noise() -> Noise:
    return Noise(SEEDS)


def decoded(vae: Any, latents: Latents) -> torch.Tensor:
    from engine.diffusion.latent_codec import decode

    return decode(vae, latents).pixels


def encoded(vae: Any, pixels: torch.Tensor) -> Latents:
    from engine.diffusion.latent_codec import encode as encode_picture

    return encode_picture(vae, Image(pixels))


def depth_estimator() -> dict[str, Any]:
    """What the reference's depth pipeline needs to be made; given a depth map it asks neither."""
    from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessorPil

    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=37,
        image_size=32,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[16, 16, 32, 32],
        fusion_hidden_size=16,
        is_hybrid=False,
    )
    return {
        "depth_estimator": DPTForDepthEstimation(config),
        "feature_extractor": DPTImageProcessorPil(size={"height": 32, "width": 32}),
    }


def agree(ours: torch.Tensor, theirs: torch.Tensor, limit: float = 1e-4) -> None:
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) <= limit


def quiet(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
