"""Self-attention over fewer tokens, by merging those that are alike: an approximation.

Bolya and Hoffman 2023, "Token Merging for Fast Stable Diffusion"; `blocks.token_merging` is the
mathematics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.diffusion.hooks.base import Hook, Loop, StepHook
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch
    from torch import nn

    from engine.diffusion.model_calls import Asked, ModelCall

MOST = 0.75
"""Every cell but one in four is a source."""


@dataclass(frozen=True, eq=False)
class MergeTokens(Hook):
    """A share `ratio` of the tokens is merged, from 0 (exact) to 0.75.

    It happens in the finest `levels` of the resolutions that have self-attention. One of each 2×2
    cells is kept: a `random` one, drawn for each step from `seed` and the same for all pictures and
    prompts of the batch (section 4.2), or with `fixed` picks always the upper left.
    """

    ratio: float = 0.5
    levels: int = 1
    picks: Literal["random", "fixed"] = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.ratio <= MOST:
            raise LoomError(
                f"Token merging can't merge {self.ratio:g} of the tokens.",
                field="ratio",
                remedy=f"Merge 0 to {MOST:g} of them.",
            )
        if self.levels < 1:
            raise LoomError(
                f"Token merging can't work in {self.levels} levels.",
                field="levels",
                remedy="Choose 1 or more, or leave Token merging out.",
            )

    def begin(self, loop: Loop) -> StepHook:
        """The picks of a run: they depend on the step alone, wherever the run begins."""
        return _Merging(self, loop)


class _Merging(StepHook):
    def __init__(self, settings: MergeTokens, loop: Loop) -> None:
        self.settings = settings
        self.steps, self.grid = len(loop.run.timesteps), loop.shape[2:]
        self.device = loop.device
        self.splits: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def calls(self, asked: Asked, call: ModelCall) -> ModelCall:
        """LoomError for a model that has no transformers."""
        from engine.diffusion.blocks.token_merging import Split, merging

        if self.settings.ratio == 0:
            return call
        if not self.splits:
            self.splits = dict(map(self._split, self._levels(asked.model)))
        here = {
            cells: Split(sources[asked.step], destinations[asked.step], r)
            for cells, (sources, destinations) in self.splits.items()
            if (r := self._most(cells, sources.shape[1])) and destinations.shape[1]
        }

        def through(*args: Any, **others: Any) -> torch.Tensor:
            with merging(here):
                return call(*args, **others)

        return through

    def _most(self, cells: int, sources: int) -> int:
        """How many of a level's cells merge."""
        return min(round(self.settings.ratio * cells), sources)

    def _levels(self, model: nn.Module) -> list[int]:
        """How often the latents' grid is halved where tokens merge."""
        from engine.diffusion.blocks.attention import BasicTransformerBlock

        blocks: Any = getattr(model, "down_blocks", ())
        attends = [
            level
            for level, block in enumerate(blocks)
            if any(
                isinstance(part, BasicTransformerBlock) and not part.only_cross_attention
                for part in block.modules()
            )
        ]
        if not attends:
            raise LoomError(
                "This UNet has no transformers whose tokens could be merged.",
                field="hooks",
                remedy="Leave Token merging out.",
            )
        return attends[: self.settings.levels]

    def _split(self, level: int) -> tuple[int, tuple[torch.Tensor, torch.Tensor]]:
        """The number of a level's cells, and how they are split at each step."""
        import torch

        from engine.diffusion.blocks.token_merging import SIDE, splits

        height, width = self.grid
        for _ in range(level):
            height, width = -(-height // 2), -(-width // 2)
        shape = self.steps, height // SIDE, width // SIDE
        if self.settings.picks == "random":
            generator = torch.Generator().manual_seed(self.settings.seed)
            places = torch.randint(0, SIDE * SIDE, shape, generator=generator)
        else:
            places = torch.zeros(shape, dtype=torch.long)
        sources, destinations = splits(height, width, places)
        return height * width, (sources.to(self.device), destinations.to(self.device))
