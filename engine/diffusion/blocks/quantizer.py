"""Vector quantisation: latents replaced by the nearest entries of a learnt codebook.

Van den Oord et al. 2017, "Neural Discrete Representation Learning", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Quantised:
    """Quantised latents (B, C, h, w), their entries' numbers (B, h, w), and what training adds.

    Gradients of `latents` go straight to what was quantised. `codebook_loss` moves the entries
    towards what was encoded, `commitment_loss` the encoder towards its entries: the second and
    third term of equation 3, whose weight β is the caller's.
    """

    latents: Tensor
    indices: Tensor
    codebook_loss: Tensor
    commitment_loss: Tensor


class VectorQuantizer(nn.Module):
    """A codebook of `entries` vectors with `channels` numbers each."""

    def __init__(self, entries: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(entries, channels)
        bound = 1.0 / entries
        nn.init.uniform_(self.embedding.weight, -bound, bound)

    def forward(self, z: Tensor) -> Quantised:
        """The entries nearest to latents (B, C, h, w) by Euclidean distance."""
        vectors = z.movedim(1, -1)  # (B, h, w, C)
        distances = torch.cdist(vectors.flatten(0, 2), self.embedding.weight)
        indices = distances.argmin(dim=1).view(vectors.shape[:-1])
        entries = self.lookup(indices)
        return Quantised(
            z + (entries - z).detach(),
            indices,
            F.mse_loss(entries, z.detach()),
            F.mse_loss(z, entries.detach()),
        )

    def lookup(self, indices: Tensor) -> Tensor:
        """The entries (B, C, h, w) of these numbers (B, h, w)."""
        return self.embedding(indices).movedim(-1, 1)
