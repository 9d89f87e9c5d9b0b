"""AutoencoderKL: the variational autoencoder between pictures and latents.

Rombach et al. 2022, "High-Resolution Image Synthesis with Latent Diffusion Models", appendix G.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention import SpatialSelfAttention
from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, Upsample2D
from engine.diffusion.models.config import ModelConfig
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class AutoencoderKLConfig(ModelConfig):
    """Shapes of an AutoencoderKL, with the defaults of the published `config.json`."""

    class_name: ClassVar[str] = "AutoencoderKL"
    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "act_fn": ("silu",),
        "norm_eps": (1e-6,),
    }

    in_channels: int = 3
    out_channels: int = 3
    down_block_types: tuple[str, ...] = ("DownEncoderBlock2D",)
    up_block_types: tuple[str, ...] = ("UpDecoderBlock2D",)
    block_out_channels: tuple[int, ...] = (64,)
    layers_per_block: int = 1
    latent_channels: int = 4
    norm_num_groups: int = 32
    sample_size: int | tuple[int, ...] = 32
    scaling_factor: float = 0.18215
    shift_factor: float | None = None
    latents_mean: tuple[float, ...] | None = None
    latents_std: tuple[float, ...] | None = None
    force_upcast: bool = True
    use_quant_conv: bool = True
    use_post_quant_conv: bool = True
    mid_block_add_attention: bool = True

    def __post_init__(self) -> None:
        down, up = self.down_block_types, self.up_block_types
        for names, known in ((down, "DownEncoderBlock2D"), (up, "UpDecoderBlock2D")):
            for name in names:
                if name != known:
                    raise LoomError(f"AutoencoderKL: unknown block {name!r}; known: {known}.")
        blocks = len(self.block_out_channels)
        if not len(down) == len(up) == blocks:
            raise LoomError(
                f"AutoencoderKL: {blocks} widths for {len(down)} down and {len(up)} up blocks."
            )

    @property
    def factor(self) -> int:
        """Pixels per latent along one side (8 for Stable Diffusion)."""
        return 2 ** (len(self.block_out_channels) - 1)


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


class MidBlock(nn.Module):
    """ResNet, attention over all pixels, ResNet, at the lowest resolution."""

    def __init__(self, channels: int, groups: int, attention: bool) -> None:
        super().__init__()
        self.attentions = nn.ModuleList(
            [SpatialSelfAttention(channels, groups=groups)] if attention else []
        )
        self.resnets = nn.ModuleList(
            ResnetBlock2D(channels, channels, groups=groups) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.resnets[0](x)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x)


class DownEncoderBlock2D(nn.Module):
    """`layers` ResNets, then a halving of the resolution unless it is the last block."""

    def __init__(self, in_channels: int, out_channels: int, layers: int, groups: int, last: bool):
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock2D(in_channels if i == 0 else out_channels, out_channels, groups=groups)
            for i in range(layers)
        )
        self.downsamplers = nn.ModuleList([] if last else [Downsample2D(out_channels, padding=0)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in (*self.resnets, *self.downsamplers):
            x = layer(x)
        return x


class UpDecoderBlock2D(nn.Module):
    """`layers` ResNets, then a doubling of the resolution unless it is the last block."""

    def __init__(self, in_channels: int, out_channels: int, layers: int, groups: int, last: bool):
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock2D(in_channels if i == 0 else out_channels, out_channels, groups=groups)
            for i in range(layers)
        )
        self.upsamplers = nn.ModuleList([] if last else [Upsample2D(out_channels)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in (*self.resnets, *self.upsamplers):
            x = layer(x)
        return x


class Encoder(nn.Module):
    """Pictures (B, 3, H, W) in [−1, 1] to the posterior's moments (B, 2·C, H/f, W/f)."""

    def __init__(self, config: AutoencoderKLConfig) -> None:
        super().__init__()
        widths, groups = config.block_out_channels, config.norm_num_groups
        self.conv_in = nn.Conv2d(config.in_channels, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            DownEncoderBlock2D(
                widths[max(i - 1, 0)],
                width,
                config.layers_per_block,
                groups,
                last=i == len(widths) - 1,
            )
            for i, width in enumerate(widths)
        )
        self.mid_block = MidBlock(widths[-1], groups, config.mid_block_add_attention)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config.latent_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        x = self.mid_block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Decoder(nn.Module):
    """Latents (B, C, h, w) to pictures (B, 3, h·f, w·f), about [−1, 1]."""

    def __init__(self, config: AutoencoderKLConfig) -> None:
        super().__init__()
        widths, groups = config.block_out_channels[::-1], config.norm_num_groups
        self.conv_in = nn.Conv2d(config.latent_channels, widths[0], 3, padding=1)
        self.mid_block = MidBlock(widths[0], groups, config.mid_block_add_attention)
        self.up_blocks = nn.ModuleList(
            UpDecoderBlock2D(
                widths[max(i - 1, 0)],
                width,
                config.layers_per_block + 1,
                groups,
                last=i == len(widths) - 1,
            )
            for i, width in enumerate(widths)
        )
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], config.out_channels, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class AutoencoderKL(nn.Module):
    """Encodes pictures to a diagonal Gaussian over latents and decodes latents to pictures.

    `config.scaling_factor` is applied by callers: a diffusion model works on
    `encode(x).mode() * scaling_factor`.
    """

    def __init__(self, config: AutoencoderKLConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.latent_channels
        self.encoder = Encoder(config)
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
