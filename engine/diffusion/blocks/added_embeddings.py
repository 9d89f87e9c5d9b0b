"""What is added to the time embedding (B, dim): pooled texts, pictures, hints."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from engine.diffusion.blocks.attention_backends import attend


class AttentionPooling(nn.Module):
    """One vector (B, dim) of tokens (B, L, dim): their mean attends to itself and to them.

    CLIP's pooling (Radford et al. 2021, section 2.4), with one place embedding for the mean.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.randn(1, dim) / dim**0.5)
        self.k_proj = nn.Linear(dim, dim)
        self.q_proj = nn.Linear(dim, dim)
        self.v_proj = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        mean = tokens.mean(dim=1, keepdim=True) + self.positional_embedding.to(tokens.dtype)
        tokens = torch.cat([mean, tokens], dim=1)  # (B, 1 + L, dim)
        q, k, v = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, N, d)
            for projected in (self.q_proj(mean), self.k_proj(tokens), self.v_proj(tokens))
        )
        return attend(q, k, v).transpose(1, 2).flatten(1)


class TextEmbedding(nn.Module):
    """Text states (B, L, text_dim), pooled by attention and normalised on both sides."""

    def __init__(self, text_dim: int, dim: int, heads: int = 64) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(text_dim)
        self.pool = AttentionPooling(text_dim, heads)
        self.proj = nn.Linear(text_dim, dim)
        self.norm2 = nn.LayerNorm(dim)

    def forward(self, text: Tensor) -> Tensor:
        return self.norm2(self.proj(self.pool(self.norm1(text))))


class TextImageEmbedding(nn.Module):
    """A text's vector (B, text_dim), normalised, and a picture's (B, image_dim): Kandinsky 2.1."""

    def __init__(self, text_dim: int, image_dim: int, dim: int) -> None:
        super().__init__()
        self.text_proj = nn.Linear(text_dim, dim)
        self.text_norm = nn.LayerNorm(dim)
        self.image_proj = nn.Linear(image_dim, dim)

    def forward(self, text: Tensor, image: Tensor) -> Tensor:
        return self.image_proj(image) + self.text_norm(self.text_proj(text))


class ImageEmbedding(nn.Module):
    """A picture's vector (B, image_dim), normalised: Kandinsky 2.2."""

    def __init__(self, image_dim: int, dim: int) -> None:
        super().__init__()
        self.image_proj = nn.Linear(image_dim, dim)
        self.image_norm = nn.LayerNorm(dim)

    def forward(self, image: Tensor) -> Tensor:
        return self.image_norm(self.image_proj(image))


class ImageHintEmbedding(ImageEmbedding):
    """Beside the picture's vector, a hint (B, 3, 8h, 8w) that becomes four latent channels.

    The channels are joined to the UNet's sample: Kandinsky 2.2's ControlNet.
    """

    def __init__(self, image_dim: int, dim: int) -> None:
        super().__init__(image_dim, dim)
        widths = (3, 16, 16, 32, 32, 96, 96, 256)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            stride = 2 if outputs > inputs > 3 else 1
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, stride=stride), nn.SiLU()]
        self.input_hint_block = nn.Sequential(*layers, nn.Conv2d(256, 4, 3, padding=1))

    def channels(self, hint: Tensor) -> Tensor:
        """The hint's latent channels (B, 4, h, w)."""
        return self.input_hint_block(hint)
