"""The trainer under every method: optimiser, learning rate, averaged weights, exact resume."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.graph.errors import LoomError

Loss = Callable[[int, torch.Generator], Tensor]
"""(step, generator) → a scalar; draws its own batch."""


@dataclass(frozen=True)
class Recipe:
    """Numbers of one training run.

    The learning rate rises linearly over `warmup` steps and falls by a cosine to zero at `steps`.
    `ema` is the decay of the averaged weights, ramped up as min(ema, (1 + t) / (10 + t)).
    """

    steps: int
    batch: int
    lr: float
    warmup: int = 100
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 1e-2
    clip: float = 1.0
    ema: float = 0.999
    checkpoint_every: int = 200
    seed: int = 0

    def lr_at(self, step: int) -> float:
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.lr * 0.5 * (1 + math.cos(math.pi * done))


class Trainer:
    """Minimises `loss(step, generator)` over the parameters of `model`.

    The loss draws its own batch from the step number, so a run that is stopped and resumed sees
    the same data in the same order; the generator's state is part of the checkpoint. Checkpoints
    are written whole to `folder/checkpoint.pt` or not at all, every `checkpoint_every` steps.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        recipe: Recipe,
        folder: Path,
        say: Callable[[str], None] = print,
    ) -> None:
        self.model, self.loss, self.recipe, self.folder, self.say = model, loss, recipe, folder, say
        self.step = 0
        self.seconds = 0.0
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimizer = torch.optim.AdamW(
            _groups(model, recipe.weight_decay), lr=recipe.lr, betas=recipe.betas, fused=True
        )
        self.average = {name: p.detach().clone() for name, p in model.named_parameters()}

    def run(self, until: int | None = None) -> None:
        """Train to step `until` (the recipe's end by default), from the last checkpoint if any.

        Raises LoomError, with the last good checkpoint untouched, when the loss is not finite.
        """
        if self.step == 0:
            self.resume()
        end = self.recipe.steps if until is None else min(until, self.recipe.steps)
        device = next(self.model.parameters()).device
        started, recent = time.monotonic(), torch.zeros((), device=device)
        count = 0
        for step in range(self.step, end):
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.lr_at(step)
            with torch.autocast(device.type, torch.bfloat16):
                loss = self.loss(step, self.generator)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
            self.optimizer.step()
            self._update_average(step)
            recent += loss.detach()
            count += 1
            self.step = step + 1
            if self.step % 50 == 0:
                now = time.monotonic()
                self.seconds += now - started
                started = now
                self._log(recent.item() / count)
                recent.zero_()
                count = 0
            if self.step % self.recipe.checkpoint_every == 0 or self.step == end:
                self._require_finite(loss.item())
                self.save()

    def use_average(self) -> None:
        """Put the averaged weights into the model: what a finished run ships."""
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(self.average[name])

    def _update_average(self, step: int) -> None:
        decay = min(self.recipe.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(  # type: ignore[attr-defined]
                list(self.average.values()), list(self.model.parameters()), 1 - decay
            )

    def _require_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise LoomError(
                f"The loss became {loss} at step {self.step}.",
                remedy=f"Lower the learning rate and resume from {self.folder}.",
            )

    def _log(self, loss: float) -> None:
        self._require_finite(loss)
        rate = self.seconds / self.step
        row = {"step": self.step, "loss": round(loss, 6), "seconds": round(self.seconds, 1)}
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        self.say(
            f"step {self.step}/{self.recipe.steps}  loss {loss:.4f}  {rate:.2f} s/step  "
            f"{(self.recipe.steps - self.step) * rate / 60:.0f} min left"
        )

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
        }
        part = self.checkpoint.with_suffix(".part")
        try:
            torch.save(state, part)
            os.replace(part, self.checkpoint)
        finally:
            part.unlink(missing_ok=True)

    def resume(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.checkpoint.exists():
            return
        try:
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except Exception as error:
            raise LoomError(
                f"The checkpoint {self.checkpoint} can't be resumed: it is damaged, or of a model "
                "of another shape.",
                remedy="Move it away to begin again.",
            ) from error
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        self.generator.set_state(state["generator"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.say(f"resumed from step {self.step}")


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Matrices and kernels decay; biases, gains and embeddings of a vector each do not."""
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": decay, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
