"""The same inputs for both sides."""

from __future__ import annotations

from typing import Any

import torch

STEPS, GUIDANCE = 20, 7.5
PROMPT, NEGATIVE = "a red fish on a blue background", ""
VARIANT = "fp16"  # of the files of a UNet alone


def sample(size: int, batch: int = 1) -> torch.Tensor:
    """Noise (B, 4, size / 8, size / 8)."""
    return torch.randn(batch, 4, size // 8, size // 8, generator=torch.Generator().manual_seed(1))


def embeds(width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (1, 77, width) of a negative and a positive prompt."""
    generator = torch.Generator().manual_seed(2)
    both = torch.randn(2, 77, width, generator=generator)
    return both[:1], both[1:]


def added(config: Any) -> dict[str, torch.Tensor]:
    """What SDXL is told besides: a pooled vector (1, 1280) and sizes (1, 6); {} for others."""
    if config.addition_embed_type is None:
        return {}
    pooled = torch.randn(1, 1280, generator=torch.Generator().manual_seed(3))
    return {"pooled": pooled, "sizes": torch.tensor([[1024.0, 1024.0, 0.0, 0.0, 1024.0, 1024.0]])}
