"""Attention on the CPU by a kernel of this project's own, compiled for the machine it runs on.

Torch's kernel multiplies small blocks one by one, in bfloat16 a quarter as fast as a large product.
This one keeps a block of scores in the nearest cache. Its float32 differs from torch's by the order
of sums; in bfloat16 scores and sums are float32, as torch's are.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import torch
from torch import Tensor

from engine.diffusion.blocks.native_build import available, build
from engine.graph.errors import LoomError

KEYS = 64  # a tile's, as in the source
LANES = 16
# Wider heads are as fast by torch's own kernel.
WIDEST = {torch.float32: 160, torch.bfloat16: 512}
Strides = ctypes.c_int64 * 3


def suits(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float | None) -> bool:
    """Whether the kernel computes this; without gradients or a mask, among others."""
    d = q.shape[-1]
    return (
        mask is None
        and (scale is None or scale > 0)
        and q.device.type == "cpu"
        and q.dtype in WIDEST
        and q.dtype == k.dtype == v.dtype
        and LANES <= d <= WIDEST[q.dtype]
        and d % 2 == 0
        and v.shape[-1] == d
        and all(x.stride(-1) == 1 and x.numel() > 0 for x in (q, k, v))
        and not (torch.is_grad_enabled() and any(x.requires_grad for x in (q, k, v)))
        and available(q.dtype is torch.bfloat16)
    )


def attention(q: Tensor, k: Tensor, v: Tensor, scale: float | None = None) -> Tensor:
    """As `attention_backends.attend`, for what `suits`. LoomError where it can't be built."""
    batch, heads, rows, d = q.shape
    keys = k.shape[2]
    padded = -(-keys // KEYS) * KEYS
    columns = -(-d // LANES) * LANES
    room = q.new_empty(batch * heads * padded * (d + columns))
    out = q.new_empty(batch, rows, heads, d).transpose(1, 2)
    k, v = (x.expand(batch, heads, keys, d) for x in (k, v))
    tensors = (q, k, v, out)
    _kernel(d, q.dtype is torch.bfloat16)(
        *(x.data_ptr() for x in tensors),
        *(Strides(*x.stride()[:3]) for x in tensors),
        *(batch, heads, rows, keys, d**-0.5 if scale is None else scale, room.data_ptr()),
    )
    return out


@cache
def _kernel(head_dim: int, bfloat16: bool) -> Any:
    try:
        function = ctypes.CDLL(str(build(head_dim, bfloat16))).attention
    except OSError as error:
        raise LoomError(
            f"The attention kernel can't be loaded: {error}.", remedy="Choose sdpa attention."
        ) from error
    function.restype = None
    function.argtypes = [
        *[ctypes.c_void_p] * 4,
        *[Strides] * 4,
        *[ctypes.c_int64] * 4,
        *[ctypes.c_float, ctypes.c_void_p],
    ]
    return function
