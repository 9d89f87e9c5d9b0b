"""Recording where in the picture a run looks for each word.

The probabilities of cross-attention, averaged over heads, layers and steps (Tang et al. 2022,
"What the DAAM", section 3), each layer's brought to the finest recorded grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.diffusion.guidance.base import POSITIVE
from engine.diffusion.hooks.base import Hook, Loop, StepHook
from engine.diffusion.values import AttentionMaps
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

    from engine.diffusion.attention_reach import Place


@dataclass(frozen=True, eq=False)
class RecordAttention(Hook):
    """Record steps from `start` to `end`, fractions of the run.

    `layers` are parts of layer names (`up_blocks`, `mid`), any of which is enough; none for all.
    """

    layers: tuple[str, ...] = ()
    start: float = 0.0
    end: float = 1.0

    stateful: ClassVar[bool] = True  # it must see every step

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 1:
            raise LoomError(
                f"Attention can't be recorded from {self.start:g} to {self.end:g} of the run.",
                field="start",
                remedy="Start before the end, both from 0 to 1.",
            )

    def begin(self, loop: Loop) -> Recording:
        """A recording of one run."""
        return Recording(self, loop)


class Recording(StepHook):
    """Sums of what was seen so far, by the shape of the layers' grids."""

    def __init__(self, settings: RecordAttention, loop: Loop) -> None:
        self.settings = settings
        self.batch, _, *self.grid = loop.shape
        total = len(loop.run.timesteps)
        self.steps = range(round(settings.start * total), round(settings.end * total))
        self.sums: dict[tuple[int, int], torch.Tensor] = {}
        self.layers: set[str] = set()
        self.count = 0

    def reaches(self, place: Place) -> bool:
        """Cross-attention of the layers it was told, while it asks for the positive prompt."""
        wanted = self.settings.layers
        return (
            place.cross
            and place.step in self.steps
            and self._row(place) is not None
            and (not wanted or any(part in place.layer for part in wanted))
        )

    def attention(self, place: Place, probabilities: torch.Tensor) -> torch.Tensor:
        """Adds them up; they are used as they are."""
        k = self._row(place)
        assert k is not None
        mine = probabilities.detach()[k * self.batch : (k + 1) * self.batch].float().mean(1)
        shape = self._shape(mine.shape[1])
        maps = mine.transpose(1, 2).unflatten(2, shape)  # (B, L, h, w)
        self.sums[shape] = self.sums[shape] + maps if shape in self.sums else maps
        self.layers.add(place.layer)
        self.count += 1
        return probabilities

    def report(self) -> AttentionMaps:
        """The average; LoomError where nothing was seen."""
        import torch.nn.functional as F

        if not self.sums:
            raise LoomError(
                "No attention was recorded: no layer that reads a prompt has a name like that, or "
                "no step lies in that part of the run.",
                field="hooks",
                remedy="Leave the layers of Record attention empty to record all of them.",
            )
        finest = max(self.sums, key=lambda shape: shape[0] * shape[1])
        total = sum(
            F.interpolate(maps, size=finest, mode="bilinear", align_corners=False)
            for maps in self.sums.values()
        )
        mean = (total / self.count).cpu().clone()  # type: ignore[operator]
        return AttentionMaps(mean, tuple(sorted(self.layers)))

    def _row(self, place: Place) -> int | None:
        """Which of the batch's conditionings is the positive one, or one that followed it."""
        return next((k for k, n in enumerate(place.names) if n.split()[0] == POSITIVE), None)

    def _shape(self, cells: int) -> tuple[int, int]:
        """Height and width of a layer's grid: the latents', halved (upwards) a few times."""
        height, width = self.grid
        while height * width > cells:
            height, width = -(-height // 2), -(-width // 2)
        return height, width
