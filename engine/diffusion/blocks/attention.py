"""Attention, and the spatial transformer that UNets interleave with their residual blocks."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention_maps import attend_within_reach
from engine.diffusion.blocks.chunking import chunked
from engine.diffusion.blocks.group_norm import GroupNorm
from engine.diffusion.blocks.token_merging import attend_merged


class KeysValues(NamedTuple):
    """What one layer makes of its context: keys and values, each (B, heads, L, d)."""

    keys: Tensor
    values: Tensor


class AttendsToContext(Protocol):
    """A layer that can project its context apart from the rest."""

    def project_context(self, context: Tensor) -> KeysValues:
        """Keys and values of a context (B, L, context_dim)."""
        ...


class ConstantContext:
    """A context (B, L, D) that stays the same from call to call.

    Given in place of the tensor, each layer projects it the first time it is asked, and uses those
    keys and values from then on: in a denoise loop, once a run and not once a step. The numbers are
    the same to the last bit. It must not outlive a change of the layers' weights.
    """

    def __init__(self, embeds: Tensor) -> None:
        self.embeds = embeds
        self._projected: dict[AttendsToContext, KeysValues] = {}

    def of(self, layer: AttendsToContext) -> KeysValues:
        """The keys and values of `layer`."""
        found = self._projected.get(layer)
        if found is None:
            found = self._projected[layer] = layer.project_context(self.embeds)
        return found


Context = Tensor | ConstantContext


class Attention(nn.Module):
    """Multi-head attention of tokens (B, N, dim) over themselves or a context (B, L, context_dim).

    softmax(Q Kᵀ / √d) V per head (Vaswani et al. 2017, equation 1), computed as the run's attention
    backend does.
    """

    def __init__(
        self,
        dim: int,
        *,
        context_dim: int | None = None,
        heads: int = 8,
        head_dim: int = 64,
        bias: bool = False,
    ) -> None:
        super().__init__()
        inner = heads * head_dim
        self.heads = heads
        self.to_q = nn.Linear(dim, inner, bias=bias)
        self.to_k = nn.Linear(context_dim or dim, inner, bias=bias)
        self.to_v = nn.Linear(context_dim or dim, inner, bias=bias)
        self.to_out = nn.ModuleList([nn.Linear(inner, dim), nn.Dropout(0.0)])

    def forward(
        self,
        x: Tensor,
        context: Context | None = None,
        mask: Tensor | None = None,
        scale: float | None = None,
    ) -> Tensor:
        """Tokens (B, N, dim). `mask` and `scale` are those of `attend`."""
        if isinstance(context, ConstantContext):
            keys, values = context.of(self)
        else:
            keys, values = self.project_context(x if context is None else context)
        queries = self._split(self.to_q(x))
        out = attend_within_reach(self, queries, keys, values, mask, scale)
        return self.to_out[0](out.transpose(1, 2).flatten(2))

    def project_context(self, context: Tensor) -> KeysValues:
        """Keys and values, each (B, heads, L, head_dim), of a context (B, L, context_dim)."""
        return KeysValues(self._split(self.to_k(context)), self._split(self.to_v(context)))

    def _split(self, tokens: Tensor) -> Tensor:
        """(B, N, heads · d) → (B, heads, N, d)."""
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SpatialSelfAttention(Attention):
    """Self-attention over the pixels of (B, C, H, W), normalised before and added back after.

    The form that autoencoders and unconditional UNets use. The sum is divided by
    `output_scale_factor`; without `groups` the pixels come in as they are.
    """

    def __init__(
        self,
        channels: int,
        *,
        heads: int = 1,
        groups: int | None = 32,
        eps: float = 1e-6,
        output_scale_factor: float = 1.0,
    ) -> None:
        super().__init__(channels, heads=heads, head_dim=channels // heads, bias=True)
        self.output_scale_factor = output_scale_factor
        self.group_norm = GroupNorm(groups, channels, eps=eps) if groups else None

    def forward(
        self,
        x: Tensor,
        context: Context | None = None,
        mask: Tensor | None = None,
        scale: float | None = None,
    ) -> Tensor:
        h = x if self.group_norm is None else self.group_norm(x)
        tokens = h.flatten(2).transpose(1, 2)  # (B, HW, C)
        out = super().forward(tokens, context, mask, scale)
        x = x + out.transpose(1, 2).unflatten(2, x.shape[-2:])
        return x if self.output_scale_factor == 1.0 else x / self.output_scale_factor


class GEGLU(nn.Module):
    """GELU-gated linear unit: x W₁ · gelu(x W₂) (Shazeer 2020)."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.proj = nn.Linear(dim, inner * 2)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    """The transformer's pointwise network, four times as wide inside."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = nn.ModuleList([GEGLU(dim, dim * 4), nn.Dropout(0.0), nn.Linear(dim * 4, dim)])

    def forward(self, x: Tensor) -> Tensor:
        return chunked(self._whole, x, width=16 * x.shape[-1])

    def _whole(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class BasicTransformerBlock(nn.Module):
    """Self-attention, attention to the text, feed-forward; each pre-normalised and residual.

    With `only_cross_attention` the first attention looks at the text too. Without a context both
    look at the pixels themselves.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        head_dim: int,
        context_dim: int,
        only_cross_attention: bool = False,
    ) -> None:
        super().__init__()
        self.only_cross_attention = only_cross_attention
        self.norm1 = nn.LayerNorm(dim)
        first = context_dim if only_cross_attention else None
        self.attn1 = Attention(dim, context_dim=first, heads=heads, head_dim=head_dim)
        self.norm2 = nn.LayerNorm(dim)
        self.attn2 = Attention(dim, context_dim=context_dim, heads=heads, head_dim=head_dim)
        self.norm3 = nn.LayerNorm(dim)
        self.ff = FeedForward(dim)

    def forward(self, x: Tensor, context: Context | None = None) -> Tensor:
        first = context if self.only_cross_attention else None
        x = x + attend_merged(self.attn1, self.norm1(x), first)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer2DModel(nn.Module):
    """Transformer blocks over the pixels of (B, C, H, W), attending to a context (B, L, D).

    The latent-diffusion spatial transformer (Rombach et al. 2022, section 3.3). The projections in
    and out are 1×1 convolutions, or linear layers with `linear_projection` (SD 2.x, SDXL): the
    same mathematics, stored in another shape.
    """

    def __init__(
        self,
        channels: int,
        *,
        heads: int,
        context_dim: int,
        depth: int = 1,
        groups: int = 32,
        linear_projection: bool = False,
        only_cross_attention: bool = False,
    ) -> None:
        super().__init__()
        head_dim = channels // heads
        inner = heads * head_dim
        self.linear_projection = linear_projection
        self.norm = GroupNorm(groups, channels, eps=1e-6)
        self.transformer_blocks = nn.ModuleList(
            BasicTransformerBlock(inner, heads, head_dim, context_dim, only_cross_attention)
            for _ in range(depth)
        )
        if linear_projection:
            self.proj_in: nn.Module = nn.Linear(channels, inner)
            self.proj_out: nn.Module = nn.Linear(inner, channels)
        else:
            self.proj_in = nn.Conv2d(channels, inner, 1)
            self.proj_out = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor, context: Context | None = None) -> Tensor:
        height, width = x.shape[-2:]
        h = self.norm(x)
        if self.linear_projection:
            h = self.proj_in(h.flatten(2).transpose(1, 2))  # (B, HW, inner)
        else:
            h = self.proj_in(h).flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            h = block(h, context)
        if self.linear_projection:
            h = self.proj_out(h).transpose(1, 2).unflatten(2, (height, width))
        else:
            h = self.proj_out(h.transpose(1, 2).unflatten(2, (height, width)))
        return x + h
