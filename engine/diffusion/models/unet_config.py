"""What a conditioned UNet and its ControlNet have in common in their published `config.json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast, get_args

from engine.diffusion.blocks.activations import activation
from engine.diffusion.blocks.resnet import TimeNorm
from engine.diffusion.blocks.unet_stages import AttentionKind, StageSettings
from engine.diffusion.models.config import ModelConfig, per_block
from engine.graph.errors import LoomError

# Block names → their attention, and whether residual blocks change the resolution.
DOWN: Mapping[str, tuple[AttentionKind, bool]] = {
    "CrossAttnDownBlock2D": ("transformer", False),
    "DownBlock2D": ("none", False),
    "SimpleCrossAttnDownBlock2D": ("added_kv", True),
    "ResnetDownsampleBlock2D": ("none", True),
    "KDownBlock2D": ("none", True),
    "KCrossAttnDownBlock2D": ("k", True),
}
K = ("KDownBlock2D", "KCrossAttnDownBlock2D")
"""The blocks of k-diffusion's UNets, which go with no others."""
MID: Mapping[str | None, AttentionKind] = {
    "UNetMidBlock2DCrossAttn": "transformer",
    "UNetMidBlock2DSimpleCrossAttn": "added_kv",
    "UNetMidBlock2D": "none",
    None: "none",
}
CLASS_EMBEDDINGS = (None, "timestep", "identity", "projection", "simple_projection")
# The embeddings added to the time's → the context projections that read the same inputs.
ADDED: Mapping[str | None, tuple[str | None, ...]] = {
    None: (None, "text_proj"),
    "text": (None, "text_proj"),
    "text_time": (None, "text_proj"),
    "text_image": ("text_image_proj",),
    "image": ("image_proj",),
    "image_hint": ("image_proj",),
}


