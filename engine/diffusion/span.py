"""Which part of a run is done: from pure noise, from a picture, or on from noisy latents."""

from __future__ import annotations

from dataclasses import dataclass

from engine.diffusion.loop import Begin
from engine.diffusion.schedulers.run import SchedulerRun
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Span:
    """A part of a run, in the terms people use.

    `begin` says what the first latents are (see `loop.denoise`). With "renoise", or below 1,
    `strength` in (0, 1] is the share of the steps that is done, the last ones (Meng et al. 2022).
    `start` and `end` are fractions of the trained noise levels: an ensemble of experts hands over
    where one's `end` is the other's `start`, whatever their solvers (Balaji et al. 2022). An
    inversion, whose timesteps rise from the clean picture, does the first `strength` of its steps.
    """

    begin: Begin = "noise"
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def indices(self, run: SchedulerRun, trained: int) -> tuple[int, int]:
        """The indices of the model calls to make, first and one past the last.

        `trained` is the number of trained timesteps. Raises LoomError when there are none.
        """
        if self.begin == "continue" and not self.start < self.end:
            raise LoomError(
                f"The run can't go on at {self.start} and end at {self.end}.",
                field="start",
                remedy="Start before the end.",
            )
        starts = [*run.starts, len(run.timesteps)]
        if run.timesteps[0] < run.timesteps[-1]:
            return 0, starts[len(starts) - 1 - self._skipped(len(starts) - 1)]
        first = starts[0]
        if self.begin == "renoise" or self.strength < 1:
            first = starts[self._skipped(len(starts) - 1)]
        elif self.start > 0:
            first = self._reached(run, starts, trained, self.start)
        last = starts[-1] if self.end >= 1 else self._reached(run, starts, trained, self.end)
        if first >= last:
            raise LoomError(
                f"No step of this run lies between {self._where()} and {self.end:g} of the noise "
                "levels.",
                field="strength" if self.begin == "renoise" else "start" if self.start else "end",
                remedy="Take more steps, or a longer part.",
            )
        return first, last

    def _skipped(self, steps: int) -> int:
        """How many of the steps the strength leaves out."""
        done = min(int(steps * self.strength), steps)
        if done < 1:
            raise LoomError(
                f"{steps} steps at strength {self.strength:g} leave nothing to do: their product "
                "is below 1.",
                field="strength",
                remedy=f"Take a strength of at least {1 / steps:.2g}, or more steps.",
            )
        return steps - done

    @staticmethod
    def _reached(run: SchedulerRun, starts: list[int], trained: int, fraction: float) -> int:
        """The first step that begins below the cut-off round(T - fraction T)."""
        cutoff = round(trained - fraction * trained)
        times = run.timesteps.tolist()
        return next((i for i in starts[:-1] if times[i] < cutoff), starts[-1])

    def _where(self) -> str:
        return f"strength {self.strength:g}" if self.begin == "renoise" else f"{self.start:g}"


WHOLE = Span()
