"""A folder with a UNet of Stable Diffusion XL's size, of random weights."""

from __future__ import annotations

from pathlib import Path

from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.weights.assign import laid_out
from tests.benchmarks.loading.folder import shapes_of, write
from tests.benchmarks.pipelines.inputs import VARIANT

UNET = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": 128,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "block_out_channels": [320, 640, 1280],
    "layers_per_block": 2,
    "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}


def write_unet(root: Path) -> None:
    """Write the UNet alone into `root`, in float16: 5.1 GB."""
    root.mkdir(parents=True)
    unet = laid_out(lambda: UNet2DConditionModel.from_config(UNET))
    write(root / "unet", "diffusion_pytorch_model", UNET, shapes_of(unet), variants=(VARIANT,))
