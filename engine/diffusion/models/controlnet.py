"""ControlNetModel: a copy of a UNet's encoder that leads the UNet by a picture.

Zhang et al. 2023, "Adding Conditional Control to Text-to-Image Diffusion Models", section 3.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention import Context
from engine.diffusion.models.added_conditioning import AddedConditioning
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.models.unet_config import UNetEncoderConfig
from engine.diffusion.models.unet_encoder import Embedded, UNetEncoder
from engine.graph.errors import LoomError

GUESS_WEAKEST = 0.1  # what the first skip connection's residual is scaled by in guess mode


@dataclass(frozen=True)
class ControlNetConfig(UNetEncoderConfig):
    """Shapes of a ControlNetModel, with the defaults of the published `config.json`.

    See `UNetEncoderConfig` for the fields it shares with its UNet.
    """

    class_name: ClassVar[str] = "ControlNetModel"

    conditioning_channels: int = 3
    controlnet_conditioning_channel_order: str = "rgb"
    conditioning_embedding_out_channels: tuple[int, ...] = (16, 32, 96, 256)
    global_pool_conditions: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.down_block_types:
            self.require("down_block_types", name, ("CrossAttnDownBlock2D", "DownBlock2D"))
        self.require(
            "mid_block_type", self.mid_block_type, ("UNetMidBlock2DCrossAttn", "UNetMidBlock2D")
        )
        self.require("encoder_hid_dim_type", self.context_projection, (None,))
        self.require("addition_embed_type", self.addition_embed_type, (None, "text", "text_time"))
        order = self.controlnet_conditioning_channel_order
        self.require("controlnet_conditioning_channel_order", order, ("rgb", "bgr"))
        if len(self.down_block_types) != self.blocks:
            raise LoomError(
                f"ControlNetModel: {self.blocks} widths for {len(self.down_block_types)} down "
                "blocks.",
                field="down_block_types",
            )

    @property
    def factor(self) -> int:
        """Pixels of the hint to a latent cell's side."""
        return 2 ** (len(self.conditioning_embedding_out_channels) - 1)

    @property
    def skip_widths(self) -> tuple[int, ...]:
        """Channels of the UNet's skip connections, from `conv_in` to the lowest resolution."""
        widths = [self.block_out_channels[0]]
        for i, width in enumerate(self.block_out_channels):
            halved = i < self.blocks - 1
            widths += [width] * (self.layers[i] + halved)
        return tuple(widths)


@dataclass(frozen=True)
class ControlResiduals:
    """What a ControlNet adds to a UNet: to each skip connection, and to the middle block."""

    down: tuple[Tensor, ...]
    mid: Tensor

    def scaled(self, scales: float | Sequence[float]) -> ControlResiduals:
        """All times one scale, or each times its own, the middle block's being the last."""
        count = len(self.down) + 1
        each = [scales] * count if isinstance(scales, (int, float)) else list(scales)
        if len(each) != count:
            raise LoomError(
                f"This ControlNet has {count} residuals, and {len(each)} scales were given.",
                field="scale",
            )
        down = tuple(x * scale for x, scale in zip(self.down, each, strict=False))
        return ControlResiduals(down, self.mid * each[-1])

    def pooled(self) -> ControlResiduals:
        """Their means over all pixels, (B, C, 1, 1) each: controls that have no places."""
        down = tuple(x.mean(dim=(2, 3), keepdim=True) for x in self.down)
        return ControlResiduals(down, self.mid.mean(dim=(2, 3), keepdim=True))


def guess_scales(count: int) -> tuple[float, ...]:
    """Scales of guess mode, from 0.1 rising to 1 by equal factors.

    The finer a residual, the weaker: without a prompt the picture should lead by what it shows and
    not by its details.
    """
    return tuple(GUESS_WEAKEST ** (1 - i / (count - 1)) for i in range(count))


