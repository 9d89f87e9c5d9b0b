"""VQModel: the autoencoder with a codebook, of latent diffusion (VQ-f4, …) and Kandinsky (MoVQ).

Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis"; Zheng et al. 2022 for
MoVQ, whose decoder the quantised latents modulate at every norm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from engine.diffusion.blocks.quantizer import VectorQuantizer
from engine.diffusion.models.autoencoder import AutoencoderConfig, Decoder, Encoder
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class VQModelConfig(AutoencoderConfig):
    """Shapes of a VQModel, with the defaults of the published `config.json`.

    Codebook entries have `vq_embed_dim` numbers, or `latent_channels` where that is None. The
    decoder's norms are plain ("group") or MoVQ's ("spatial"). `lookup_from_codebook` tells that a
    model's latents come as numbers of entries: see `VQModel.decode_codes`.
    """

    class_name: ClassVar[str] = "VQModel"
    # Other autoencoders say more about their latents.
    shift_factor: ClassVar[None] = None
    latents_mean: ClassVar[None] = None
    latents_std: ClassVar[None] = None

    latent_channels: int = 3
    force_upcast: bool = False
    num_vq_embeddings: int = 256
    vq_embed_dim: int | None = None
    norm_type: str = "group"
    lookup_from_codebook: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm_type not in ("group", "spatial"):
            raise LoomError(
                f"VQModel: norm_type={self.norm_type!r} is not one of group, spatial.",
                field="norm_type",
            )
        if self.norm_type == "spatial" and self.codes != self.latent_channels:
            raise LoomError(
                f"VQModel: norm_type=spatial needs vq_embed_dim ({self.vq_embed_dim}) to equal "
                f"latent_channels ({self.latent_channels}).",
                field="vq_embed_dim",
            )

    @property
    def codes(self) -> int:
        """Numbers in a codebook entry."""
        return self.vq_embed_dim or self.latent_channels


class VQModel(nn.Module):
    """Encodes pictures to latents, which decoding first replaces by their nearest codebook entries.

    `config.scaling_factor` is applied by callers.
    """

    def __init__(self, config: VQModelConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.latent_channels
        self.encoder = Encoder(config, channels)
        self.quant_conv = nn.Conv2d(channels, config.codes, 1)
        self.quantize = VectorQuantizer(config.num_vq_embeddings, config.codes)
        self.post_quant_conv = nn.Conv2d(config.codes, channels, 1)
        self.decoder = Decoder(config, spatial=config.norm_type == "spatial")

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(VQModelConfig.from_json(data))

    def encode(self, x: Tensor) -> Tensor:
        """Latents (B, codes, H/f, W/f), not yet quantised, of pictures (B, 3, H, W) in [−1, 1]."""
        return self.quant_conv(self.encoder(x))

    def decode(self, z: Tensor, *, force_not_quantize: bool = False) -> Tensor:
        """Pictures (B, 3, h·f, w·f), about [−1, 1], of unscaled latents (B, codes, h, w).

        With `force_not_quantize` the latents are decoded as they are (Kandinsky).
        """
        return self._decode(z if force_not_quantize else self.quantize(z).latents)

    def decode_codes(self, indices: Tensor) -> Tensor:
        """Pictures of the codebook entries with these numbers (B, h, w)."""
        return self._decode(self.quantize.lookup(indices))

    def _decode(self, entries: Tensor) -> Tensor:
        condition = (entries,) if self.config.norm_type == "spatial" else ()
        return self.decoder(self.post_quant_conv(entries), *condition)
