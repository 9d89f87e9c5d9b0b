"""Attention of pixels to themselves and to a context at once, as unCLIP's UNets have it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.diffusion.blocks.attention import ConstantContext, Context, KeysValues
from engine.diffusion.blocks.attention_maps import attend_within_reach
from engine.diffusion.blocks.group_norm import GroupNorm


class AddedKVAttention(nn.Module):
    """Pixels (B, C, H, W) attend to a context (B, L, context_dim) and to one another; residual.

    The context's keys and values stand in one row with the pixels' (Nichol et al. 2021, "GLIDE",
    section 2.1). With `only_cross_attention` there is the context alone. `normalised_context` puts
    a group norm over the context's channels before its projections.
    """

    def __init__(
        self,
        channels: int,
        context_dim: int,
        *,
        heads: int,
        head_dim: int,
        groups: int = 32,
        context_groups: int = 32,
        only_cross_attention: bool = False,
        normalised_context: bool = False,
    ) -> None:
        super().__init__()
        inner = heads * head_dim
        self.heads = heads
        self.group_norm = GroupNorm(groups, channels, eps=1e-5)
        self.norm_cross = (
            GroupNorm(context_groups, context_dim, eps=1e-5) if normalised_context else None
        )
        self.to_q = nn.Linear(channels, inner)
        self.to_k = None if only_cross_attention else nn.Linear(channels, inner)
        self.to_v = None if only_cross_attention else nn.Linear(channels, inner)
        self.add_k_proj = nn.Linear(context_dim, inner)
        self.add_v_proj = nn.Linear(context_dim, inner)
        self.to_out = nn.ModuleList([nn.Linear(inner, channels), nn.Dropout(0.0)])

    def forward(self, x: Tensor, context: Context) -> Tensor:
        if isinstance(context, ConstantContext):
            k, v = context.of(self)
        else:
            k, v = self.project_context(context)
        tokens = self.group_norm(x.flatten(2)).transpose(1, 2)  # (B, HW, C)
        if self.to_k is not None and self.to_v is not None:
            k = torch.cat([k, self._split(self.to_k(tokens))], dim=2)  # (B, heads, L + HW, d)
            v = torch.cat([v, self._split(self.to_v(tokens))], dim=2)
        queries = self._split(self.to_q(tokens))
        out = attend_within_reach(self, queries, k, v).transpose(1, 2).flatten(2)
        return x + self.to_out[0](out).transpose(1, 2).unflatten(2, x.shape[-2:])

    def project_context(self, context: Tensor) -> KeysValues:
        """Keys and values, each (B, heads, L, head_dim), of a context (B, L, context_dim)."""
        if self.norm_cross is not None:
            context = self.norm_cross(context.transpose(1, 2)).transpose(1, 2)
        keys, values = self.add_k_proj(context), self.add_v_proj(context)
        return KeysValues(self._split(keys), self._split(values))

    def _split(self, tokens: Tensor) -> Tensor:
        """(B, N, heads · d) → (B, heads, N, d)."""
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)
