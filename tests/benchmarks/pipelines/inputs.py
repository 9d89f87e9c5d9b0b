"""The same inputs for both sides."""

from __future__ import annotations

import torch

STEPS, GUIDANCE = 20, 7.5
PROMPT, NEGATIVE = "a red fish on a blue background", ""


def sample(size: int, batch: int = 1) -> torch.Tensor:
    """Noise (B, 4, size / 8, size / 8)."""
    return torch.randn(batch, 4, size // 8, size // 8, generator=torch.Generator().manual_seed(1))


def embeds(width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (1, 77, width) of a negative and a positive prompt."""
    generator = torch.Generator().manual_seed(2)
    both = torch.randn(2, 77, width, generator=generator)
    return both[:1], both[1:]
