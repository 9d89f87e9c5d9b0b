"""A model folder of Stable Diffusion 1.5's size, with random weights, as publishers write them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.weights.assign import laid_out

UNET = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    "block_out_channels": [320, 640, 1280, 1280],
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
VAE = {
    "_class_name": "AutoencoderKL",
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
}
TEXT = {
    "architectures": ["CLIPTextModel"],
    "model_type": "clip_text_model",
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
}
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "safety_checker": [None, None],
    "feature_extractor": [None, None],
}


def write_folder(root: Path, tokenizer: Path) -> None:
    """Write all parts into `root`, each in float32 and as the variant fp16: 6.4 GB."""
    from transformers import CLIPTextConfig, CLIPTextModel

    root.mkdir(parents=True)
    (root / "tokenizer").symlink_to(tokenizer)
    (root / "scheduler").mkdir()
    scheduler = {"_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear"}
    (root / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (root / "model_index.json").write_text(json.dumps(INDEX))
    unet = laid_out(lambda: UNet2DConditionModel.from_config(UNET))
    write(root / "unet", "diffusion_pytorch_model", UNET, shapes_of(unet))
    vae = laid_out(lambda: AutoencoderKL.from_config(VAE))
    write(root / "vae", "diffusion_pytorch_model", VAE, shapes_of(vae))
    text = laid_out(lambda: CLIPTextModel(CLIPTextConfig(**TEXT)))
    published = {f"text_model.{name}": shape for name, shape in shapes_of(text).items()}
    write(root / "text_encoder", "model", TEXT, published)


def shapes_of(module: torch.nn.Module) -> dict[str, torch.Size]:
    """The names and shapes of a module's weights."""
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


def write(
    folder: Path,
    stem: str,
    config: Mapping[str, Any],
    shapes: Mapping[str, torch.Size],
    variants: Iterable[str] = ("", "fp16"),
) -> None:
    """Write a component: its config, and random weights for each of `variants`."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    for variant in variants:
        dtype, letters = (torch.float16, "F16") if variant else (torch.float32, "F32")
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        place = 0
        for name, shape in shapes.items():
            end = place + shape.numel() * dtype.itemsize
            header[name] = {"dtype": letters, "shape": shape, "data_offsets": [place, end]}
            place = end
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        draw = torch.Generator().manual_seed(0)
        with (folder / ".".join(filter(None, (stem, variant, "safetensors")))).open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for shape in shapes.values():  # one at a time: all of them are more than a laptop has
                tensor = torch.empty(shape, dtype=dtype).uniform_(-0.05, 0.05, generator=draw)
                file.write(tensor.numpy().data)
