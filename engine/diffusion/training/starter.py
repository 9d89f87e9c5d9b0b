"""Trains and writes the starter model: `make starter`.

Five stages, each resumable from its last checkpoint in the work folder: the VAE learns to
reconstruct scenes; its decoder learns on; scenes are encoded once; the UNet and text encoder learn
to denoise them from their captions; the averaged weights are written as a Diffusers folder in
float16.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from engine.diffusion import values
from engine.diffusion.models.autoencoder_kl import AutoencoderKL, AutoencoderKLConfig
from engine.diffusion.models.unet_2d_condition import UNet2DConditionConfig, UNet2DConditionModel
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.text.encode import token_ids
from engine.diffusion.training.report import measure
from engine.diffusion.training.scenes import SIDE, Scene
from engine.diffusion.training.text_to_image import (
    CaptionedLatents,
    TextConditionedUNet,
    start_as_identity,
    v_prediction_loss,
)
from engine.diffusion.training.tokenizer import train_tokenizer
from engine.diffusion.training.trainer import Recipe, Trainer
from engine.diffusion.training.vae import decoder_loss, device_of, psnr, reconstruction_loss, whiten
from engine.diffusion.weights.configs.kinds import NO_SAFETY_CHECKER
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import entry_of, save_model, save_scheduler, write_index
from engine.diffusion.weights.whole import whole_folder

M = TypeVar("M", bound=nn.Module)

PROMPT_LENGTH = 32
WIDTH = 192
SCENES = 40_000
VAE_SEED, DATA_SEED, HELD_OUT_SEED, DECODER_SEED, MORE_DATA_SEED = 1, 2, 3, 4, 6

VAE = AutoencoderKLConfig(
    block_out_channels=(32, 64, 96),
    layers_per_block=1,
    norm_num_groups=16,
    down_block_types=("DownEncoderBlock2D",) * 3,
    up_block_types=("UpDecoderBlock2D",) * 3,
    sample_size=SIDE,
    scaling_factor=1.0,  # the latents are whitened after training
    force_upcast=False,
)
UNET = UNet2DConditionConfig(
    sample_size=SIDE // VAE.factor,
    block_out_channels=(64, 128, 192),
    layers_per_block=1,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    cross_attention_dim=WIDTH,
    attention_head_dim=4,
    norm_num_groups=16,
)
# The noise ends lower than Stable Diffusion's (ᾱ = 0.0002 rather than 0.005), so that nothing of
# the background's colour is left in the last step for the model to lean on.
SCHEDULER = DDIMScheduler(
    beta_start=0.00085,
    beta_end=0.02,
    beta_schedule="scaled_linear",
    prediction_type="v_prediction",
    clip_sample=False,
    set_alpha_to_one=False,
    steps_offset=1,
)
VAE_RECIPE = Recipe(steps=6500, batch=8, lr=1.5e-3, ema=0.998, checkpoint_every=250)
DECODER_RECIPE = Recipe(steps=2500, batch=8, lr=1e-3, ema=0.995, checkpoint_every=250)
UNET_RECIPE = Recipe(steps=7500, batch=32, lr=8e-4, warmup=200, ema=0.999, checkpoint_every=250)
GO_ON_RECIPE = replace(UNET_RECIPE, steps=8000, lr=5e-4, warmup=100)


def train_vae(work: Path) -> AutoencoderKL:
    """Stage one. The finished, whitened weights are kept beside the checkpoint."""
    torch.manual_seed(VAE_SEED)
    vae = _placed(AutoencoderKL(VAE))
    finished = work / "vae" / "finished.pt"
    if finished.exists():
        vae.load_state_dict(torch.load(finished, weights_only=True))
        return vae
    loss = reconstruction_loss(vae, VAE_RECIPE.batch, VAE_SEED, kl=2e-7)
    trainer = Trainer(vae, loss, VAE_RECIPE, work / "vae")
    trainer.run()
    trainer.use_average()
    whiten(vae, DATA_SEED)
    torch.save(vae.state_dict(), finished)
    return vae


def _placed(module: M) -> M:
    """On the GPU if there is one, in the memory layout that convolutions like best."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return module.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def train_decoder(vae: AutoencoderKL, work: Path) -> None:
    """Stage two: the decoder goes on alone, so it may run before or after stage four."""
    loss = decoder_loss(vae, DECODER_RECIPE.batch, DECODER_SEED)
    trainer = Trainer(vae.decoder, loss, DECODER_RECIPE, work / "decoder")
    trainer.run()
    trainer.use_average()
    print(f"VAE: {psnr(vae, HELD_OUT_SEED):.2f} dB on held-out scenes")