@dataclass(frozen=True)
class UNetEncoderConfig(ModelConfig):
    """Shapes of a conditioned UNet's encoder, with the defaults of the published `config.json`.

    `attention_head_dim` keeps its published name although it is the *number* of heads, except in
    the blocks that are called Simple or K. Fields that may be tuples have an entry for each down
    block; an entry of `transformer_layers_per_block` may have one for each ResNet in turn.
    """

    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "downsample_padding": (1,),
        "upcast_attention": (None, False, True),  # attention here accumulates in float32
    }

    in_channels: int = 4
    flip_sin_to_cos: bool = True
    freq_shift: int = 0
    down_block_types: tuple[str, ...] = (*(("CrossAttnDownBlock2D",) * 3), "DownBlock2D")
    mid_block_type: str | None = "UNetMidBlock2DCrossAttn"
    only_cross_attention: bool | tuple[bool, ...] = False
    block_out_channels: tuple[int, ...] = (320, 640, 1280, 1280)
    layers_per_block: int | tuple[int, ...] = 2
    mid_block_scale_factor: float = 1
    act_fn: str = "silu"
    norm_num_groups: int | None = 32
    norm_eps: float = 1e-5
    cross_attention_dim: int | tuple[int, ...] = 1280
    transformer_layers_per_block: int | tuple[Any, ...] = 1
    attention_head_dim: int | tuple[int, ...] = 8
    num_attention_heads: int | tuple[int, ...] | None = None
    use_linear_projection: bool = False
    class_embed_type: str | None = None
    num_class_embeds: int | None = None
    projection_class_embeddings_input_dim: int | None = None
    encoder_hid_dim: int | None = None
    encoder_hid_dim_type: str | None = None
    addition_embed_type: str | None = None
    addition_embed_type_num_heads: int = 64
    addition_time_embed_dim: int | None = None
    resnet_time_scale_shift: str = "default"

    def __post_init__(self) -> None:
        activation(self.act_fn)
        for name in self.down_block_types:
            self.require("down_block_types", name, DOWN)
        self.require("mid_block_type", self.mid_block_type, MID)
        self.require("class_embed_type", self.class_embed_type, CLASS_EMBEDDINGS)
        self.require("resnet_time_scale_shift", self.resnet_time_scale_shift, get_args(TimeNorm))
        self.require("addition_embed_type", self.addition_embed_type, ADDED)
        self.require(
            "encoder_hid_dim_type",
            self.context_projection,
            ADDED[self.addition_embed_type],
            f" with addition_embed_type={self.addition_embed_type!r}",
        )
        self._require_dimensions()

    def _require_dimensions(self) -> None:
        """The widths that the chosen embeddings need."""
        needs: dict[str, str] = {}
        if self.class_embed_type in ("projection", "simple_projection"):
            needs["projection_class_embeddings_input_dim"] = "class_embed_type"
        if self.addition_embed_type == "text_time":
            needs["projection_class_embeddings_input_dim"] = "addition_embed_type"
            needs["addition_time_embed_dim"] = "addition_embed_type"
        if self.encoder_hid_dim_type is not None:
            needs["encoder_hid_dim"] = "encoder_hid_dim_type"
        for field, because in needs.items():
            if getattr(self, field) is None:
                raise LoomError(
                    f"{self.class_name}: {because}={getattr(self, because)!r} also needs {field}.",
                    field=field,
                )
        if self.context_projection is not None and isinstance(self.cross_attention_dim, tuple):
            raise LoomError(
                f"{self.class_name}: encoder_hid_dim_type={self.context_projection!r} needs one "
                f"cross_attention_dim for all blocks, not {self.cross_attention_dim}.",
                field="cross_attention_dim",
            )

    def require(self, field: str, value: object, known: Iterable[object], where: str = "") -> None:
        """Raise LoomError naming `field` and `value` unless it is one of the `known`."""
        known = tuple(known)
        if value not in known:
            raise LoomError(
                f"{self.class_name}: {field}={value!r} is not implemented{where}; known: "
                f"{', '.join(map(str, known))}.",
                field=field,
            )

    @property
    def blocks(self) -> int:
        """The number of resolutions."""
        return len(self.block_out_channels)

    @property
    def context_projection(self) -> str | None:
        """How embeddings become the attention's context; None where they are it already."""
        if self.encoder_hid_dim_type is None and self.encoder_hid_dim is not None:
            return "text_proj"
        return self.encoder_hid_dim_type

    @property
    def k(self) -> bool:
        """Whether the stages are those of k-diffusion."""
        return any(name in K for name in self.down_block_types)

    @property
    def time_dim(self) -> int:
        """Width of the time embedding."""
        return 4 * self.block_out_channels[0]

    def each(self, field: str) -> tuple[Any, ...]:
        """The values of `field`, one for each down block."""
        return per_block(getattr(self, field), self.blocks, field)

    @property
    def heads(self) -> tuple[int, ...]:
        """`attention_head_dim` of each down block."""
        field = "num_attention_heads" if self.num_attention_heads else "attention_head_dim"
        return self.each(field)

    @property
    def layers(self) -> tuple[int, ...]:
        """ResNets of each down block."""
        return self.each("layers_per_block")

    @property
    def needs_context(self) -> bool:
        """Whether there is attention that can't look at the pixels in place of a context."""
        stages = [self.mid(), *map(self.down, range(self.blocks))]
        return any(
            stage is not None and stage.attention != "none" and stage.context_dim != stage.width
            for stage in stages
        )

    def down(self, index: int) -> StageSettings:
        """The down block `index`, counted from the highest resolution."""
        attention, residual = DOWN[self.down_block_types[index]]
        depths = self.each("transformer_layers_per_block")[index]
        count = self.layers[index]
        return self.stage(
            index,
            attention,
            residual,
            per_block(depths, count, "transformer_layers_per_block"),
        )

    def mid(self) -> StageSettings | None:
        """The middle block; None where the model has none."""
        if self.mid_block_type is None:
            return None
        depths = self.each("transformer_layers_per_block")[-1]
        attention = MID[self.mid_block_type]
        depth = depths[0] if isinstance(depths, tuple) else depths
        stage = self.stage(-1, attention, attention == "added_kv", (depth,))
        return replace(
            stage,
            only_cross_attention=False,
            output_scale_factor=self.mid_block_scale_factor,
        )

    def stage(
        self, index: int, attention: AttentionKind, residual: bool, depths: tuple[int, ...]
    ) -> StageSettings:
        """A stage at the resolution of down block `index`."""
        width, heads = self.block_out_channels[index], self.heads[index]
        simple = attention in ("added_kv", "k")
        return StageSettings(
            width=width,
            depths=depths,
            temb_channels=self.time_dim,
            context_dim=self.each("cross_attention_dim")[index],
            heads=width // heads if simple else heads,
            head_dim=heads if simple else width // heads,
            attention=attention,
            residual_resampling=residual,
            only_cross_attention=self.each("only_cross_attention")[index],
            linear_projection=self.use_linear_projection,
            groups=self.norm_num_groups or 0,
            eps=self.norm_eps,
            act_fn=self.act_fn,
            time_embedding_norm=cast(TimeNorm, self.resnet_time_scale_shift),
        )
