"""Tiny models of each published kind with random weights, written as folders."""

from pathlib import Path
from typing import Any

import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.values import Scheduler
from engine.diffusion.weights.configs import kinds
from engine.diffusion.weights.configs.kinds import Kind
from engine.diffusion.weights.save import save_pipeline

UNET: dict[str, Any] = {
    "block_out_channels": [64, 128],
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "layers_per_block": 1,
    "cross_attention_dim": 64,
    "attention_head_dim": 8,
    "sample_size": 64,
}
LINEAR = {**UNET, "use_linear_projection": True, "attention_head_dim": [1, 2], "sample_size": 96}
XL = {
    **LINEAR,
    "sample_size": 128,
    "block_out_channels": [64, 64, 128],
    "attention_head_dim": [1, 1, 2],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2, 3],
    "cross_attention_dim": 192,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 48 + 6 * 256,
}
REFINER = {
    **LINEAR,
    "sample_size": 128,
    "block_out_channels": [64, 128, 128],
    "attention_head_dim": [1, 2, 2],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": 2,
    "cross_attention_dim": 128,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 48 + 5 * 256,
}
VAE: dict[str, Any] = {
    "block_out_channels": [32, 64],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "layers_per_block": 1,
}
UNETS = {"sd1": UNET, "sd2": LINEAR, "sdxl": XL, "sdxl-refiner": REFINER}


def text_encoder(width: int, projects: bool, openclip: bool, vocabulary: int = 908):
    """A CLIP text encoder of the starter's vocabulary."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=width // 64,
        max_position_embeddings=32,
        projection_dim=48 if projects else width,
        hidden_act="gelu" if openclip else "quick_gelu",
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    return (CLIPTextModelWithProjection if projects else CLIPTextModel)(config)


def make(kind: Kind, folder: Path, **unet: Any) -> Path:
    """A pipeline folder of this kind; every parameter is random, norms and biases too."""
    from transformers import CLIPTokenizer

    torch.manual_seed(0)
    starter = Path(__file__).parents[4] / "resources" / "models" / "starter"
    tokenizer = CLIPTokenizer.from_pretrained(starter / "tokenizer")
    predicted = "v_prediction" if kind is kinds.SD2 and not unet else "epsilon"
    vae = {**VAE, "scaling_factor": kind.scaling_factor}
    parts: dict[str, Any] = {
        "unet": UNet2DConditionModel.from_config({**UNETS[kind.name], **unet}),
        "vae": AutoencoderKL.from_config(vae),
        "scheduler": Scheduler.from_json({**kind.scheduler, "prediction_type": predicted}),
    }
    if kind is not kinds.REFINER:
        parts["text_encoder"] = text_encoder(64, False, kind is kinds.SD2)
        parts["tokenizer"] = tokenizer
    if kind in (kinds.SDXL, kinds.REFINER):
        parts["text_encoder_2"] = text_encoder(128, True, True)
        parts["tokenizer_2"] = tokenizer
    for part in parts.values():
        if isinstance(part, torch.nn.Module):
            for parameter in part.parameters():
                torch.nn.init.normal_(parameter, std=0.05)
    inputs = parts["unet"].config.in_channels
    save_pipeline(parts, folder, kind.pipeline(inputs), index=kind.index)
    return folder
