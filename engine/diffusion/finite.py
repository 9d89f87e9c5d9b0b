"""Whether the numbers of a run are still numbers, without making the device wait."""

from __future__ import annotations

import torch

from engine.graph.errors import LoomError


class Finite:
    """Looks at the latents after each of `total` steps.

    On the CPU the answer is there at once. On a device it stays there until `require` asks, once
    for all steps: asking after each would let the device stand still.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._seen: list[tuple[int, torch.Tensor]] = []

    def look(self, step: int, sample: torch.Tensor) -> None:
        """Look after `step`, counted from 0; raises as `require` does where that costs no wait."""
        self._seen.append((step, torch.isfinite(sample).all()))
        if sample.device.type == "cpu":
            self.require()

    def require(self) -> None:
        """Raise LoomError that names the first step after which the latents were not finite."""
        if not self._seen:
            return
        answers = torch.stack([answer for _, answer in self._seen]).tolist()
        for (step, _), is_finite in zip(self._seen, answers, strict=True):
            if not is_finite:
                raise LoomError(
                    f"The latents are not finite (NaN or infinity) after step {step + 1} of "
                    f"{self._total}; the usual cause is half precision that overflows.",
                    field="unet",
                    remedy="Run the model in bfloat16 or float32, or lower the guidance.",
                )
        self._seen.clear()
