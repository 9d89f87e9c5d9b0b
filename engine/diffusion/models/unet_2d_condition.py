"""UNet2DConditionModel: the conditioned UNet of latent diffusion.

Rombach et al. 2022 (sections 3.2–3.3) for Stable Diffusion; Podell et al. 2023 for SDXL's deeper
transformers and its embedding of sizes and crops; Ramesh et al. 2022 for the unCLIP decoders that
Kandinsky 2 builds upon; k-diffusion's blocks (Crowson 2022) for the ×2 latent upscaler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from engine.diffusion.blocks.activations import activation
from engine.diffusion.blocks.attention import Context
from engine.diffusion.blocks.group_norm import GroupNorm
from engine.diffusion.blocks.k_stages import KUpStage
from engine.diffusion.blocks.unet_stages import AttentionKind, StageSettings, UpStage
from engine.diffusion.models.added_conditioning import (
    Added,
    AddedConditioning,
    ImageConditioning,
    ImageHintConditioning,
    TextImageConditioning,
)
from engine.diffusion.models.config import per_block
from engine.diffusion.models.inner import Inner, layers, outer_skips, up_around
from engine.diffusion.models.unet_config import DOWN, K, UNetEncoderConfig
from engine.diffusion.models.unet_encoder import Embedded, UNetEncoder
from engine.graph.errors import LoomError

__all__ = [
    "Added",
    "AddedConditioning",
    "ImageConditioning",
    "ImageHintConditioning",
    "TextImageConditioning",
    "UNet2DConditionConfig",
    "UNet2DConditionModel",
]

# Block names → their attention, and whether residual blocks change the resolution.
UP: Mapping[str, tuple[AttentionKind, bool]] = {
    name.replace("Down", "Up"): kind for name, kind in DOWN.items()
}


@dataclass(frozen=True)
class UNet2DConditionConfig(UNetEncoderConfig):
    """Shapes of a UNet2DConditionModel, with the defaults of the published `config.json`.

    See `UNetEncoderConfig` for the fields of its first half.
    """

    class_name: ClassVar[str] = "UNet2DConditionModel"
    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {
        **UNetEncoderConfig.inert,
        "center_input_sample": (False,),
        "attention_type": ("default",),
        "dropout": (0.0,),
    }

    sample_size: int | tuple[int, ...] | None = None
    out_channels: int = 4
    up_block_types: tuple[str, ...] = ("UpBlock2D", *(("CrossAttnUpBlock2D",) * 3))
    reverse_transformer_layers_per_block: tuple[Any, ...] | None = None
    mid_block_only_cross_attention: bool | None = None
    cross_attention_norm: str | None = None
    time_cond_proj_dim: int | None = None
    class_embeddings_concat: bool = False
    resnet_skip_time_act: bool = False
    resnet_out_scale_factor: float = 1.0
    time_embedding_type: str = "positional"
    timestep_post_act: str | None = None
    conv_in_kernel: int = 3
    conv_out_kernel: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("time_embedding_type", self.time_embedding_type, ("positional", "fourier"))
        for field in ("conv_in_kernel", "conv_out_kernel"):
            self.require(field, getattr(self, field), (1, 3))
        for name in self.up_block_types:
            self.require("up_block_types", name, UP)
        if not len(self.down_block_types) == len(self.up_block_types) == self.blocks:
            raise LoomError(
                f"UNet2DConditionModel: {self.blocks} widths for {len(self.down_block_types)} down "
                f"and {len(self.up_block_types)} up blocks.",
                field="up_block_types",
            )
        if self.k:
            self._require_k()
        elif self.norm_num_groups is None:
            raise LoomError(
                "UNet2DConditionModel: norm_num_groups is needed by all but K blocks.",
                field="norm_num_groups",
            )
        if self.k or not self.residual:
            # Published only with residual resampling; other blocks have no place for them.
            where = " with these blocks"
            self.require("resnet_skip_time_act", self.resnet_skip_time_act, (False,), where)
            self.require("resnet_out_scale_factor", self.resnet_out_scale_factor, (1.0,), where)
            self.require("cross_attention_norm", self.cross_attention_norm, (None,), where)
        self.require("cross_attention_norm", self.cross_attention_norm, (None, "group_norm"))
        if self.class_embeddings_concat:
            where = " with class_embeddings_concat"
            self.require("addition_embed_type", self.addition_embed_type, (None,), where)

    def _require_k(self) -> None:
        """The layout that k-diffusion's blocks fit together in."""
        down = self.down_block_types
        where = " with K blocks"
        for name in down:
            self.require("down_block_types", name, K, where)
        mirrored = tuple(name.replace("Down", "Up") for name in reversed(down))
        self.require("up_block_types", self.up_block_types, (mirrored,), where)
        self.require("mid_block_type", self.mid_block_type, (None,), where)
        self.require("class_embed_type", self.class_embed_type, (None,), where)
        lowest = (*self.block_out_channels[-2:], self.time_dim)
        if down[-1] == "KCrossAttnDownBlock2D" and len(set(lowest)) > 1:
            raise LoomError(
                "UNet2DConditionModel: the two lowest K blocks and the time embedding must be "
                f"equally wide, and are {', '.join(map(str, lowest))}.",
                field="block_out_channels",
            )

    @property
    def time_dim(self) -> int:
        """Width of the time embedding."""
        fourier = self.time_embedding_type == "fourier"
        return (2 if fourier else 4) * self.block_out_channels[0]

    @property
    def residual(self) -> bool:
        """Whether residual blocks change the resolution somewhere."""
        return any(DOWN[name][1] for name in self.down_block_types) or any(
            UP[name][1] for name in self.up_block_types
        )

    def up(self, index: int) -> StageSettings:
        """The up block `index`, counted from the lowest resolution."""
        attention, residual = UP[self.up_block_types[index]]
        down = self.blocks - 1 - index
        if self.k:
            return self.stage(down, attention, residual, (1,) * self.layers[down])
        field = "reverse_transformer_layers_per_block"
        if self.reverse_transformer_layers_per_block is not None:
            depths = self.each(field)[index]
        else:
            depths = self.each("transformer_layers_per_block")[down]
            if isinstance(depths, tuple):
                raise LoomError(
                    f"UNet2DConditionModel: transformer_layers_per_block={depths} for single "
                    f"ResNets also needs {field}.",
                    field=field,
                )
        return self.stage(
            down, attention, residual, per_block(depths, self.layers[down] + 1, field)
        )

    def mid(self) -> StageSettings | None:
        """The middle block; None where the model has none."""
        stage, only = super().mid(), self.mid_block_only_cross_attention
        if stage is None or stage.attention != "added_kv":
            return stage
        if only is None and isinstance(self.only_cross_attention, bool):
            only = self.only_cross_attention
        return replace(stage, only_cross_attention=bool(only))

    def stage(
        self, index: int, attention: AttentionKind, residual: bool, depths: tuple[int, ...]
    ) -> StageSettings:
        """A stage at the resolution of down block `index`."""
        stage = super().stage(index, attention, residual, depths)
        if self.class_embeddings_concat:
            stage = replace(stage, temb_channels=2 * self.time_dim)
        if not residual:
            return stage
        return replace(
            stage,
            skip_time_act=self.resnet_skip_time_act,
            output_scale_factor=self.resnet_out_scale_factor,
            normalised_context=self.cross_attention_norm == "group_norm",
        )


