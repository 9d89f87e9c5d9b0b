"""UNet2DModel: the UNet of DDPM, NCSN++, latent diffusion without text, and consistency models.

Ho et al. 2020 (appendix B), Song et al. 2021 (appendix H), Dhariwal and Nichol 2021 (section 3) for
scale and shift and resampling inside residual blocks, Song et al. 2023 for its consistency models.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.embeddings import (
    FourierEmbedding,
    TimestepEmbedding,
    sinusoidal_embedding,
)
from engine.diffusion.blocks.group_norm import GroupNorm
from engine.diffusion.blocks.resampling import average_halve, nearest_double
from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, TimeNorm, Upsample2D
from engine.diffusion.blocks.unconditional import (
    DownStage,
    MakeAttention,
    MidStage,
    SkipDownStage,
    SkipUpStage,
    UpStage,
    quarter_groups,
    skip_resnet,
    spatial_attention,
)
from engine.diffusion.models.config import ModelConfig
from engine.graph.errors import LoomError

DOWN = (
    "DownBlock2D",
    "AttnDownBlock2D",
    "ResnetDownsampleBlock2D",
    "SkipDownBlock2D",
    "AttnSkipDownBlock2D",
)
UP = (
    "UpBlock2D",
    "AttnUpBlock2D",
    "ResnetUpsampleBlock2D",
    "SkipUpBlock2D",
    "AttnSkipUpBlock2D",
)


@dataclass(frozen=True)
class UNet2DConfig(ModelConfig):
    """Shapes of a UNet2DModel, with the defaults of the published `config.json`.

    `attention_head_dim` is the width of a head; None stands for one head as wide as its block.
    `norm_num_groups` may be None only where all blocks are of NCSN++, whose groups follow the
    width. `downsample_type` and `upsample_type` say how blocks with attention resample. The
    autoencoder of a latent diffusion model is not part of this.
    """

    class_name: ClassVar[str] = "UNet2DModel"

    sample_size: int | tuple[int, ...] | None = None
    in_channels: int = 3
    out_channels: int = 3
    center_input_sample: bool = False
    time_embedding_type: str = "positional"
    time_embedding_dim: int | None = None
    freq_shift: int = 0
    flip_sin_to_cos: bool = True
    down_block_types: tuple[str, ...] = ("DownBlock2D", *(("AttnDownBlock2D",) * 3))
    mid_block_type: str | None = "UNetMidBlock2D"
    up_block_types: tuple[str, ...] = (*(("AttnUpBlock2D",) * 3), "UpBlock2D")
    block_out_channels: tuple[int, ...] = (224, 448, 672, 896)
    layers_per_block: int = 2
    mid_block_scale_factor: float = 1
    downsample_padding: int = 1
    downsample_type: str = "conv"
    upsample_type: str = "conv"
    dropout: float = 0.0
    act_fn: str = "silu"
    attention_head_dim: int | None = 8
    norm_num_groups: int | None = 32
    attn_norm_num_groups: int | None = None
    norm_eps: float = 1e-5
    resnet_time_scale_shift: TimeNorm = "default"
    add_attention: bool = True
    class_embed_type: str | None = None
    num_class_embeds: int | None = None
    num_train_timesteps: int | None = None

    def __post_init__(self) -> None:
        for field, allowed in {
            "time_embedding_type": ("positional", "fourier", "learned"),
            "mid_block_type": ("UNetMidBlock2D", None),
            "downsample_type": ("conv", "resnet"),
            "upsample_type": ("conv", "resnet"),
            "downsample_padding": (0, 1),
            "resnet_time_scale_shift": ("default", "scale_shift"),
            "class_embed_type": (None, "timestep", "identity"),
        }.items():
            value = getattr(self, field)
            _require(value in allowed, f"{field}={value!r} is not one of {_listed(allowed)}")
        for names, known in ((self.down_block_types, DOWN), (self.up_block_types, UP)):
            for name in names:
                _require(name in known, f"unknown block {name!r}; known: {_listed(known)}")
            skips = ["Skip" in name for name in names]
            _require(all(skips) or not any(skips), f"{_listed(names)} mixes Skip blocks and others")
            _require(
                all(skips) or self.norm_num_groups is not None,
                "norm_num_groups is needed by all but Skip blocks",
            )
        blocks = len(self.block_out_channels)
        _require(
            len(self.down_block_types) == len(self.up_block_types) == blocks > 0,
            f"{blocks} widths for {len(self.down_block_types)} down and "
            f"{len(self.up_block_types)} up blocks",
        )
        _require(
            self.time_embedding_type != "learned" or self.num_train_timesteps is not None,
            "time_embedding_type=learned also needs num_train_timesteps",
        )
        head = self.attention_head_dim
        _require(
            head is None or all(not width % head for width in self._attended),
            f"attention_head_dim={head} does not divide each of the widths {self._attended}",
        )

    @property
    def _attended(self) -> tuple[int, ...]:
        """Widths of the blocks with attention."""
        down = zip(self.down_block_types, self.block_out_channels, strict=False)
        up = zip(self.up_block_types, self.block_out_channels[::-1], strict=False)
        middle = [("Attn", self.block_out_channels[-1])] if self._mid_attention else []
        return tuple(width for name, width in (*down, *middle, *up) if "Attn" in name)

    @property
    def _mid_attention(self) -> bool:
        return self.add_attention and self.mid_block_type is not None

    @property
    def temb_channels(self) -> int:
        """Width of the time embedding."""
        return self.time_embedding_dim or 4 * self.block_out_channels[0]

    @property
    def factor(self) -> int:
        """Height and width must be multiples of this."""
        return 2 ** (len(self.block_out_channels) - 1)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise LoomError(f"UNet2DModel: {message}.")


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))


class UNet2DModel(nn.Module):
    """Predicts noise (or x₀, v, or the score) of pictures or latents at a timestep."""

    def __init__(self, config: UNet2DConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.block_out_channels
        self.conv_in = nn.Conv2d(config.in_channels, widths[0], 3, padding=1)
        self._add_embeddings()
        resnet = partial(
            ResnetBlock2D,
            temb_channels=config.temb_channels,
            eps=config.norm_eps,
            act_fn=config.act_fn,
            dropout=config.dropout,
            time_embedding_norm=config.resnet_time_scale_shift,
        )
        self.down_blocks = nn.ModuleList(self._down(i, resnet) for i in range(len(widths)))
        self.mid_block = self._middle(resnet) if config.mid_block_type else None
        self.up_blocks = nn.ModuleList(self._up(i, resnet) for i in range(len(widths)))
        groups = config.norm_num_groups or quarter_groups(widths[0])
        self.conv_norm_out = GroupNorm(groups, widths[0], eps=config.norm_eps)
        self.conv_out = nn.Conv2d(widths[0], config.out_channels, 3, padding=1)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(UNet2DConfig.from_json(data))

    def _add_embeddings(self) -> None:
        config, width = self.config, self.config.block_out_channels[0]
        features = width
        if config.time_embedding_type == "fourier":
            self.time_proj = FourierEmbedding(width)
            features = 2 * width
        elif config.num_train_timesteps is not None and config.time_embedding_type == "learned":
            self.time_proj = nn.Embedding(config.num_train_timesteps, width)
        self.time_embedding = TimestepEmbedding(features, config.temb_channels)
        self.class_embedding: nn.Module | None = None
        if config.class_embed_type == "timestep":
            self.class_embedding = TimestepEmbedding(features, config.temb_channels)
        elif config.class_embed_type == "identity":
            self.class_embedding = nn.Identity()
        elif config.num_class_embeds is not None:
            self.class_embedding = nn.Embedding(config.num_class_embeds, config.temb_channels)

    def _attention(self, block: str) -> MakeAttention | None:
        config = self.config
        if "Attn" not in block:
            return None
        if "Skip" in block:
            return spatial_attention(config.attention_head_dim, 32, config.norm_eps, math.sqrt(2))
        return spatial_attention(config.attention_head_dim, config.norm_num_groups, config.norm_eps)

    def _down(self, index: int, resnet: partial[ResnetBlock2D]) -> DownStage:
        config, block = self.config, self.config.down_block_types[index]
        widths = config.block_out_channels
        width, attention = widths[index], self._attention(block)
        shape = (widths[max(index - 1, 0)], width, config.layers_per_block)
        last = index == len(widths) - 1
        if "Skip" in block:
            picture = None if last else config.in_channels
            return SkipDownStage(*shape, skip_resnet(resnet), attention, picture)
        resnet = partial(resnet, groups=config.norm_num_groups)
        inside = "Resnet" in block or ("Attn" in block and config.downsample_type == "resnet")
        if last:
            return DownStage(*shape, resnet, attention)
        if inside:
            return DownStage(
                *shape, resnet, attention, resnet(width, width, resample=average_halve)
            )
        halve = Downsample2D(width, padding=config.downsample_padding)
        return DownStage(*shape, resnet, attention, halve)

    def _middle(self, resnet: partial[ResnetBlock2D]) -> MidStage:
        config, width = self.config, self.config.block_out_channels[-1]
        groups = config.norm_num_groups or quarter_groups(width)
        scale = config.mid_block_scale_factor
        # Scale and shift came with networks whose middle attention has no norm of its own, unless
        # the config gives its groups.
        own = groups if config.resnet_time_scale_shift == "default" else None
        attention = spatial_attention(
            config.attention_head_dim, config.attn_norm_num_groups or own, config.norm_eps, scale
        )
        return MidStage(
            width,
            partial(resnet, groups=groups, output_scale_factor=scale),
            attention if config.add_attention else None,
        )

    def _up(self, index: int, resnet: partial[ResnetBlock2D]) -> UpStage | SkipUpStage:
        config, block = self.config, self.config.up_block_types[index]
        widths = config.block_out_channels[::-1]
        width, attention = widths[index], self._attention(block)
        after = widths[min(index + 1, len(widths) - 1)]
        skips = (*((width,) * config.layers_per_block), after)
        shape = (widths[max(index - 1, 0)], width, skips)
        last = index == len(widths) - 1
        if "Skip" in block:
            picture = None if last else config.out_channels
            return SkipUpStage(*shape, skip_resnet(resnet), attention, picture, config.norm_eps)
        resnet = partial(resnet, groups=config.norm_num_groups)
        inside = "Resnet" in block or ("Attn" in block and config.upsample_type == "resnet")
        if last:
            return UpStage(*shape, resnet, attention)
        if inside:
            return UpStage(*shape, resnet, attention, resnet(width, width, resample=nearest_double))
        return UpStage(*shape, resnet, attention, Upsample2D(width))

    def embed_time(self, timestep: Tensor | float, batch: int) -> Tensor:
        """The time embedding (batch, temb_channels) of a scalar timestep or one for each sample.

        With `time_embedding_type="fourier"` these are noise levels, above zero.
        """
        t = torch.as_tensor(timestep, device=self.conv_in.weight.device).reshape(-1).expand(batch)
        return self.time_embedding(self._features(t))

    def embed_class(self, labels: Tensor | None) -> Tensor | float:
        """What the class adds to the time embedding: (B, temb_channels), or zero without classes.

        `labels` are class numbers (B,) below `num_class_embeds`, numbers (B,) that are embedded
        like a timestep, or embeddings (B, temb_channels), as `class_embed_type` says. Raises
        LoomError when they are missing, or given to a network without classes.
        """
        if self.class_embedding is None:
            if labels is not None:
                raise LoomError("This UNet was trained without classes.", field="class_labels")
            return 0.0
        if labels is None:
            raise LoomError("This UNet needs a class for each sample.", field="class_labels")
        if self.config.class_embed_type == "timestep":
            labels = self._features(labels)
        return self.class_embedding(labels)

    def _features(self, t: Tensor) -> Tensor:
        """Sinusoids (N, features) of timesteps (N,), before the layers that learn."""
        if self.config.time_embedding_type == "positional":
            features = sinusoidal_embedding(
                t,
                self.config.block_out_channels[0],
                flip_sin_to_cos=self.config.flip_sin_to_cos,
                freq_shift=self.config.freq_shift,
            )
        else:
            features = self.time_proj(t)
        return features.to(self.conv_in.weight.dtype)

    def forward(
        self, sample: Tensor, timestep: Tensor | float, class_labels: Tensor | None = None
    ) -> Tensor:
        """The prediction, shaped like `sample` but with `out_channels`.

        Args:
            sample: noisy pictures in about [−1, 1], or latents (B, in_channels, H, W).
            timestep: a scalar, or (B,); a noise level where the embedding is "fourier".
            class_labels: see `embed_class`.

        Raises LoomError when a side is not a multiple of `config.factor`.
        """
        height, width = sample.shape[-2:]
        factor = self.config.factor
        if height % factor or width % factor:
            raise LoomError(
                f"The sample is {width}×{height}, and this UNet takes sides that are multiples of "
                f"{factor}.",
                field="sample",
            )
        batch = sample.shape[0]
        temb = self.embed_time(timestep, batch) + self.embed_class(class_labels)
        picture = 2 * sample - 1 if self.config.center_input_sample else sample

        x = self.conv_in(picture)
        skips = [x]
        for block in self.down_blocks:
            x, outputs, picture = block(x, temb, picture)
            skips += outputs
        if self.mid_block is not None:
            x = self.mid_block(x, temb)
        drawn: Tensor | None = None
        for block in self.up_blocks:
            x, drawn = block(x, skips, temb, drawn)
        x = self.conv_out(F.silu(self.conv_norm_out(x)))
        x = x if drawn is None else x + drawn
        if self.config.time_embedding_type == "fourier":
            sigmas = torch.as_tensor(timestep, device=x.device, dtype=x.dtype)
            x = x / sigmas.reshape(-1, 1, 1, 1)
        return x
