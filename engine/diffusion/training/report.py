"""What the starter model has learnt, by numbers: `python -m engine.diffusion.training.report`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.diffusion import latent_codec
from engine.diffusion.latents import zeros
from engine.diffusion.sampling import sample
from engine.diffusion.text.encode import encode
from engine.diffusion.training.marking import Mark, fixed_scenes, mark
from engine.diffusion.training.scenes import SIDE, Scene
from engine.diffusion.training.vae import psnr
from engine.diffusion.values import Latents, Noise
from engine.diffusion.weights import handles
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load, load_component

PROMPTS, STEPS, GUIDANCE, FIRST_SEED, HELD_OUT = 96, 25, 4.0, 1000, 3


@dataclass(frozen=True)
class Report:
    """Shares of fixed prompts that came out as asked, and the VAE's reconstruction.

    `background`: the border has the asked colour, over single objects and pairs alike. `objects`: a
    single thing's nearest sprite, of all sprites, is the asked one (chance 1 %). `pairs`: both
    things of a pair are the asked ones and stand on their asked sides (chance 0.01 %). `psnr` is in
    dB over held-out scenes.
    """

    prompts: int
    background: float
    objects: float
    pairs: float
    psnr: float


def measure(folder: Path, prompts: int = PROMPTS) -> Report:
    """Mark `prompts` pictures of one thing and as many of two, made by the model in `folder`."""
    singles = fixed_scenes(prompts, pairs=False)
    pairs = fixed_scenes(prompts, pairs=True)
    single_marks = _marks(folder, singles, FIRST_SEED)
    pair_marks = _marks(folder, pairs, FIRST_SEED + prompts)
    every = [*single_marks, *pair_marks]
    return Report(
        prompts=prompts,
        background=float(np.mean([m.background_right for m in every])),
        objects=float(np.mean([m.objects_right for m in single_marks])),
        pairs=float(np.mean([m.objects_right for m in pair_marks])),
        psnr=psnr(load_component(find_component(folder, "vae")), HELD_OUT),
    )


def paint(folder: Path, captions: Sequence[str], first_seed: int) -> NDArray[np.uint8]:
    """Pictures (N, 64, 64, 3) in 0..255 of captions, with seeds counting up from `first_seed`."""
    parts: dict[str, Any] = dict(handles.open_pipeline(folder))
    text_encoder, tokenizer = load(parts["text_encoder"]), load(parts["tokenizer"])
    unet, vae = load(parts["unet"]), load(parts["vae"])
    factor = vae.config.factor
    latents = zeros(len(captions), vae.config.latent_channels, SIDE, SIDE, factor)
    made = sample(
        unet,
        parts["scheduler"],
        Latents(latents, factor=factor),
        Noise(tuple(range(first_seed, first_seed + len(captions)))),
        encode(tokenizer, text_encoder, captions),
        encode(tokenizer, text_encoder, [""]),
        steps=STEPS,
        guidance=GUIDANCE,
    )
    pixels = latent_codec.decode(vae, made).pixels
    return (pixels * 255).round().byte().permute(0, 2, 3, 1).numpy()


def _marks(folder: Path, scenes: Sequence[Scene], first_seed: int) -> list[Mark]:
    pictures = paint(folder, [scene.caption() for scene in scenes], first_seed)
    return [mark(picture, scene) for picture, scene in zip(pictures, scenes, strict=True)]


def main() -> None:
    root = Path(__file__).resolve().parents[3]
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--model", type=Path, default=root / "resources" / "models" / "starter")
    parser.add_argument("--prompts", type=int, default=PROMPTS)
    args = parser.parse_args()
    print(json.dumps(asdict(measure(args.model, args.prompts)), indent=2))


if __name__ == "__main__":
    main()
