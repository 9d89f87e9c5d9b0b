"""UNet2DConditionModel: the text-conditioned UNet of Stable Diffusion 1.x, 2.x and SDXL.

Rombach et al. 2022 (sections 3.2–3.3); Podell et al. 2023 for SDXL's deeper transformers and the
embedding of sizes and crops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention import Transformer2DModel
from engine.diffusion.blocks.embeddings import TimestepEmbedding, sinusoidal_embedding
from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, Upsample2D
from engine.diffusion.models.config import ModelConfig, per_block
from engine.graph.errors import LoomError

_DOWN = ("CrossAttnDownBlock2D", "DownBlock2D")
_UP = ("CrossAttnUpBlock2D", "UpBlock2D")


@dataclass(frozen=True)
class UNet2DConditionConfig(ModelConfig):
    """Shapes of a UNet2DConditionModel, with the defaults of the published `config.json`.

    `attention_head_dim` keeps its published name although it is the *number* of heads.
    """

    class_name: ClassVar[str] = "UNet2DConditionModel"
    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "act_fn": ("silu",),
        "center_input_sample": (False,),
        "mid_block_type": ("UNetMidBlock2DCrossAttn",),
        "conv_in_kernel": (3,),
        "conv_out_kernel": (3,),
        "resnet_time_scale_shift": ("default",),
        "resnet_out_scale_factor": (1.0,),
        "time_embedding_type": ("positional",),
        "attention_type": ("default",),
        "only_cross_attention": (False,),
        "upcast_attention": (None, False, True),  # attention here accumulates in float32
        "downsample_padding": (1,),
        "mid_block_scale_factor": (1,),
        "mid_block_only_cross_attention": (None, False),
        "dropout": (0.0,),
        "class_embeddings_concat": (False,),
        "addition_embed_type_num_heads": (64,),
    }

    sample_size: int | tuple[int, ...] | None = None
    in_channels: int = 4
    out_channels: int = 4
    flip_sin_to_cos: bool = True
    freq_shift: int = 0
    down_block_types: tuple[str, ...] = (*(("CrossAttnDownBlock2D",) * 3), "DownBlock2D")
    up_block_types: tuple[str, ...] = ("UpBlock2D", *(("CrossAttnUpBlock2D",) * 3))
    block_out_channels: tuple[int, ...] = (320, 640, 1280, 1280)
    layers_per_block: int | tuple[int, ...] = 2
    norm_num_groups: int = 32
    norm_eps: float = 1e-5
    cross_attention_dim: int = 1280
    transformer_layers_per_block: int | tuple[int, ...] = 1
    attention_head_dim: int | tuple[int, ...] = 8
    num_attention_heads: int | tuple[int, ...] | None = None
    use_linear_projection: bool = False
    addition_embed_type: str | None = None
    addition_time_embed_dim: int | None = None
    projection_class_embeddings_input_dim: int | None = None
    time_cond_proj_dim: int | None = None

    def __post_init__(self) -> None:
        for name, known in ((n, _DOWN) for n in self.down_block_types):
            _require(name in known, f"unknown down block {name!r}; known: {', '.join(known)}")
        for name, known in ((n, _UP) for n in self.up_block_types):
            _require(name in known, f"unknown up block {name!r}; known: {', '.join(known)}")
        blocks = len(self.block_out_channels)
        _require(
            len(self.down_block_types) == len(self.up_block_types) == blocks,
            f"{blocks} widths for {len(self.down_block_types)} down and "
            f"{len(self.up_block_types)} up blocks",
        )
        _require(
            self.addition_embed_type in (None, "text_time"),
            f"addition_embed_type={self.addition_embed_type!r} is not implemented",
        )

    @property
    def heads(self) -> tuple[int, ...]:
        """Attention heads of each down block."""
        heads = self.num_attention_heads or self.attention_head_dim
        return per_block(heads, len(self.block_out_channels), "attention_head_dim")

    @property
    def layers(self) -> tuple[int, ...]:
        """ResNets of each down block."""
        return per_block(self.layers_per_block, len(self.block_out_channels), "layers_per_block")

    @property
    def depths(self) -> tuple[int, ...]:
        """Transformer blocks after each ResNet of each down block."""
        return per_block(
            self.transformer_layers_per_block,
            len(self.block_out_channels),
            "transformer_layers_per_block",
        )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise LoomError(f"UNet2DConditionModel: {message}.")


@dataclass(frozen=True)
class AddedConditioning:
    """SDXL's extra inputs: pooled text (B, D) and size/crop numbers (B, 6) or (B, 5)."""

    text_embeds: Tensor
    time_ids: Tensor