class HintEmbedding(nn.Module):
    """A picture (B, C, f·h, f·w) to features (B, dim, h, w) that are zero before training."""

    def __init__(self, channels: int, widths: Sequence[int], dim: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for width, wider in pairwise(widths):
            self.blocks.append(nn.Conv2d(width, width, 3, padding=1))
            self.blocks.append(nn.Conv2d(width, wider, 3, padding=1, stride=2))
        self.conv_out = _silent(nn.Conv2d(widths[-1], dim, 3, padding=1))

    def forward(self, hint: Tensor) -> Tensor:
        x = F.silu(self.conv_in(hint))
        for block in self.blocks:
            x = F.silu(block(x))
        return self.conv_out(x)


class ControlNetModel(UNetEncoder):
    """Residuals for a UNet's skip connections and middle block, from a hint and what it reads."""

    config: ControlNetConfig

    def __init__(self, config: ControlNetConfig) -> None:
        super().__init__(config)
        widths = config.block_out_channels
        self.controlnet_cond_embedding = HintEmbedding(
            config.conditioning_channels, config.conditioning_embedding_out_channels, widths[0]
        )
        self.controlnet_down_blocks = nn.ModuleList(
            _silent(nn.Conv2d(width, width, 1)) for width in config.skip_widths
        )
        self.controlnet_mid_block = _silent(nn.Conv2d(widths[-1], widths[-1], 1))

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights and silent outlets."""
        return cls(ControlNetConfig.from_json(data))

    @classmethod
    def from_unet(cls, unet: UNet2DConditionModel, **settings: Any) -> Self:
        """A copy of `unet`'s encoder, to be trained: it changes nothing of the UNet's output yet.

        `settings` are fields of `ControlNetConfig`, such as `conditioning_channels`. Raises
        LoomError for a UNet of a kind that ControlNets can't be made of.
        """
        fields = dataclasses.fields(UNetEncoderConfig)
        shared = {field.name: getattr(unet.config, field.name) for field in fields}
        first = next(unet.parameters())
        model = cls(ControlNetConfig(**{**shared, **settings})).to(first.device, first.dtype)
        own = model.state_dict()
        weights = {name: value for name, value in unet.state_dict().items() if name in own}
        model.load_state_dict(weights, strict=False)
        return model

    def embed_hint(self, hint: Tensor) -> Tensor:
        """Features (B, width, h, w) of a hint (B, C, f·h, f·w) in [0, 1], RGB.

        They are the same for all steps of a run.
        """
        channels = self.config.conditioning_channels
        if hint.shape[1] != channels:
            raise LoomError(
                f"This ControlNet reads hints of {channels} channels, and this one has "
                f"{hint.shape[1]}.",
                field="hint",
            )
        if self.config.controlnet_conditioning_channel_order == "bgr":
            hint = hint.flip(1)
        return self.controlnet_cond_embedding(hint)

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor | float,
        encoder_hidden_states: Context | None,
        hint: Tensor,
        *,
        scale: float | Sequence[float] = 1.0,
        guess: bool = False,
        added: AddedConditioning | None = None,
        class_labels: Tensor | None = None,
    ) -> ControlResiduals:
        """The residuals of a hint (B or 1, C, f·h, f·w) in [0, 1]; see `residuals`."""
        return self.residuals(
            sample,
            timestep,
            encoder_hidden_states,
            self.embed_hint(hint),
            scale=scale,
            guess=guess,
            added=added,
            class_labels=class_labels,
        )

    def residuals(
        self,
        sample: Tensor,
        timestep: Tensor | float | Embedded,
        encoder_hidden_states: Context | None,
        features: Tensor,
        *,
        scale: float | Sequence[float] = 1.0,
        guess: bool = False,
        added: AddedConditioning | None = None,
        class_labels: Tensor | None = None,
    ) -> ControlResiduals:
        """What is added to the UNet's skip connections and middle block.

        Args:
            sample: noisy latents (B, in_channels, h, w).
            timestep: a scalar, or (B,); or `Embedded`, known beforehand for this step.
            encoder_hidden_states: text embeddings (B, L, cross_attention_dim).
            features: what `embed_hint` gave, (B or 1, width, h, w).
            scale: of all residuals, or of each one, the middle block's last.
            guess: weakens the finer residuals (`guess_scales`), on top of `scale`; models that pool
                over all pixels have no finer ones.
            added: SDXL's pooled text and sizes; required exactly by SDXL models.
            class_labels: as the UNet takes them.

        Raises LoomError for an argument that the model can't use or lacks.
        """
        temb = self.embed(
            sample, timestep, encoder_hidden_states, added=added, class_labels=class_labels
        )
        context = self.project_context(encoder_hidden_states, added)
        x = self.conv_in(sample)
        if features.shape[-2:] != x.shape[-2:]:
            there, here = ("×".join(map(str, t.shape[:-3:-1])) for t in (features, x))
            raise LoomError(
                f"The hint is for latents of {there}, and these are {here}.",
                field="hint",
                remedy=f"Resize it to {self.config.factor} times the latents' size.",
            )
        x, skips = self.encode(x + features, temb, context)
        if self.mid_block is not None:
            x = self.mid_block(x, temb, context)
        found = ControlResiduals(
            tuple(
                outlet(skip)
                for outlet, skip in zip(self.controlnet_down_blocks, skips, strict=True)
            ),
            self.controlnet_mid_block(x),
        )
        pools = self.config.global_pool_conditions
        if guess and not pools:
            found = found.scaled(guess_scales(len(skips) + 1))
        found = found.scaled(scale)
        return found.pooled() if pools else found


def _silent(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with weights of zero: it adds nothing until it is trained."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
