"""The half of a conditioned UNet that reads: its embeddings, down blocks and middle block.

`UNet2DConditionModel` puts up blocks after it (Rombach et al. 2022, sections 3.2–3.3), and
`ControlNetModel` is a copy of it with outlets (Zhang et al. 2023, section 3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.diffusion.blocks import added_embeddings
from engine.diffusion.blocks.attention import ConstantContext, Context
from engine.diffusion.blocks.context_projections import ImageTokens, TextImageTokens
from engine.diffusion.blocks.embeddings import (
    FourierEmbedding,
    TimestepEmbedding,
    sinusoidal_embedding,
)
from engine.diffusion.blocks.k_stages import KDownStage
from engine.diffusion.blocks.unet_stages import DownStage, MidStage
from engine.diffusion.models.added_conditioning import (
    TAKES,
    Added,
    AddedConditioning,
    ImageConditioning,
    ImageHintConditioning,
    TextImageConditioning,
)
from engine.diffusion.models.unet_config import UNetEncoderConfig
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Embedded:
    """In the place of a timestep: all that the residual blocks are told, (B, 4·width), known."""

    vectors: Tensor


class UNetEncoder(nn.Module):
    """Latents to the middle block's output, and the skip connections on the way.

    `guidance_dim` is the width of a guidance embedding (models distilled to take the guidance scale
    as an input); `concat_classes` puts the class embedding beside the time's instead of adding it.
    `stem` is the first convolution's size; with `fourier` the time is embedded at frequencies that
    are among the weights, and `post_act` is an activation after that.
    """

    def __init__(
        self,
        config: UNetEncoderConfig,
        guidance_dim: int | None = None,
        concat_classes: bool = False,
        stem: int = 3,
        fourier: bool = False,
        post_act: str | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.concat_classes = concat_classes
        self.needs_context = config.needs_context
        widths = config.block_out_channels
        self.conv_in = nn.Conv2d(config.in_channels, widths[0], stem, padding=stem // 2)
        features = 2 * widths[0] if fourier else widths[0]
        self.time_proj = (
            FourierEmbedding(widths[0], 1.0, log=False, flip_sin_to_cos=config.flip_sin_to_cos)
            if fourier
            else None
        )
        self.time_embedding = TimestepEmbedding(
            features, config.time_dim, guidance_dim, config.act_fn, post_act
        )
        self.encoder_hid_proj = _context_projection(config)
        self.class_embedding = _class_embedding(config)
        self.add_embedding = _added_embedding(config)
        stage = KDownStage if config.k else DownStage
        self.down_blocks = nn.ModuleList(
            stage(config.down(i), widths[max(i - 1, 0)], last=i == config.blocks - 1)
            for i in range(config.blocks)
        )
        mid = config.mid()
        self.mid_block = MidStage(mid) if mid else None

    def sinusoids(self, values: Tensor, dim: int) -> Tensor:
        """Sinusoids (N, dim) of N numbers, in the order of the config and the model's dtype."""
        flip, shift = self.config.flip_sin_to_cos, self.config.freq_shift
        found = sinusoidal_embedding(values, dim, flip_sin_to_cos=flip, freq_shift=shift)
        return found.to(self.conv_in.weight.dtype)

    def embed_time(
        self, timestep: Tensor | float, batch: int, guidance: Tensor | None = None
    ) -> Tensor:
        """The time embedding (batch, 4·width) of a scalar timestep or one for each sample.

        `guidance` (batch, time_cond_proj_dim) is the guidance embedding of distilled models.
        """
        if guidance is not None and self.time_embedding.cond_proj is None:
            raise LoomError(
                "This UNet takes no guidance embedding: it has no time_cond_proj_dim.",
                field="guidance",
                remedy="Guide it with an empty prompt instead, or use a distilled model.",
            )
        t = torch.as_tensor(timestep, device=self.conv_in.weight.device).reshape(-1).expand(batch)
        if self.time_proj is None:
            sinusoids = self.sinusoids(t, self.config.block_out_channels[0])
        else:
            sinusoids = self.time_proj(t)
        return self.time_embedding(sinusoids, guidance)

    def embed_classes(self, labels: Tensor | None, batch: int) -> Tensor | None:
        """The class embedding (batch, 4·width) of labels; None for a model without classes.

        Labels are indices (batch,) or (1,), or for projections vectors (batch, D).
        """
        if self.class_embedding is None:
            if labels is not None:
                raise LoomError("This UNet takes no class labels.", field="class_labels")
            return None
        if labels is None:
            raise LoomError(
                f"This UNet needs class labels: it has {self._classes}.", field="class_labels"
            )
        labels = labels.expand(batch, *labels.shape[1:])
        if self.config.class_embed_type == "timestep":
            labels = self.sinusoids(labels, self.config.block_out_channels[0])
        elif self.config.class_embed_type is not None:
            labels = labels.to(self.conv_in.weight.dtype)
        return self.class_embedding(labels)

    @property
    def _classes(self) -> str:
        kind = self.config.class_embed_type
        return f"class_embed_type={kind!r}" if kind else f"{self.config.num_class_embeds} classes"

    def embed_added(self, added: Added) -> Tensor:
        """The embedding (B, 4·width) of what is told beside time and text; added to the time's."""
        self._check_added(added)
        dtype = self.conv_in.weight.dtype
        embed: Any = self.add_embedding
        match added:
            case AddedConditioning():
                sizes = self.sinusoids(
                    added.time_ids.flatten(), self.config.addition_time_embed_dim or 0
                ).reshape(added.time_ids.shape[0], -1)
                features = torch.cat([added.text_embeds.to(dtype), sizes], dim=-1)
                width = self.config.projection_class_embeddings_input_dim
                if features.shape[-1] != width:
                    raise LoomError(
                        f"This UNet reads {width} numbers of pooled text and sizes, and "
                        f"{features.shape[-1]} were given, for {added.time_ids.shape[-1]} sizes.",
                        field="added",
                        remedy="SDXL's base takes six sizes and its refiner five.",
                    )
                return embed(features)
            case TextImageConditioning():
                return embed(added.text_embeds.to(dtype), added.image_embeds.to(dtype))
            case ImageConditioning() | ImageHintConditioning():
                return embed(added.image_embeds.to(dtype))

    def _check_added(self, added: Added | None) -> None:
        """Raise LoomError unless `added` is what the model takes, which may be nothing."""
        takes = TAKES.get(self.config.addition_embed_type)
        if takes is None and added is not None:
            raise LoomError(
                f"This UNet takes no {type(added).__name__}: its addition_embed_type is "
                f"{self.config.addition_embed_type!r}.",
                field="added",
            )
        if takes is not None and not isinstance(added, takes[0]):
            given = "nothing" if added is None else type(added).__name__
            raise LoomError(
                f"This UNet needs {takes[1]} ({takes[0].__name__}), and {given} was given.",
                field="added",
            )

    def embed(
        self,
        sample: Tensor,
        timestep: Tensor | float | Embedded,
        context: Context | None,
        *,
        added: Added | None = None,
        guidance: Tensor | None = None,
        class_labels: Tensor | None = None,
    ) -> Tensor:
        """All that the residual blocks are told: (B, 4·width), or twice that beside classes.

        `context` is what `forward` was given, before its projection.
        """
        if isinstance(timestep, Embedded):
            return timestep.vectors
        temb = self.embed_time(timestep, sample.shape[0], guidance)
        beside = self.embed_beside(sample.shape[0], context, added, class_labels)
        return self.join_beside(temb, *beside)

    def embed_beside(
        self,
        batch: int,
        context: Context | None,
        added: Added | None = None,
        class_labels: Tensor | None = None,
    ) -> tuple[Tensor | None, Tensor | None]:
        """The embeddings (batch, 4·width) of classes and of what is added, None where there is
        none: all that the residual blocks are told that stays the same from step to step.
        """
        self._check_added(added)
        classes = self.embed_classes(class_labels, batch)
        if added is not None:
            return classes, self.embed_added(added)
        if isinstance(self.add_embedding, added_embeddings.TextEmbedding):
            return classes, self.add_embedding(_embeds(self._given(context)))
        return classes, None

    def join_beside(self, temb: Tensor, classes: Tensor | None, rest: Tensor | None) -> Tensor:
        """The time embedding with those beside it."""
        if classes is not None:
            temb = torch.cat([temb, classes], dim=-1) if self.concat_classes else temb + classes
        return temb if rest is None else temb + rest

    def project_context(
        self, context: Context | None, added: Added | None = None
    ) -> Context | None:
        """What the attention reads (B, L, cross_attention_dim), from what `forward` was given.

        A constant context stays one where nothing is projected.
        """
        self._check_added(added)
        dtype = self.conv_in.weight.dtype
        match self.encoder_hid_proj:
            case None:
                return self._given(context) if self.needs_context else context
            case ImageTokens():
                if context is not None:
                    raise LoomError(
                        "This UNet reads a picture's vector and no text embeddings.",
                        field="encoder_hidden_states",
                    )
                assert isinstance(added, ImageConditioning | ImageHintConditioning)
                return self.encoder_hid_proj(added.image_embeds.to(dtype))
            case TextImageTokens():
                assert isinstance(added, TextImageConditioning)
                text = _embeds(self._given(context))
                return self.encoder_hid_proj(text, added.image_embeds.to(dtype))
            case _:
                return self.encoder_hid_proj(_embeds(self._given(context)))

    def _given(self, context: Context | None) -> Context:
        """`context`, when it is there and as wide as the model reads."""
        width = self.config.encoder_hid_dim or self.config.each("cross_attention_dim")[0]
        found = None if context is None else _embeds(context).shape[-1]
        if context is None or found != width:
            given = "none" if found is None else f"ones {found} wide"
            raise LoomError(
                f"This UNet needs text embeddings {width} wide, and {given} were given.",
                field="encoder_hidden_states",
                remedy="Encode the prompt with a text encoder of the same family.",
            )
        return context

    def join_hint(self, sample: Tensor, added: Added | None) -> Tensor:
        """The sample with a hint's channels behind its own, where the model has hints."""
        if not isinstance(added, ImageHintConditioning):
            return sample
        assert isinstance(self.add_embedding, added_embeddings.ImageHintEmbedding)
        return torch.cat([sample, self.add_embedding.channels(added.hint.to(sample.dtype))], dim=1)

    def encode(
        self,
        x: Tensor,
        temb: Tensor,
        context: Context | None,
        adapter_states: Sequence[Tensor] = (),
    ) -> tuple[Tensor, list[Tensor]]:
        """The last down block's output of `x`, what `conv_in` gave, and all skip connections.

        `adapter_states` has one tensor for each down block, or is empty.
        """
        skips = [x]
        states: Sequence[Tensor | None] = adapter_states or [None] * len(self.down_blocks)
        for block, state in zip(self.down_blocks, states, strict=True):
            x, outputs = block(x, temb, context, state)
            skips += outputs
        return x, skips


