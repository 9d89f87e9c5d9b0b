"""A UNet cut along one of its skip connections: what lies outside, around what lies inside.

Ma, Fang and Wang 2024, "DeepCache", section 3.2: features at the inner end of a skip connection
hardly change from step to step, so that neighbouring steps can share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from engine.diffusion.blocks.attention import Context


@dataclass
class Inner:
    """U_{m+1}(·), the features (B, C, h, w) that meet skip connection m, counted from 1 outermost.

    Where they are None a UNet computes all its layers and puts them here; else it computes those
    outside alone, D_1 … D_m on the way down and U_m … U_1 on the way up, around these.
    """

    branch: int
    features: Tensor | None = None


def outer_skips(
    blocks: Iterable[nn.Module],
    count: int,
    x: Tensor,
    temb: Tensor,
    context: Context | None,
    states: Sequence[Tensor | None],
) -> list[Tensor]:
    """The first `count` skip connections of down blocks, D_1(·) … D_m(·); `x` is the first.

    `states` has a T2I-Adapter's tensor, or None, for each block.
    """
    skips = [x]
    for block, state in zip(blocks, states, strict=True):
        if len(skips) == count:
            break
        x, outputs = block(x, temb, context, state, count - len(skips))
        skips += outputs
    return skips


def up_around(
    blocks: Sequence[nn.Module],
    inner: Inner,
    x: Tensor | None,
    skips: list[Tensor],
    temb: Tensor,
    context: Context | None,
) -> Tensor:
    """The up blocks' output, U_1(·), from `x` at the bottom or the inner features that are known.

    Each layer takes a skip connection from the end of `skips`.
    """
    inside = layers(blocks) - inner.branch
    for block in blocks:
        cut = min(inside, layers([block]))  # the layers of this block that lie inside
        inside -= cut
        if inner.features is None and cut:
            x = block(x, skips, temb, context, slice(cut))
        if cut < layers([block]):
            if inner.features is None:
                inner.features = x
            x = block(
                x if x is not None else inner.features, skips, temb, context, slice(cut, None)
            )
    assert x is not None
    return x


def layers(blocks: Iterable[nn.Module]) -> int:
    """How many layers up blocks have, which is how many skip connections they take."""
    return sum(len(block.get_submodule("resnets")) for block in blocks)  # type: ignore[arg-type]
