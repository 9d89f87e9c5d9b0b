"""Layers that treat each token alone, over a part of the tokens at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.graph.environment import environment

KEY = "forward"
MIB = 1 << 20


def chunked(layer: Callable[[Tensor], Tensor], tokens: Tensor, width: int) -> Tensor:
    """`layer` of tokens (B, N, D), as many at a time as the running node's environment allows.

    `width` is how many numbers the layer makes of a token on the way. Where nothing is said, in the
    environment, and in what torch compiles, all tokens go at once.
    """
    if torch.compiler.is_compiling():
        return layer(tokens)
    most = environment().get(KEY, "")
    if not most:
        return layer(tokens)
    step = max(1, int(most) * MIB // (width * tokens.shape[0] * tokens.itemsize))
    if step >= tokens.shape[1]:
        return layer(tokens)
    return torch.cat([layer(part) for part in tokens.split(step, dim=1)], dim=1)
