"""From other models' embeddings to the tokens that a UNet's attention reads."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ImageTokens(nn.Module):
    """A picture's embedding (B, image_dim) as `count` tokens (B, count, dim), normalised.

    Kandinsky 2.2's whole context; the unCLIP scheme (Ramesh et al. 2022, section 2.1).
    """

    def __init__(self, image_dim: int, dim: int, count: int = 32) -> None:
        super().__init__()
        self.count = count
        self.image_embeds = nn.Linear(image_dim, count * dim)
        self.norm = nn.LayerNorm(dim)

    def forward(self, image: Tensor) -> Tensor:
        return self.norm(self.image_embeds(image).unflatten(-1, (self.count, -1)))


class TextImageTokens(nn.Module):
    """Tokens of a picture's embedding (B, image_dim), then a text's states (B, L, text_dim).

    The result is (B, count + L, dim): Kandinsky 2.1's context.
    """

    def __init__(self, text_dim: int, image_dim: int, dim: int, count: int = 10) -> None:
        super().__init__()
        self.count = count
        self.image_embeds = nn.Linear(image_dim, count * dim)
        self.text_proj = nn.Linear(text_dim, dim)

    def forward(self, text: Tensor, image: Tensor) -> Tensor:
        tokens = self.image_embeds(image).unflatten(-1, (self.count, -1))  # (B, count, dim)
        return torch.cat([tokens, self.text_proj(text)], dim=1)
