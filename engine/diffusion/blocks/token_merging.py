"""Similar tokens merged before self-attention and unmerged after it: an approximation.

Bolya and Hoffman 2023, "Token Merging for Fast Stable Diffusion", sections 3 and 4: of each 2×2
cells one is a destination, the others are sources, and the sources that are most like a destination
become one token with it. The matching is that of Bolya et al. 2023, "Token Merging: Your ViT But
Faster", section 3, with the cosine of what the attention reads as the measure; and as there, in
equation 1, a token that s were merged to counts s times: softmax(Q Kᵀ / √d + log s) V. Tokens that
are equal are then merged without any error.

What merges is bound to a model's calls for the length of a `with`, in one thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention_maps import is_reached

SIDE = 2
"""Cells along a side of the squares that have one destination each."""


@dataclass(frozen=True)
class Split:
    """A grid of N cells as indices of sources (N - m,) and destinations (m,); `r` sources merge."""

    sources: Tensor
    destinations: Tensor
    r: int


_merging: ContextVar[Mapping[int, Split]] = ContextVar("merging", default=MappingProxyType({}))


@contextmanager
def merging(splits: Mapping[int, Split]) -> Iterator[None]:
    """Let self-attention over as many cells as a key of `splits` says merge them."""
    token = _merging.set(splits)
    try:
        yield
    finally:
        _merging.reset(token)


def attend_merged(layer: nn.Module, tokens: Tensor, context: Any = None) -> Tensor:
    """`layer(tokens, context)` (B, N, D); over merged tokens where that is wanted.

    What reads a context is left as it is, and so is a layer whose probabilities others reach into:
    they count on a row for each cell.
    """
    split = None if torch.compiler.is_compiling() else _merging.get().get(tokens.shape[1])
    if context is not None or split is None or is_reached(layer):
        return layer(tokens, context)
    home = homes(tokens, split)
    fewer, s = merged(tokens, home, tokens.shape[1] - split.r)
    bias = s.log().to(tokens.dtype)[:, None, None]  # (B, 1, 1, N - r)
    return unmerged(layer(fewer, None, bias), home)


def splits(height: int, width: int, places: Tensor) -> tuple[Tensor, Tensor]:
    """Sources (S, N - m) and destinations (S, m) of a grid of N cells.

    `places` (S, height // 2, width // 2), from 0 to 3, say which of each 2×2 cells is the
    destination, on the CPU. Cells left over by odd sides are sources.
    """
    rows = SIDE * torch.arange(height // SIDE)[:, None] + places // SIDE
    columns = SIDE * torch.arange(width // SIDE) + places % SIDE
    destinations = (rows * width + columns).flatten(1)
    free = torch.ones(len(places), height * width, dtype=torch.bool)
    free.scatter_(1, destinations, False)
    sources = free.nonzero()[:, 1].unflatten(0, (len(places), -1))
    return sources, destinations


def homes(tokens: Tensor, split: Split) -> Tensor:
    """Where each of the tokens (B, N, D) goes when they are merged: indices (B, N) below N - r.

    First come the destinations, then the sources that stay by themselves.
    """
    batch, total, _ = tokens.shape
    unit = F.normalize(tokens, dim=-1)
    scores = unit[:, split.sources] @ unit[:, split.destinations].mT  # (B, N - m, m)
    likeness, nearest = scores.max(dim=-1)
    order = likeness.argsort(dim=-1, descending=True, stable=True)
    staying = order[:, split.r :]
    m = len(split.destinations)
    own = torch.arange(m, total - split.r, device=tokens.device).expand(batch, -1)
    home = torch.empty(batch, total, dtype=torch.long, device=tokens.device)
    home[:, split.destinations] = torch.arange(m, device=tokens.device)
    home[:, split.sources] = nearest.scatter(1, staying, own)
    return home


def merged(tokens: Tensor, home: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The mean of the tokens (B, N, D) of each home, (B, `count`, D), and how many they are, s
    (B, `count`), float32.
    """
    batch, total, dim = tokens.shape
    first = count * torch.arange(batch, device=tokens.device)
    places = (home + first[:, None]).flatten()
    s = torch.zeros(batch * count, device=tokens.device)
    s.scatter_add_(0, places, torch.ones_like(places, dtype=s.dtype))
    sums = torch.zeros(batch * count, dim, device=tokens.device)
    every = tokens.float().reshape(batch * total, dim)
    sums.scatter_add_(0, places[:, None].expand(-1, dim), every)
    means = (sums / s[:, None]).to(tokens.dtype)
    return means.unflatten(0, (batch, count)), s.unflatten(0, (batch, count))


def unmerged(tokens: Tensor, home: Tensor) -> Tensor:
    """Each cell's token (B, N, D): that of its home."""
    return tokens.gather(1, home[..., None].expand(-1, -1, tokens.shape[-1]))