def _embeds(context: Context) -> Tensor:
    return context.embeds if isinstance(context, ConstantContext) else context


def _context_projection(config: UNetEncoderConfig) -> nn.Module | None:
    kind, width, dim = config.context_projection, config.encoder_hid_dim, config.cross_attention_dim
    if kind is None:
        return None
    assert width is not None and isinstance(dim, int)
    if kind == "text_image_proj":
        return TextImageTokens(width, dim, dim)
    return ImageTokens(width, dim) if kind == "image_proj" else nn.Linear(width, dim)


def _class_embedding(config: UNetEncoderConfig) -> nn.Module | None:
    width = config.projection_class_embeddings_input_dim or 0
    match config.class_embed_type:
        case "timestep":
            first = config.block_out_channels[0]
            return TimestepEmbedding(first, config.time_dim, act_fn=config.act_fn)
        case "identity":
            return nn.Identity()
        case "projection":
            return TimestepEmbedding(width, config.time_dim)
        case "simple_projection":
            return nn.Linear(width, config.time_dim)
        case _:
            count = config.num_class_embeds
            return nn.Embedding(count, config.time_dim) if count is not None else None


def _added_embedding(config: UNetEncoderConfig) -> nn.Module | None:
    width, context, dim = config.encoder_hid_dim, config.cross_attention_dim, config.time_dim
    match config.addition_embed_type:
        case "text_time":
            return TimestepEmbedding(config.projection_class_embeddings_input_dim or 0, dim)
        case "text":
            heads = config.addition_embed_type_num_heads
            text_dim = width or config.each("cross_attention_dim")[0]
            return added_embeddings.TextEmbedding(text_dim, dim, heads)
        case "text_image":
            assert isinstance(context, int)
            return added_embeddings.TextImageEmbedding(context, context, dim)
        case "image":
            return added_embeddings.ImageEmbedding(width or 0, dim)
        case "image_hint":
            return added_embeddings.ImageHintEmbedding(width or 0, dim)
        case _:
            return None
