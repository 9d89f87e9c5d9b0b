"""softmax(Q Kᵀ · scale + mask) V, computed in one of several ways: the one seam for all models.

The numeric environment of the run chooses (`engine.graph.environment`), so that the choice is in
each key and in what a picture says of how it was made. Outside of a run it is torch's own way. A
region that torch compiles uses that too: a compiler can't see the choice. So do the encoders of the
transformers library, whose few tokens need no other.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.diffusion.blocks import native_attention
from engine.graph.environment import environment
from engine.graph.errors import LoomError

SDPA, NATIVE, XFORMERS, SLICED = "sdpa", "native", "xformers", "sliced"
MIB = 1 << 20


def attend(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    """Attention of queries (B, heads, N, d) over keys (B, heads, L, d) and values (B, heads, L, e).

    `mask` can be spread to (B, heads, N, L): True where a query may look, or numbers that are added
    to the scores. `scale` is 1/√d where none is given. Returns (B, heads, N, e). What the native
    kernel has no form for torch computes. Raises LoomError for a backend that can't be used here.
    """
    if torch.compiler.is_compiling():
        return F.scaled_dot_product_attention(q, k, v, mask, scale=scale)
    name, _, size = environment().get("attention", SDPA).partition(":")
    if name == SDPA:
        return F.scaled_dot_product_attention(q, k, v, mask, scale=scale)
    if name == NATIVE:
        if native_attention.suits(q, k, v, mask, scale):
            return native_attention.attention(q, k, v, scale)
        return F.scaled_dot_product_attention(q, k, v, mask, scale=scale)
    if name == XFORMERS:
        return _xformers(q, k, v, mask, scale)
    if name == SLICED:
        return sliced(q, k, v, mask, scale, most=int(size) * MIB)
    raise LoomError(f"There is no attention backend called {name!r}.")


def sliced(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    scale: float | None = None,
    *,
    most: int,
) -> Tensor:
    """As `attend`, over so many heads and queries at a time as take no more than `most` bytes.

    A single query of a single head is computed whole, whatever it takes.
    """
    batch, heads, rows, d = q.shape
    head_step, row_step = slices(heads, rows, k.shape[2], q.dtype, most)
    factor: float = d**-0.5 if scale is None else scale
    if mask is not None:
        mask = mask.expand(batch, heads, rows, k.shape[2])
    out = q.new_empty(batch, heads, rows, v.shape[-1])
    for b in range(batch):
        for h in range(0, heads, head_step):
            keys, values = k[b, h : h + head_step].mT, v[b, h : h + head_step]
            for n in range(0, rows, row_step):
                part = (b, slice(h, h + head_step), slice(n, n + row_step))
                scores = (q[part] * factor) @ keys  # (heads of the slice, rows of it, L)
                if mask is not None:
                    scores = _masked(scores, mask[part])
                out[part] = scores.softmax(-1, dtype=_precise(q.dtype)).to(q.dtype) @ values
    return out


def slices(heads: int, rows: int, keys: int, dtype: torch.dtype, most: int) -> tuple[int, int]:
    """How many heads, and how many queries of each, a slice of at most `most` bytes has.

    What a query takes: its scores, and their softmax in at least float32.
    """
    row = keys * (dtype.itemsize + _precise(dtype).itemsize)
    if rows * row > most:
        return 1, max(1, most // row)
    return min(heads, most // (rows * row)), rows


def _precise(dtype: torch.dtype) -> torch.dtype:
    return torch.promote_types(dtype, torch.float32)


def _masked(scores: Tensor, mask: Tensor) -> Tensor:
    return scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask


def _xformers(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float | None) -> Tensor:
    remedy = "Choose sdpa or sliced attention."
    if not q.is_cuda:
        raise LoomError(
            f"xFormers computes attention on NVIDIA cards only, and this is on {q.device.type}.",
            remedy=remedy,
        )
    try:
        ops: Any = importlib.import_module("xformers.ops")
    except ImportError as error:
        raise LoomError(f"xFormers can't be used: {error}.", remedy=remedy) from error
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))  # (B, N, heads, d)
    bias = None if mask is None else _aligned(mask, q, k.shape[1])
    try:
        return ops.memory_efficient_attention(q, k, v, bias, scale=scale).transpose(1, 2)
    except NotImplementedError as error:
        raise LoomError(
            f"xFormers has no attention for heads of {q.shape[-1]} in {q.dtype} on this card.",
            remedy=remedy,
        ) from error


def _aligned(mask: Tensor, q: Tensor, keys: int) -> Tensor:
    """`mask` as numbers (B, heads, N, L) whose rows begin at multiples of eight in memory."""
    batch, rows, heads, _ = q.shape
    bias = q.new_zeros(batch, heads, rows, -(-keys // 8) * 8)[..., :keys]
    if mask.dtype == torch.bool:
        return bias.masked_fill_(~mask, -torch.inf)
    return bias.add_(mask)