class _Stage(nn.Module):
    """One resolution: ResNets, each followed by a spatial transformer where the stage has them."""

    resnets: nn.ModuleList

    def _add_attentions(self, config: UNet2DConditionConfig, width: int, index: int) -> None:
        self.attentions = nn.ModuleList(
            Transformer2DModel(
                width,
                heads=config.heads[index],
                context_dim=config.cross_attention_dim,
                depth=config.depths[index],
                groups=config.norm_num_groups,
                linear_projection=config.use_linear_projection,
            )
            for _ in self.resnets
        )

    def _layer(self, i: int, x: Tensor, temb: Tensor, context: Tensor) -> Tensor:
        x = self.resnets[i](x, temb)
        if hasattr(self, "attentions"):
            x = self.attentions[i](x, context)
        return x


class DownStage(_Stage):
    """A down block: keeps each layer's output for the skip connections, then halves."""

    def __init__(self, config: UNet2DConditionConfig, index: int, temb_channels: int) -> None:
        super().__init__()
        widths = config.block_out_channels
        width, previous = widths[index], widths[max(index - 1, 0)]
        self.resnets = nn.ModuleList(
            ResnetBlock2D(
                previous if i == 0 else width,
                width,
                temb_channels=temb_channels,
                groups=config.norm_num_groups,
                eps=config.norm_eps,
            )
            for i in range(config.layers[index])
        )
        if config.down_block_types[index] == "CrossAttnDownBlock2D":
            self._add_attentions(config, width, index)
        last = index == len(widths) - 1
        self.downsamplers = nn.ModuleList([] if last else [Downsample2D(width)])

    def forward(self, x: Tensor, temb: Tensor, context: Tensor) -> tuple[Tensor, list[Tensor]]:
        skips: list[Tensor] = []
        for i in range(len(self.resnets)):
            x = self._layer(i, x, temb, context)
            skips.append(x)
        for downsample in self.downsamplers:
            x = downsample(x)
            skips.append(x)
        return x, skips


class MidStage(nn.Module):
    """ResNet, transformer, ResNet at the lowest resolution."""

    def __init__(self, config: UNet2DConditionConfig, temb_channels: int) -> None:
        super().__init__()
        width = config.block_out_channels[-1]
        self.attentions = nn.ModuleList(
            [
                Transformer2DModel(
                    width,
                    heads=config.heads[-1],
                    context_dim=config.cross_attention_dim,
                    depth=config.depths[-1],
                    groups=config.norm_num_groups,
                    linear_projection=config.use_linear_projection,
                )
            ]
        )
        self.resnets = nn.ModuleList(
            ResnetBlock2D(
                width,
                width,
                temb_channels=temb_channels,
                groups=config.norm_num_groups,
                eps=config.norm_eps,
            )
            for _ in range(2)
        )

    def forward(self, x: Tensor, temb: Tensor, context: Tensor) -> Tensor:
        x = self.resnets[0](x, temb)
        x = self.attentions[0](x, context)
        return self.resnets[1](x, temb)


class UpStage(_Stage):
    """An up block: each ResNet takes a skip connection beside its input; then doubles.

    `index` counts from the lowest resolution, as the published weights do.
    """

    def __init__(self, config: UNet2DConditionConfig, index: int, temb_channels: int) -> None:
        super().__init__()
        widths = config.block_out_channels[::-1]
        down = len(widths) - 1 - index  # the down block at the same resolution
        width, previous = widths[index], widths[max(index - 1, 0)]
        skip_in = widths[min(index + 1, len(widths) - 1)]
        count = config.layers[down] + 1
        self.resnets = nn.ModuleList(
            ResnetBlock2D(
                (previous if i == 0 else width) + (skip_in if i == count - 1 else width),
                width,
                temb_channels=temb_channels,
                groups=config.norm_num_groups,
                eps=config.norm_eps,
            )
            for i in range(count)
        )
        if config.up_block_types[index] == "CrossAttnUpBlock2D":
            self._add_attentions(config, width, down)
        last = index == len(widths) - 1
        self.upsamplers = nn.ModuleList([] if last else [Upsample2D(width)])

    def forward(self, x: Tensor, skips: list[Tensor], temb: Tensor, context: Tensor) -> Tensor:
        for i in range(len(self.resnets)):
            x = self._layer(i, torch.cat([x, skips.pop()], dim=1), temb, context)
        for upsample in self.upsamplers:
            # A size that two does not divide was rounded up on the way down.
            x = upsample(x, size=(skips[-1].shape[-2], skips[-1].shape[-1]))
        return x


