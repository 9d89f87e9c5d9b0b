"""AutoencoderTiny: TAESD, a small fast stand-in for a diffusion model's autoencoder.

Bohan, "Tiny AutoEncoder for Stable Diffusion" (2023): residual blocks of three convolutions, no
norms and no attention, its latents already on the diffusion model's scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from engine.diffusion.models.config import ModelConfig
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class AutoencoderTinyConfig(ModelConfig):
    """Shapes of an AutoencoderTiny, with the defaults of the published `config.json`.

    All levels of the encoder have one width, and so have those of the decoder. `latent_magnitude`
    and `latent_shift` are about keeping latents as pictures, see `scale_latents`.
    """

    class_name: ClassVar[str] = "AutoencoderTiny"
    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "act_fn": ("relu",),
        "upsample_fn": ("nearest",),
        "upsampling_scaling_factor": (2,),
    }
    latents_mean: ClassVar[None] = None
    latents_std: ClassVar[None] = None

    in_channels: int = 3
    out_channels: int = 3
    encoder_block_out_channels: tuple[int, ...] = (64, 64, 64, 64)
    decoder_block_out_channels: tuple[int, ...] = (64, 64, 64, 64)
    latent_channels: int = 4
    num_encoder_blocks: tuple[int, ...] = (1, 3, 3, 3)
    num_decoder_blocks: tuple[int, ...] = (3, 3, 3, 1)
    latent_magnitude: float = 3
    latent_shift: float = 0.5
    force_upcast: bool = False
    scaling_factor: float = 1.0
    shift_factor: float = 0.0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a parsed `config.json`, whose `block_out_channels` repeat the encoder's widths."""
        return super().from_json({n: v for n, v in data.items() if n != "block_out_channels"})

    def __post_init__(self) -> None:
        for side in ("encoder", "decoder"):
            widths = getattr(self, f"{side}_block_out_channels")
            layers = getattr(self, f"num_{side}_blocks")
            if len(widths) != len(layers) or len(set(widths)) != 1:
                raise LoomError(
                    f"AutoencoderTiny: the {side} needs one width at all its {len(layers)} levels, "
                    f"and its widths are {', '.join(map(str, widths))}.",
                    field=f"{side}_block_out_channels",
                )
        if len(self.num_encoder_blocks) != len(self.num_decoder_blocks):
            raise LoomError(
                f"AutoencoderTiny: the encoder has {len(self.num_encoder_blocks)} levels and the "
                f"decoder {len(self.num_decoder_blocks)}.",
                field="num_decoder_blocks",
            )

    @property
    def factor(self) -> int:
        """Pixels per latent along one side (8 for Stable Diffusion)."""
        return 2 ** (len(self.num_encoder_blocks) - 1)


class TinyBlock(nn.Module):
    """Three convolutions with ReLUs between, plus the input, through a ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.fuse = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.fuse(self.conv(x) + x)


class TinyEncoder(nn.Module):
    """Pictures (B, 3, H, W) in [−1, 1] to latents (B, C, H/f, W/f)."""

    def __init__(self, config: AutoencoderTinyConfig) -> None:
        super().__init__()
        width = config.encoder_block_out_channels[0]
        layers: list[nn.Module] = [nn.Conv2d(config.in_channels, width, 3, padding=1)]
        for level, blocks in enumerate(config.num_encoder_blocks):
            if level > 0:
                layers.append(nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False))
            layers += [TinyBlock(width) for _ in range(blocks)]
        layers.append(nn.Conv2d(width, config.latent_channels, 3, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers((x + 1) / 2)


class TinyDecoder(nn.Module):
    """Latents (B, C, h, w) to pictures (B, 3, h·f, w·f), about [−1, 1].

    The latents are squeezed softly into ±3 first, so that outliers leave no spots.
    """

    def __init__(self, config: AutoencoderTinyConfig) -> None:
        super().__init__()
        width = config.decoder_block_out_channels[0]
        layers: list[nn.Module] = [
            nn.Conv2d(config.latent_channels, width, 3, padding=1),
            nn.ReLU(),
        ]
        for level, blocks in enumerate(config.num_decoder_blocks):
            if level > 0:
                layers.append(nn.Upsample(scale_factor=2))
                layers.append(nn.Conv2d(width, width, 3, padding=1, bias=False))
            layers += [TinyBlock(width) for _ in range(blocks)]
        layers.append(nn.Conv2d(width, config.out_channels, 3, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers((z / 3).tanh() * 3) * 2 - 1


class AutoencoderTiny(nn.Module):
    """Encodes pictures to latents and decodes them, roughly and in milliseconds."""

    def __init__(self, config: AutoencoderTinyConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = TinyEncoder(config)
        self.decoder = TinyDecoder(config)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(AutoencoderTinyConfig.from_json(data))

    def encode(self, x: Tensor) -> Tensor:
        """Latents (B, C, H/f, W/f) of pictures (B, 3, H, W) in [−1, 1]."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Pictures (B, 3, h·f, w·f), about [−1, 1], of latents (B, C, h, w)."""
        return self.decoder(z)

    def scale_latents(self, z: Tensor) -> Tensor:
        """Latents brought into [0, 1], to be kept as a picture; what lies outside is cut off."""
        return (z / (2 * self.config.latent_magnitude) + self.config.latent_shift).clamp(0, 1)

    def unscale_latents(self, kept: Tensor) -> Tensor:
        """Latents of what `scale_latents` made of them."""
        return (kept - self.config.latent_shift) * (2 * self.config.latent_magnitude)
