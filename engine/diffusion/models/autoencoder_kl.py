"""AutoencoderKL: the variational autoencoder between pictures and latents.

Rombach et al. 2022, "High-Resolution Image Synthesis with Latent Diffusion Models", appendix G.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from engine.diffusion.models.autoencoder import AutoencoderConfig, Decoder, Encoder


@dataclass(frozen=True)
class AutoencoderKLConfig(AutoencoderConfig):
    """Shapes of an AutoencoderKL, with the defaults of the published `config.json`."""

    class_name: ClassVar[str] = "AutoencoderKL"

    shift_factor: float | None = None
    latents_mean: tuple[float, ...] | None = None
    latents_std: tuple[float, ...] | None = None
    use_quant_conv: bool = True
    use_post_quant_conv: bool = True


@dataclass(frozen=True)
class DiagonalGaussian:
    """The encoder's posterior: mean and log-variance, each (B, C, h, w)."""

    mean: Tensor
    logvar: Tensor

    @property
    def std(self) -> Tensor:
        return torch.exp(0.5 * self.logvar)

    def sample(self, noise: Tensor | None = None) -> Tensor:
        """mean + std · noise; standard normal noise is drawn where none is given."""
        noise = torch.randn_like(self.mean) if noise is None else noise
        return self.mean + self.std * noise

    def mode(self) -> Tensor:
        return self.mean

    def kl(self) -> Tensor:
        """KL divergence to the standard normal, summed over a latent: (B,)."""
        terms = self.mean.square() + self.logvar.exp() - 1.0 - self.logvar
        return 0.5 * terms.sum(dim=(1, 2, 3))


class AutoencoderKL(nn.Module):
    """Encodes pictures to a diagonal Gaussian over latents and decodes latents to pictures.

    `config.scaling_factor` is applied by callers: a diffusion model works on
    `encode(x).mode() * scaling_factor`.
    """

    def __init__(self, config: AutoencoderKLConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.latent_channels
        self.encoder = Encoder(config, 2 * channels)
        self.decoder = Decoder(config)
        self.quant_conv = (
            nn.Conv2d(2 * channels, 2 * channels, 1) if config.use_quant_conv else None
        )
        self.post_quant_conv = (
            nn.Conv2d(channels, channels, 1) if config.use_post_quant_conv else None
        )

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(AutoencoderKLConfig.from_json(data))

    def encode(self, x: Tensor) -> DiagonalGaussian:
        """Posterior of pictures (B, 3, H, W) in [−1, 1]; H and W are multiples of `factor`."""
        moments = self.encoder(x)
        if self.quant_conv is not None:
            moments = self.quant_conv(moments)
        mean, logvar = moments.chunk(2, dim=1)
        return DiagonalGaussian(mean, logvar.clamp(-30.0, 20.0))

    def decode(self, z: Tensor) -> Tensor:
        """Pictures (B, 3, h·f, w·f), about [−1, 1], of unscaled latents (B, C, h, w)."""
        if self.post_quant_conv is not None:
            z = self.post_quant_conv(z)
        return self.decoder(z)
