"""Attention probabilities within reach of others: read, rewritten, differentiated through.

What reaches in is bound to layers for the length of a `with`, in one thread. Layers that nobody
reaches into compute as ever, and never hold their probabilities. A compiled region can't be
reached into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

import torch
from torch import Tensor, nn

from engine.diffusion.blocks.attention_backends import attend

Rewrite = Callable[[Tensor], Tensor]
"""Probabilities (B, heads, N, L), each row adding up to 1, to those that are used."""

_reached: ContextVar[Mapping[nn.Module, Rewrite]] = ContextVar(
    "reached", default=MappingProxyType({})
)


@contextmanager
def reached(layers: Mapping[nn.Module, Rewrite]) -> Iterator[None]:
    """Let each of `layers` use what its function makes of its probabilities."""
    token = _reached.set(layers)
    try:
        yield
    finally:
        _reached.reset(token)


def is_reached(layer: nn.Module) -> bool:
    """Whether something reaches into the probabilities of `layer` now."""
    return layer in _reached.get()


def attend_within_reach(
    layer: nn.Module,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    scale: float | None = None,
) -> Tensor:
    """As `attend`; the probabilities of a `layer` that is reached into go through its function."""
    rewrite = None if torch.compiler.is_compiling() else _reached.get().get(layer)
    if rewrite is None:
        return attend(q, k, v, mask, scale)
    scores = (q * (q.shape[-1] ** -0.5 if scale is None else scale)) @ k.mT
    if mask is not None:
        bias = mask.to(scores.dtype) if mask.dtype != torch.bool else None
        scores = scores.masked_fill(~mask, -torch.inf) if bias is None else scores + bias
    probabilities = scores.softmax(dim=-1, dtype=torch.promote_types(q.dtype, torch.float32))
    return rewrite(probabilities).to(v.dtype) @ v
