"""Inner features of the UNet kept from step to step: an approximation.

Ma, Fang and Wang 2024, "DeepCache: Accelerating Diffusion Models for Free", sections 3.2 and 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.diffusion.hooks.base import Hook, Loop, StepHook
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

    from engine.diffusion.model_calls import Asked, ModelCall


@dataclass(frozen=True, eq=False)
class CacheBlocks(Hook):
    """Every N-th step is computed in full, N being `every`, and the steps in between around its
    inner features (1:N inference, section 3.3).

    `branch` is m, the skip connections whose layers every step computes, counted from the outermost
    one: 1 is the fastest, and with all of them just the UNet's bottom is kept. With N = 1 the
    numbers are those of the exact run, to the last bit.
    """

    every: int = 3
    branch: int = 1

    stateful: ClassVar[bool] = True  # a step depends on features of an earlier one

    def __post_init__(self) -> None:
        for field in ("every", "branch"):
            if getattr(self, field) < 1:
                raise LoomError(
                    f"Block caching can't have {field} = {getattr(self, field)}: it counts from 1.",
                    field=field,
                )

    def begin(self, loop: Loop) -> StepHook:
        """A run with nothing kept yet: its first step is computed in full."""
        return _Caching(self, loop.start)


class _Caching(StepHook):
    """`kept` has the features of each conditioning, and the full step that they belong to."""

    def __init__(self, settings: CacheBlocks, start: int) -> None:
        self.settings, self.start = settings, start
        self.kept: dict[str, tuple[int, torch.Tensor]] = {}

    def calls(self, asked: Asked, call: ModelCall) -> ModelCall:
        """In full on every N-th step, and where a conditioning was not asked for at the last one.

        LoomError for a model without skip connections to cut along.
        """
        import torch

        from engine.diffusion.models.inner import Inner
        from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel

        if not isinstance(asked.model, UNet2DConditionModel):
            raise LoomError(
                "Block caching works with UNets that are told a prompt, and this is another model.",
                field="hooks",
                remedy="Leave Block caching out.",
            )
        full = asked.step - (asked.step - self.start) % self.settings.every
        found = [self.kept[name] for name in asked.names if name in self.kept]
        known = len(found) == len(asked.names) and all(step == full for step, _ in found)

        def through(*args: Any, **others: Any) -> torch.Tensor:
            features = torch.cat([features for _, features in found]) if known else None
            inner = Inner(self.settings.branch, features)
            out = call(*args, inner=inner, **others)
            if not known:
                assert inner.features is not None
                parts = inner.features.chunk(len(asked.names))
                self.kept |= {n: (full, p) for n, p in zip(asked.names, parts, strict=True)}
            return out

        return through