class UNet2DConditionModel(nn.Module):
    """Predicts noise (or x₀, or v) of latents at a timestep, given text embeddings."""

    def __init__(self, config: UNet2DConditionConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.block_out_channels
        temb_channels = widths[0] * 4
        self.conv_in = nn.Conv2d(config.in_channels, widths[0], 3, padding=1)
        self.time_embedding = TimestepEmbedding(
            widths[0], temb_channels, cond_dim=config.time_cond_proj_dim
        )
        self.add_embedding = self._added(config, temb_channels)
        stages = range(len(widths))
        self.down_blocks = nn.ModuleList(DownStage(config, i, temb_channels) for i in stages)
        self.mid_block = MidStage(config, temb_channels)
        self.up_blocks = nn.ModuleList(UpStage(config, i, temb_channels) for i in stages)
        self.conv_norm_out = nn.GroupNorm(config.norm_num_groups, widths[0], eps=config.norm_eps)
        self.conv_out = nn.Conv2d(widths[0], config.out_channels, 3, padding=1)

    @staticmethod
    def _added(config: UNet2DConditionConfig, temb_channels: int) -> TimestepEmbedding | None:
        if config.addition_embed_type is None:
            return None
        in_dim = config.projection_class_embeddings_input_dim
        if in_dim is None or config.addition_time_embed_dim is None:
            raise LoomError(
                "UNet2DConditionModel: addition_embed_type=text_time also needs "
                "projection_class_embeddings_input_dim and addition_time_embed_dim."
            )
        return TimestepEmbedding(in_dim, temb_channels)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(UNet2DConditionConfig.from_json(data))

    def embed_time(
        self, timestep: Tensor | float, batch: int, guidance: Tensor | None = None
    ) -> Tensor:
        """The time embedding (batch, 4·width) of a scalar timestep or one for each sample.

        `guidance` (batch, time_cond_proj_dim) is the guidance embedding of distilled models.
        """
        weight = self.conv_in.weight
        t = torch.as_tensor(timestep, device=weight.device).reshape(-1).expand(batch)
        sinusoids = sinusoidal_embedding(
            t,
            self.config.block_out_channels[0],
            flip_sin_to_cos=self.config.flip_sin_to_cos,
            freq_shift=self.config.freq_shift,
        )
        return self.time_embedding(sinusoids.to(weight.dtype), guidance)

    def embed_added(self, added: AddedConditioning) -> Tensor:
        """SDXL's embedding of pooled text and sizes: (B, 4·width), to be added to the time's."""
        if self.add_embedding is None or self.config.addition_time_embed_dim is None:
            raise LoomError("This UNet takes no pooled text and sizes: it is not an SDXL model.")
        sizes = sinusoidal_embedding(
            added.time_ids.flatten(),
            self.config.addition_time_embed_dim,
            flip_sin_to_cos=self.config.flip_sin_to_cos,
            freq_shift=self.config.freq_shift,
        ).reshape(added.time_ids.shape[0], -1)
        features = torch.cat([added.text_embeds, sizes.to(added.text_embeds.dtype)], dim=-1)
        return self.add_embedding(features.to(self.conv_in.weight.dtype))

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor | float,
        encoder_hidden_states: Tensor,
        *,
        added: AddedConditioning | None = None,
        guidance: Tensor | None = None,
        down_residuals: Sequence[Tensor] | None = None,
        mid_residual: Tensor | None = None,
    ) -> Tensor:
        """The prediction, shaped like `sample` but with `out_channels`.

        Args:
            sample: noisy latents (B, in_channels, h, w).
            timestep: a scalar, or (B,).
            encoder_hidden_states: text embeddings (B, L, cross_attention_dim).
            added: SDXL's pooled text and sizes; required exactly by SDXL models.
            guidance: guidance embedding (B, time_cond_proj_dim) of distilled models.
            down_residuals: one tensor for each skip connection, added to it (ControlNet).
            mid_residual: added to the middle block's output (ControlNet).
        """
        temb = self.embed_time(timestep, sample.shape[0], guidance)
        if self.add_embedding is not None:
            if added is None:
                raise LoomError("This SDXL UNet needs pooled text embeddings and sizes.")
            temb = temb + self.embed_added(added)

        x = self.conv_in(sample)
        skips = [x]
        for block in self.down_blocks:
            x, outputs = block(x, temb, encoder_hidden_states)
            skips += outputs
        if down_residuals is not None:
            skips = [skip + extra for skip, extra in zip(skips, down_residuals, strict=True)]
        x = self.mid_block(x, temb, encoder_hidden_states)
        if mid_residual is not None:
            x = x + mid_residual
        for block in self.up_blocks:
            x = block(x, skips, temb, encoder_hidden_states)
        return self.conv_out(F.silu(self.conv_norm_out(x)))