def make_tokenizer(folder: Path) -> Any:
    """A token for each word that captions use."""
    rng = random.Random(DATA_SEED)
    captions = (Scene.random(rng).caption(rng) for _ in range(20_000))
    return train_tokenizer(captions, folder, length=PROMPT_LENGTH)


def encode_scenes(
    vae: AutoencoderKL, tokenizer: Any, work: Path, go_on: bool = False
) -> CaptionedLatents:
    """Stage three, kept in a file. Going on takes new scenes, more of them the harder ones."""
    name, seed = ("more", MORE_DATA_SEED) if go_on else ("scenes", DATA_SEED)
    pairs, tinted = (0.3, 0.45) if go_on else (0.3, 0.15)
    path = work / f"{name}.safetensors"
    if not path.exists():
        CaptionedLatents.of_scenes(vae, tokenizer, SCENES, seed, pairs, tinted).save(path)
    return CaptionedLatents.load(path)


def fresh_model(tokenizer: Any) -> TextConditionedUNet:
    """An untrained UNet and a CLIP text encoder of matching width."""
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(DATA_SEED)
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=512,
            projection_dim=WIDTH,
            num_hidden_layers=3,
            num_attention_heads=6,
            max_position_embeddings=PROMPT_LENGTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    unet = UNet2DConditionModel(UNET)
    start_as_identity(unet)
    return _placed(TextConditionedUNet(unet, text_encoder))


def written_model(folder: Path) -> tuple[AutoencoderKL, TextConditionedUNet]:
    """The networks of a written starter, to learn on from where it stands."""
    vae, unet, text_encoder = (
        load_component(find_component(folder, part)).requires_grad_(True)
        for part in ("vae", "unet", "text_encoder")
    )
    return _placed(vae), _placed(TextConditionedUNet(unet, text_encoder))


def unet_trainer(
    model: TextConditionedUNet,
    data: CaptionedLatents,
    tokenizer: Any,
    recipe: Recipe,
    work: Path,
) -> Trainer:
    """Stage four."""
    alphas = torch.as_tensor(SCHEDULER.alphas_cumprod()).float()
    empty = token_ids(tokenizer, [""])
    device = device_of(model)
    loss = v_prediction_loss(model, data, empty, alphas, recipe.batch, device=device)
    return Trainer(model, loss, recipe, work / "unet")


def write(folder: Path, vae: AutoencoderKL, model: TextConditionedUNet) -> None:
    """The last stage: a Diffusers folder that other programs read too, whole or not at all."""
    parts = {"vae": vae, "unet": model.unet, "text_encoder": model.text_encoder}
    with whole_folder(folder) as new:
        make_tokenizer(new / "tokenizer")
        for name, part in parts.items():
            save_model(part, new / name, dtype=torch.float16)
        save_scheduler(values.Scheduler.from_json(SCHEDULER.to_json()), new / "scheduler")
        entries = {
            "image_encoder": [None, None],
            "tokenizer": entry_of("CLIPTokenizer"),
            "scheduler": entry_of("DDIMScheduler"),
            **{name: entry_of(type(part).__name__) for name, part in parts.items()},
        }
        write_index(new, "StableDiffusionPipeline", entries, NO_SAFETY_CHECKER)


def main() -> None:
    root = Path(__file__).resolve().parents[3]
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--work", type=Path, default=root / ".starter", help="checkpoints")
    parser.add_argument("--out", type=Path, default=root / "resources" / "models" / "starter")
    parser.add_argument(
        "--go-on", action="store_true", help="teach the model in --out more, rather than a new one"
    )
    parser.add_argument("--steps", type=int, help="of the UNet")
    args = parser.parse_args()
    recipe = GO_ON_RECIPE if args.go_on else UNET_RECIPE
    if args.steps:
        recipe = replace(recipe, steps=args.steps)
    tokenizer = make_tokenizer(args.work / "tokenizer")
    if args.go_on:
        vae, model = written_model(args.out)
    else:
        vae, model = train_vae(args.work), fresh_model(tokenizer)
        train_decoder(vae, args.work)
    data = encode_scenes(vae, tokenizer, args.work, args.go_on)
    trainer = unet_trainer(model, data, tokenizer, recipe, args.work)
    trainer.run()
    trainer.use_average()
    write(args.out, vae, model)
    print(f"Written to {args.out}; marking it")
    print(json.dumps(asdict(measure(args.out)), indent=2))


if __name__ == "__main__":
    main()
