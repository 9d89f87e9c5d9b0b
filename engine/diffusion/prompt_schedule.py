"""Conditionings that change on the way: which one holds at each step of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from engine.diffusion.denoiser import Denoiser, Predict
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError


def spelled_out(conditioning: Conditioning) -> list[tuple[float, Conditioning]]:
    """The conditionings of a chain, each with the fraction of the run at which it begins.

    Raises LoomError when they don't follow one another.
    """
    parts = [(0.0, conditioning)]
    while (then := parts[-1][1].then) is not None:
        begins, last = parts[-1]
        if not begins <= last.at < 1:
            raise LoomError(
                f"A conditioning can't take over at {last.at} of the run where the one before it "
                f"began at {begins}.",
                field="at",
                remedy="Let each begin later than the one before it, and before 1.",
            )
        parts.append((last.at, then))
    return parts


def holding(value: Any, i: int, steps: int) -> int:
    """Which conditioning of the chain `value` holds at step `i` of `steps`, counted from 0."""
    if not isinstance(value, Conditioning) or value.then is None:
        return 0
    begins = [round(at * steps) for at, _ in spelled_out(value)]
    return max(k for k, first in enumerate(begins) if first <= i)


def at_step(value: Any, i: int, steps: int) -> Any:
    """The conditioning of the chain `value` that holds at step `i` of `steps`."""
    k = holding(value, i, steps)
    return value if k == 0 else spelled_out(value)[k][1]


class Scheduled:
    """A Denoiser that takes chains: at each step it asks `inner` with what holds there."""

    def __init__(self, inner: Denoiser) -> None:
        self.inner = inner

    def prepare(self, timesteps: torch.Tensor, contexts: Mapping[str, Any], batch: int) -> Predict:
        """Prepares `inner` with all conditionings of all chains."""
        steps = len(timesteps)
        flat: dict[str, Any] = {}
        for name, value in contexts.items():
            chain = spelled_out(value) if isinstance(value, Conditioning) else [(0.0, value)]
            flat |= {_numbered(name, k): part for k, (_, part) in enumerate(chain)}
        predict = self.inner.prepare(timesteps, flat, batch)

        def at(i: int, sample: torch.Tensor, names: Sequence[str]) -> dict[str, torch.Tensor]:
            asked = [_numbered(name, holding(contexts[name], i, steps)) for name in names]
            found = predict(i, sample, asked)
            return {name: found[number] for name, number in zip(names, asked, strict=True)}

        return at


def _numbered(name: str, k: int) -> str:
    return f"{name} {k}" if k else name