class UNet2DConditionModel(UNetEncoder):
    """Predicts noise (or x₀, or v) of latents at a timestep, given embeddings of a prompt."""

    config: UNet2DConditionConfig

    def __init__(self, config: UNet2DConditionConfig) -> None:
        super().__init__(
            config,
            config.time_cond_proj_dim,
            config.class_embeddings_concat,
            config.conv_in_kernel,
            config.time_embedding_type == "fourier",
            config.timestep_post_act,
        )
        width, groups, size = (
            config.block_out_channels[0],
            config.norm_num_groups,
            config.conv_out_kernel,
        )
        self.up_blocks = nn.ModuleList(self._up(i) for i in range(config.blocks))
        self.conv_norm_out = GroupNorm(groups, width, eps=config.norm_eps) if groups else None
        self.conv_act = activation(config.act_fn)
        self.conv_out = nn.Conv2d(width, config.out_channels, size, padding=size // 2)

    def _up(self, i: int) -> nn.Module:
        """The up block `i`, counted from the lowest resolution."""
        config, last = self.config, self.config.blocks - 1
        widths = config.block_out_channels[::-1]
        before, after = widths[max(i - 1, 0)], widths[min(i + 1, last)]
        if config.k:
            return KUpStage(config.up(i), after, first=i == 0, last=i == last)
        return UpStage(config.up(i), before, after, last=i == last)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(UNet2DConditionConfig.from_json(data))

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor | float | Embedded,
        encoder_hidden_states: Context | None = None,
        *,
        added: Added | None = None,
        guidance: Tensor | None = None,
        class_labels: Tensor | None = None,
        adapter_states: Sequence[Tensor] | None = None,
        down_residuals: Sequence[Tensor] | None = None,
        mid_residual: Tensor | None = None,
        inner: Inner | None = None,
    ) -> Tensor:
        """The prediction, shaped like `sample` but with `out_channels`.

        Args:
            sample: noisy latents (B, in_channels, h, w), less the channels of a hint.
            timestep: a scalar, or (B,); or `Embedded`, known beforehand for this step.
            encoder_hidden_states: text embeddings (B, L, cross_attention_dim), or as wide as
                `encoder_hid_dim` where the model projects them. Models that read pictures only
                take none. A `ConstantContext` in their place is projected once for all calls.
            added: what the model's `addition_embed_type` asks for; required exactly by those.
            guidance: guidance embedding (B, time_cond_proj_dim) of distilled models.
            class_labels: (B,) or (1,) indices (an upscaler's noise level), or vectors (B, D) that
                the model projects; required exactly by models with a class embedding.
            adapter_states: a T2I-Adapter's tensor for each down block, and for SDXL one more for
                the middle block.
            down_residuals: one tensor for each skip connection, added to it (ControlNet).
            mid_residual: added to the middle block's output (ControlNet).
            inner: where to cut the model, and what lies inside where that is known.

        Raises LoomError for an argument that the model can't use or lacks.
        """
        temb = self.embed(
            sample,
            timestep,
            encoder_hidden_states,
            added=added,
            guidance=guidance,
            class_labels=class_labels,
        )
        context = self.project_context(encoder_hidden_states, added)
        sample = self.join_hint(sample, added)
        self._check_sample(sample)
        if self.config.k and (adapter_states or down_residuals or mid_residual is not None):
            raise LoomError(
                "No ControlNet or T2I-Adapter fits a UNet with K blocks.", field="added"
            )
        states, beyond = self._split(adapter_states)
        if inner is not None:
            self._check_inner(inner)

        x, skips = self._down_half(self.conv_in(sample), temb, context, states, inner)
        if down_residuals is not None:
            count = layers(self.up_blocks)
            if len(down_residuals) != count:
                raise LoomError(
                    f"This UNet has {count} skip connections, and {len(down_residuals)} "
                    "residuals were given.",
                    field="down_residuals",
                    remedy="Use a ControlNet of the same family as the UNet.",
                )
            skips = [skip + extra for skip, extra in zip(skips, down_residuals, strict=False)]
        if x is not None:
            if self.mid_block is not None:
                x = self.mid_block(x, temb, context)
            for extra in (*beyond, mid_residual):
                x = x if extra is None else x + extra
        out = self._up_half(x, skips, temb, context, inner)
        if self.conv_norm_out is not None:
            out = self.conv_act(self.conv_norm_out(out))
        return self.conv_out(out)

    def _down_half(
        self,
        x: Tensor,
        temb: Tensor,
        context: Context | None,
        states: Sequence[Tensor],
        inner: Inner | None,
    ) -> tuple[Tensor | None, list[Tensor]]:
        """What `encode` gives of `x`; only the outer skip connections where the rest is known."""
        if inner is None or inner.features is None:
            return self.encode(x, temb, context, states)
        given = states or [None] * len(self.down_blocks)
        return None, outer_skips(self.down_blocks, inner.branch, x, temb, context, given)

    def _up_half(
        self,
        x: Tensor | None,
        skips: list[Tensor],
        temb: Tensor,
        context: Context | None,
        inner: Inner | None,
    ) -> Tensor:
        """The last up block's output, from the middle block's or from the inner features."""
        blocks = list(self.up_blocks)
        if inner is not None:
            return up_around(blocks, inner, x, skips, temb, context)
        assert x is not None
        out = x
        for block in blocks:
            out = block(out, skips, temb, context)
        return out

    def _check_inner(self, inner: Inner) -> None:
        """Raise LoomError where the model can't be cut there."""
        if self.config.k:
            raise LoomError("A UNet with K blocks can't be cut in two.", field="inner")
        count = layers(self.up_blocks)
        if inner.branch > count:
            raise LoomError(
                f"This UNet has {count} skip connections, and is to be cut at the "
                f"{inner.branch}th.",
                field="branch",
                remedy=f"Cut it at 1 to {count}.",
            )

    def _check_sample(self, sample: Tensor) -> None:
        """Raise LoomError where the channels or sides of (B, C, h, w) don't suit the model."""
        channels = self.config.in_channels
        if sample.shape[1] != channels:
            raise LoomError(
                f"This UNet reads {channels} channels, and the sample has {sample.shape[1]}.",
                field="sample",
            )
        step = 2 ** (self.config.blocks - 1)
        least = 2 * step if self.config.k else 1  # whose filters reach over the edge
        height, width = sample.shape[-2:]
        if self.config.residual and (height % step or width % step or min(height, width) < least):
            beginning = f", of {least} or more" if self.config.k else ""
            raise LoomError(
                f"This UNet takes latents with sides that are multiples of {step}{beginning}, and "
                f"these are {width}×{height}.",
                field="sample",
            )

    def _split(self, states: Sequence[Tensor] | None) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Adapter states of the down blocks, and of the middle block."""
        blocks = self.config.blocks
        if states is None:
            return (), ()
        if len(states) not in (blocks, blocks + 1):
            raise LoomError(
                f"This UNet has {blocks} down blocks, and {len(states)} adapter states were given.",
                field="adapter_states",
                remedy="Use a T2I-Adapter of the same family as the UNet.",
            )
        return states[:blocks], states[blocks:]
