"""What the convolutional autoencoders share: their config, their encoder and their decoder.

Rombach et al. 2022, "High-Resolution Image Synthesis with Latent Diffusion Models", appendix G.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention import SpatialSelfAttention
from engine.diffusion.blocks.group_norm import GroupNorm
from engine.diffusion.blocks.movq import SpatialNorm, SpatialNormAttention, SpatialResnetBlock2D
from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, Upsample2D
from engine.diffusion.models.bands import bands_of_run, decoded, encoded
from engine.diffusion.models.config import ModelConfig
from engine.graph.errors import LoomError

DOWN = ("DownEncoderBlock2D", "AttnDownEncoderBlock2D")
UP = ("UpDecoderBlock2D", "AttnUpDecoderBlock2D")


@dataclass(frozen=True)
class AutoencoderConfig(ModelConfig):
    """Shapes of an autoencoder, with the defaults of the published `config.json`.

    `force_upcast` asks whoever loads it for float32, because it overflows in half precision.
    """

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
    force_upcast: bool = True
    mid_block_add_attention: bool = True

    def __post_init__(self) -> None:
        for names, known in ((self.down_block_types, DOWN), (self.up_block_types, UP)):
            for name in names:
                if name not in known:
                    raise LoomError(
                        f"{self.class_name}: unknown block {name!r}; known: {', '.join(known)}."
                    )
        blocks = len(self.block_out_channels)
        if not len(self.down_block_types) == len(self.up_block_types) == blocks > 0:
            raise LoomError(
                f"{self.class_name}: {blocks} widths for {len(self.down_block_types)} down and "
                f"{len(self.up_block_types)} up blocks."
            )

    @property
    def factor(self) -> int:
        """Pixels per latent along one side (8 for Stable Diffusion)."""
        return 2 ** (len(self.block_out_channels) - 1)


# A residual block of given widths in and out, and attention of a given width.
MakeResnet = Callable[[int, int], nn.Module]
MakeAttention = Callable[[int], nn.Module]


class MidBlock(nn.Module):
    """ResNet, attention over all pixels, ResNet, at the lowest resolution.

    `condition`, here and in the decoder's blocks, is empty, or the latents that MoVQ's norms read.
    """

    def __init__(
        self, channels: int, resnet: MakeResnet, attention: MakeAttention | None = None
    ) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([] if attention is None else [attention(channels)])
        self.resnets = nn.ModuleList(resnet(channels, channels) for _ in range(2))

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        x = self.resnets[0](x, *condition)
        for attention in self.attentions:
            x = attention(x, *condition)
        return self.resnets[1](x, *condition)


class Block(nn.Module):
    """ResNets, each followed by attention where there is any."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        layers: int,
        resnet: MakeResnet,
        attention: MakeAttention | None,
    ) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            resnet(in_channels if i == 0 else channels, channels) for i in range(layers)
        )
        self.attentions = nn.ModuleList(
            [] if attention is None else [attention(channels) for _ in range(layers)]
        )

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        for i, resnet in enumerate(self.resnets):
            x = resnet(x, *condition)
            if self.attentions:
                x = self.attentions[i](x, *condition)
        return x


class EncoderBlock(Block):
    """A block that halves its result, but for the last one."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        layers: int,
        resnet: MakeResnet,
        attention: MakeAttention | None,
        last: bool,
    ) -> None:
        super().__init__(in_channels, channels, layers, resnet, attention)
        self.downsamplers = nn.ModuleList([] if last else [Downsample2D(channels, padding=0)])

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        x = super().forward(x, *condition)
        for downsample in self.downsamplers:
            x = downsample(x)
        return x


class DecoderBlock(Block):
    """A block that doubles its result, but for the last one."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        layers: int,
        resnet: MakeResnet,
        attention: MakeAttention | None,
        last: bool,
    ) -> None:
        super().__init__(in_channels, channels, layers, resnet, attention)
        self.upsamplers = nn.ModuleList([] if last else [Upsample2D(channels)])

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        x = super().forward(x, *condition)
        for upsample in self.upsamplers:
            x = upsample(x)
        return x


class Encoder(nn.Module):
    """Pictures (B, 3, H, W) in [−1, 1] to features (B, out_channels, H/f, W/f)."""

    def __init__(self, config: AutoencoderConfig, out_channels: int) -> None:
        super().__init__()
        widths, groups = config.block_out_channels, config.norm_num_groups
        resnet = partial(ResnetBlock2D, groups=groups)
        attention = partial(SpatialSelfAttention, groups=groups)
        self.conv_in = nn.Conv2d(config.in_channels, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            EncoderBlock(
                widths[max(i - 1, 0)],
                width,
                config.layers_per_block,
                resnet,
                attention if "Attn" in config.down_block_types[i] else None,
                last=i == len(widths) - 1,
            )
            for i, width in enumerate(widths)
        )
        self.mid_block = MidBlock(
            widths[-1], resnet, attention if config.mid_block_add_attention else None
        )
        self.conv_norm_out = GroupNorm(groups, widths[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(widths[-1], out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if bands := bands_of_run():
            return encoded(self, x, bands)
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        x = self.mid_block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Decoder(nn.Module):
    """Latents (B, C, h, w) to pictures (B, 3, h·f, w·f), about [−1, 1].

    With `spatial` all norms are MoVQ's: `forward` takes the latents that they read as well.
    """

    def __init__(self, config: AutoencoderConfig, *, spatial: bool = False) -> None:
        super().__init__()
        widths, groups = config.block_out_channels[::-1], config.norm_num_groups
        latents = config.latent_channels
        resnet: MakeResnet
        attention: MakeAttention
        if spatial:
            resnet = partial(SpatialResnetBlock2D, latent_channels=latents)
            attention = partial(SpatialNormAttention, latent_channels=latents)
        else:
            resnet = partial(ResnetBlock2D, groups=groups)
            attention = partial(SpatialSelfAttention, groups=groups)
        self.conv_in = nn.Conv2d(latents, widths[0], 3, padding=1)
        self.mid_block = MidBlock(
            widths[0], resnet, attention if config.mid_block_add_attention else None
        )
        self.up_blocks = nn.ModuleList(
            DecoderBlock(
                widths[max(i - 1, 0)],
                width,
                config.layers_per_block + 1,
                resnet,
                attention if "Attn" in config.up_block_types[i] else None,
                last=i == len(widths) - 1,
            )
            for i, width in enumerate(widths)
        )
        self.conv_norm_out = (
            SpatialNorm(widths[-1], latents) if spatial else GroupNorm(groups, widths[-1], eps=1e-6)
        )
        self.conv_out = nn.Conv2d(widths[-1], config.out_channels, 3, padding=1)

    def forward(self, z: Tensor, *condition: Tensor) -> Tensor:
        if bands := bands_of_run():
            return decoded(self, z, condition, bands)
        x = self.mid_block(self.conv_in(z), *condition)
        for block in self.up_blocks:
            x = block(x, *condition)
        return self.conv_out(F.silu(self.conv_norm_out(x, *condition)))
