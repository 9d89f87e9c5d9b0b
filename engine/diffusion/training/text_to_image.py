"""Trains a UNet and its text encoder together on captioned latents, for classifier-free guidance.

The loss of Ho et al. 2020 in the v-parametrisation of Salimans & Ho 2022; captions are dropped at
random so that one network learns both predictions that guidance combines (Ho & Salimans 2021).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.text.encode import token_ids
from engine.diffusion.training.scenes import Scene
from engine.diffusion.training.trainer import Loss
from engine.diffusion.training.vae import device_of, to_tensor


@dataclass(frozen=True)
class CaptionedLatents:
    """A data set in memory: `latents` (N, C, h, w) float16, already scaled, and `ids` (N, L)."""

    latents: Tensor
    ids: Tensor

    @classmethod
    @torch.inference_mode()
    def of_scenes(
        cls,
        vae: AutoencoderKL,
        tokenizer: Any,
        count: int,
        seed: int,
        pairs: float = 0.3,
        tinted: float = 0.15,
        say: Callable[[str], None] = print,
    ) -> CaptionedLatents:
        """`count` random scenes through the encoder; `pairs` and `tinted` are shares."""
        latents: list[Tensor] = []
        captions: list[str] = []
        rng, device = random.Random(seed), device_of(vae)
        for done in range(0, count, 64):
            scenes = [Scene.random(rng, pairs, tinted) for _ in range(min(64, count - done))]
            pictures = to_tensor([scene.draw(rng) for scene in scenes]).to(device)
            with torch.autocast(device.type, torch.bfloat16):
                z = vae.encode(pictures).mode()
            latents.append((z.float() * vae.config.scaling_factor).half().cpu())
            captions += [scene.caption(rng) for scene in scenes]
            if done % 6400 == 0:
                say(f"encoding scenes {done}/{count}")
        ids = token_ids(tokenizer, captions)
        return cls(torch.cat(latents), ids)

    def save(self, path: Path) -> None:
        part = path.with_suffix(".part")
        save_file({"latents": self.latents.contiguous(), "ids": self.ids.contiguous()}, part)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> CaptionedLatents:
        tensors = load_file(path)
        return cls(tensors["latents"], tensors["ids"])


class TextConditionedUNet(nn.Module):
    """The two networks that learn together."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: nn.Module) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    def forward(self, sample: Tensor, timestep: Tensor, ids: Tensor) -> Tensor:
        return self.unet(sample, timestep, self.text_encoder(ids).last_hidden_state)


def start_as_identity(unet: UNet2DConditionModel) -> None:
    """Zero the last layer of every residual branch, and the output: training starts calmer."""
    for name, module in unet.named_modules():
        if name.endswith((".conv2", ".proj_out")) or name == "conv_out":
            for parameter in module.parameters():
                nn.init.zeros_(parameter)


def v_prediction_loss(
    model: TextConditionedUNet,
    data: CaptionedLatents,
    empty_ids: Tensor,
    alphas_cumprod: Tensor,
    batch: int,
    dropout: float = 0.1,
    device: torch.device | str = "cpu",
) -> Loss:
    """‖v − v̂(z_t, t, c)‖² with z_t = √ᾱ x + √(1−ᾱ) ε and v = √ᾱ ε − √(1−ᾱ) x.

    t is spread evenly over the batch and leans to the noisy end (density ∝ √t), where a picture's
    content is decided rather than its texture; `empty_ids` (1, L) stand in for a caption with
    probability `dropout`. All that is random is drawn on the CPU, then moved to `device`.
    """

    def loss(step: int, generator: torch.Generator) -> Tensor:
        rows = torch.randint(len(data.ids), (batch,), generator=generator)
        x = data.latents[rows].float().contiguous(memory_format=torch.channels_last)
        drop = torch.rand(batch, 1, generator=generator) < dropout
        ids = torch.where(drop, empty_ids, data.ids[rows])
        even = (torch.arange(batch) + torch.rand(batch, generator=generator)) / batch
        t = (even ** (2 / 3) * len(alphas_cumprod)).long()
        signal = alphas_cumprod[t].sqrt()[:, None, None, None]
        sigma = (1 - alphas_cumprod[t]).sqrt()[:, None, None, None]
        noise = torch.randn(x.shape, generator=generator)
        noisy = signal * x + sigma * noise
        v = signal * noise - sigma * x
        predicted = model(noisy.to(device), t.to(device), ids.to(device))
        return F.mse_loss(predicted.float(), v.to(device))

    return loss
