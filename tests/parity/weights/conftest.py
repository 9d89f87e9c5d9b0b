"""Tiny models of the reference, written by it, with random numbers in every place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

STARTER = Path(__file__).parents[3] / "resources" / "models" / "starter"
Write = Callable[[str], Path]

UNET: dict[str, Any] = {
    "block_out_channels": (32, 64, 64),
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 2,
    "cross_attention_dim": 64,
    "attention_head_dim": 8,
    "sample_size": 64,
}
LINEAR = {**UNET, "use_linear_projection": True, "attention_head_dim": (1, 1, 1)}
XL = {
    **LINEAR,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 3),
    "cross_attention_dim": 192,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 48 + 6 * 8,
}
REFINER = {
    **XL,
    "block_out_channels": (32, 64, 64, 64),
    "attention_head_dim": (1, 1, 1, 1),
    "down_block_types": ("DownBlock2D", *("CrossAttnDownBlock2D",) * 2, "DownBlock2D"),
    "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 2, "UpBlock2D"),
    "transformer_layers_per_block": 2,
    "cross_attention_dim": 128,
    "projection_class_embeddings_input_dim": 48 + 5 * 8,
}
UNETS = {
    "sd1": UNET,
    "sd1-inpaint": {**UNET, "in_channels": 9},
    "sd2": LINEAR,
    "sdxl": XL,
    "refiner": REFINER,
}
PIPELINES = {
    "sd1": "StableDiffusionPipeline",
    "sd1-inpaint": "StableDiffusionInpaintPipeline",
    "sd2": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "refiner": "StableDiffusionXLImg2ImgPipeline",
}
BARE = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
WITHOUT: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("sd1", "sd1-inpaint", "sd2"), BARE),
    "sdxl": {},
    "refiner": {"text_encoder": None, "tokenizer": None, "requires_aesthetics_score": True},
}
VAE: dict[str, Any] = {
    "block_out_channels": (32, 64, 64),
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
    "layers_per_block": 2,
}


def shaken(model: torch.nn.Module) -> torch.nn.Module:
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return model.eval()


def text_encoder(width: int, projects: bool, act: str):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=908,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=width // 64,
        max_position_embeddings=32,
        projection_dim=48 if projects else width,
        hidden_act=act,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    return shaken((CLIPTextModelWithProjection if projects else CLIPTextModel)(config))


def components(name: str) -> dict[str, Any]:
    """The parts of a tiny pipeline of the reference."""
    import diffusers
    from transformers import CLIPTokenizer

    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(STARTER / "tokenizer")
    xl = name in ("sdxl", "refiner")
    scheduler = diffusers.EulerDiscreteScheduler if xl else diffusers.DDIMScheduler
    parts: dict[str, Any] = {
        "unet": shaken(diffusers.UNet2DConditionModel(**UNETS[name])),
        "vae": shaken(diffusers.AutoencoderKL(**VAE, scaling_factor=0.13025 if xl else 0.18215)),
        "scheduler": scheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
    }
    if name != "refiner":
        act = "gelu" if name == "sd2" else "quick_gelu"
        parts |= {"text_encoder": text_encoder(64, False, act), "tokenizer": tokenizer}
    if xl:
        parts |= {"text_encoder_2": text_encoder(128, True, "gelu"), "tokenizer_2": tokenizer}
    return parts


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Any]:
    """`(name)` → a whole pipeline of the reference."""
    import diffusers

    made: dict[str, Any] = {}

    def of(name: str) -> Any:
        if name not in made:
            made[name] = getattr(diffusers, PIPELINES[name])(**components(name), **WITHOUT[name])
        return made[name]

    return of


@pytest.fixture(scope="session")
def folders(reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Write:
    """`(name)` → the folder that the reference writes of its pipeline."""
    root = tmp_path_factory.mktemp("reference")

    def of(name: str) -> Path:
        if not (root / name).is_dir():
            reference(name).save_pretrained(root / name)
        return root / name

    return of


@pytest.fixture
def index_of() -> Callable[[Path], dict[str, Any]]:
    """`(folder)` → its `model_index.json`, without the reference's version."""

    def read(folder: Path) -> dict[str, Any]:
        data = json.loads((folder / "model_index.json").read_text())
        return {name: value for name, value in data.items() if name != "_diffusers_version"}

    return read
