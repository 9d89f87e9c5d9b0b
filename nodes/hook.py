"""Approximations that make a run faster: changes to the loop, none of them on by itself."""

from typing import Annotated, Literal

from engine.diffusion.hooks.base import Hook
from engine.graph.spec import Range, Seed, node


@node("hook.cache_blocks", label="Block caching", runs_on="cpu")
def cache_blocks(
    every: Annotated[int, Range(1, 20)] = 3, branch: Annotated[int, Range(1, 16)] = 1
) -> Hook:
    """Computes the whole UNet at some steps only: join it to the hooks of Denoise.

    That is at one step in `every`. In between, only its outermost layers are computed, around the
    features of the last whole step; `branch` counts the skip connections that lie outside. More of
    them, and a smaller `every`, change the picture less; at 1 nothing changes (DeepCache, Ma et al.
    2024).
    """
    from engine.diffusion.hooks.cache_blocks import CacheBlocks

    return CacheBlocks(every, branch)


@node("hook.merge_tokens", label="Token merging", nature="seeded", runs_on="cpu")
def merge_tokens(
    ratio: Annotated[float, Range(0, 0.75, step=0.05)] = 0.5,
    levels: Annotated[int, Range(1, 4)] = 1,
    picks: Literal["random", "fixed"] = "random",
    seed: Annotated[int, Seed()] = 0,
) -> Hook:
    """Merges cells that look alike before they attend to one another: join it to Denoise's hooks.

    A `ratio` of the cells is merged and parted again afterwards, in the finest `levels` of those
    that attend; it saves time in large pictures. Each 2×2 cells keep one to merge with, a `random`
    one at each step, from `seed`, or always the same. At 0 nothing changes (Bolya and Hoffman
    2023).
    """
    from engine.diffusion.hooks.merge_tokens import MergeTokens

    return MergeTokens(ratio, levels, picks, seed)
