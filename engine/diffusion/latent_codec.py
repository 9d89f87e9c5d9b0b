"""Pictures to latents and back, with the scaling that the autoencoder's diffusion model expects.

Diffusion models work on (z − shift) · scale of the VAE's latents z (Rombach et al. 2022, D.1; the
scale brings them to unit variance), or on (z − mean) · scale / std where a config gives the
statistics channel by channel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from engine.diffusion.models.autoencoder_kl import (
    AutoencoderKL,
    AutoencoderKLConfig,
    DiagonalGaussian,
)
from engine.diffusion.models.autoencoder_tiny import AutoencoderTiny, AutoencoderTinyConfig
from engine.diffusion.models.bands import KEY, WHOLE
from engine.diffusion.models.vq_model import VQModel, VQModelConfig
from engine.diffusion.values import Image, Latents
from engine.graph.environment import environment
from engine.graph.errors import LoomError

Autoencoder = AutoencoderKL | VQModel | AutoencoderTiny
Config = AutoencoderKLConfig | VQModelConfig | AutoencoderTinyConfig


@torch.inference_mode()
def decode(vae: Autoencoder, latents: Latents) -> Image:
    """Pictures (B, 3, h·f, w·f) in [0, 1], float32 on the CPU, of latents (B, C, h, w).

    Raises LoomError for latents that aren't finite, and a VAE that overflows in half precision.
    """
    if not bool(torch.isfinite(latents.samples).all()):
        raise LoomError(
            "The latents are not finite (NaN or infinity), so there is no picture in them.",
            field="latents",
            remedy="Run what made them in bfloat16 or float32.",
        )
    z = unscaled(latents.samples.to(_device(vae)), vae.config)
    x = _each(vae.decode, z.to(_dtype(vae))).float()
    if not bool(torch.isfinite(x).all()):
        raise LoomError(
            "The decoded picture is not finite (NaN or infinity); the usual cause is a VAE that "
            "overflows in half precision.",
            field="vae",
            remedy="Load the VAE in float32.",
        )
    return Image((x / 2 + 0.5).clamp(0, 1).cpu().clone())


@torch.inference_mode()
def encode(vae: Autoencoder, image: Image, space: str = "") -> Latents:
    """Latents (B, C, H/f, W/f), float32 on the CPU, of pictures (B, 3, H, W).

    Where the autoencoder gives a distribution they are its mode; a codebook's are not quantised.
    Raises LoomError when a side is not a multiple of f, or the VAE overflows in half precision.
    """
    factor = vae.config.factor
    height, width = image.pixels.shape[2:]
    if height % factor or width % factor:
        raise LoomError(
            f"The picture is {width}×{height}, and this VAE takes sides that are multiples of "
            f"{factor}.",
            field="image",
            remedy=f"Resize or crop it to {width - width % factor}×{height - height % factor}.",
        )
    x = image.pixels.to(_device(vae), _dtype(vae)) * 2 - 1
    z = scaled(_each(partial(_mode, vae), x).float(), vae.config)
    if not bool(torch.isfinite(z).all()):
        raise LoomError(
            "The picture's latents are not finite (NaN or infinity); the usual cause is a VAE that "
            "overflows in half precision.",
            field="vae",
            remedy="Load the VAE in float32.",
        )
    return Latents(z.cpu().clone(), space, factor)


def scaled(z: torch.Tensor, config: Config) -> torch.Tensor:
    """What the diffusion model works on, of the VAE's own latents (B, C, h, w)."""
    if config.latents_mean and config.latents_std:
        mean, std = _channels(config.latents_mean, z), _channels(config.latents_std, z)
        return (z - mean) * config.scaling_factor / std
    return (z - (config.shift_factor or 0.0)) * config.scaling_factor


def unscaled(latents: torch.Tensor, config: Config) -> torch.Tensor:
    """The VAE's own latents (B, C, h, w), of what the diffusion model works on."""
    if config.latents_mean and config.latents_std:
        mean, std = _channels(config.latents_mean, latents), _channels(config.latents_std, latents)
        return latents * std / config.scaling_factor + mean
    return latents / config.scaling_factor + (config.shift_factor or 0.0)


def _mode(vae: Autoencoder, x: torch.Tensor) -> torch.Tensor:
    encoded = vae.encode(x)
    return encoded.mode() if isinstance(encoded, DiagonalGaussian) else encoded


def _each(call: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """All of a batch at once, or one after the other where the run's environment saves memory."""
    if environment().get(KEY, WHOLE) == WHOLE:
        return call(x)
    return torch.cat([call(one) for one in x.split(1)])


def _channels(values: tuple[float, ...], like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values).to(like).view(1, -1, 1, 1)


def _device(vae: Autoencoder) -> torch.device:
    return next(vae.parameters()).device


def _dtype(vae: Autoencoder) -> torch.dtype:
    return next(vae.parameters()).dtype
