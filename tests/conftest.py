"""What every test shares: no network, no user folders, Qt without a screen, and tiny models."""

import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

# A test must never reach for a model hub, nor read or write this user's own cache and models.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
_folder = tempfile.TemporaryDirectory(prefix="latent-loom-tests-", ignore_cleanup_errors=True)
_home = _folder.name  # it goes when the process ends
os.environ["XDG_CACHE_HOME"] = os.path.join(_home, "cache")
os.environ["XDG_DATA_HOME"] = os.path.join(_home, "data")
os.environ["XDG_CONFIG_HOME"] = os.path.join(_home, "config")
os.environ["XDG_STATE_HOME"] = os.path.join(_home, "state")
_variables = ("LOOM_MODELS", "LOOM_DEVICE", "LOOM_DTYPE")
for _variable in (*_variables, "LOOM_COMPILE", "LOOM_TF32", "LOOM_CUDA_GRAPHS"):
    os.environ.pop(_variable, None)
# Left to itself, the first run of every session would measure which attention is the fastest.
os.environ["LOOM_ATTENTION"] = "sdpa"

# Qt needs a platform even where there is neither a screen nor a virtual one.
if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

WORDS = ("a", "red", "blue", "fish", "cat", "dog", "on", "background", "and", "big", "small")


def write_tokenizer(folder: Path, length: int = 12) -> None:
    """A CLIP tokenizer of a few whole words, with every letter as a fallback."""
    folder.mkdir(parents=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,()+-'\""
    merges: list[str] = []
    vocabulary = [*letters, *(letter + "</w>" for letter in letters)]
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            if f"{parts[0]} {parts[1]}" not in merges:
                merges.append(f"{parts[0]} {parts[1]}")
            parts[:2] = [parts[0] + parts[1]]
            if parts[0] not in vocabulary:
                vocabulary.append(parts[0])
    vocabulary += ["<|startoftext|>", "<|endoftext|>"]
    ids = {token: number for number, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": length,
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def clip_config(vocabulary: int, length: int = 12, width: int = 32):
    """Settings of a text encoder small enough for a test."""
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=1,  # 64 wide or all, as every published one
        max_position_embeddings=length,
        projection_dim=24,
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole Stable Diffusion folder of random weights, written by the reference libraries."""
    diffusers = pytest.importorskip("diffusers")
    import torch
    from transformers import CLIPTextModel, CLIPTokenizer

    root = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    write_tokenizer(root / "tokenizer")
    vocabulary = len(CLIPTokenizer.from_pretrained(root / "tokenizer"))
    CLIPTextModel(clip_config(vocabulary)).save_pretrained(root / "text_encoder")
    diffusers.UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64),
        layers_per_block=1,
        cross_attention_dim=32,
        attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    ).save_pretrained(root / "unet")
    diffusers.AutoencoderKL(
        block_out_channels=(32, 32, 64),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
    ).save_pretrained(root / "vae")
    diffusers.DDIMScheduler().save_pretrained(root / "scheduler")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": diffusers.__version__,
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "safety_checker": [None, None],
    }
    (root / "model_index.json").write_text(json.dumps(index))
    return root


@pytest.fixture
def model_copy(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model in a folder of its own, for a test that damages it."""
    import shutil

    return Path(shutil.copytree(tiny_model, tmp_path / "tiny"))


@pytest.fixture(autouse=True)
def _no_steps_of_other_tests():
    """A run must not take up steps that another test's run left in this process."""
    if module := sys.modules.get("engine.runtime.denoising"):
        module.forget()
