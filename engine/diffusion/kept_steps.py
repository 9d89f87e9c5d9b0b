"""States between the steps of earlier runs: an edited run goes on where it first differs.

Each state has a key that grows along the run: what the run begins with, then all that each step
depends on. Two runs that agree up to a step have the same key there, whatever comes after it: a
later end, another prompt from then on, another second stage.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from engine.diffusion.guidance.base import Guidance, Passes
from engine.diffusion.prompt_schedule import at_step
from engine.diffusion.schedulers.run import SchedulerRun
from engine.diffusion.values import Conditioning
from engine.graph.digests import digest

BUDGET = 256 << 20


@dataclass(frozen=True)
class _State:
    run: SchedulerRun
    sample: torch.Tensor
    size: int


class KeptSteps:
    """States by key, within `budget` bytes; those unused for longest are dropped first.

    Threads may share it.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self.used = 0
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> tuple[SchedulerRun, torch.Tensor] | None:
        """A run that is the caller's own, and its sample."""
        with self._lock:
            state = self._states.get(key)
            if state is None:
                return None
            self._states.move_to_end(key)
            return state.run.copy(), state.sample

    def put(self, key: str, run: SchedulerRun, sample: torch.Tensor) -> None:
        """Keep a state; `run` may go on, its present state is copied."""
        mine = run.copy()
        state = _State(mine, sample, sample.nbytes + _bytes_of(mine))
        with self._lock:
            if old := self._states.pop(key, None):
                self.used -= old.size
            self._states[key] = state
            self.used += state.size
            while self.used > self.budget and self._states:
                self.used -= self._states.popitem(last=False)[1].size

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._states.clear()
            self.used = 0


class Path:
    """The keys of one run, `keys[k]` after k steps; it is what `loop.denoise` takes as `kept`.

    With `complete` it also holds every sample of the run from `start` on, and takes up an earlier
    run only as far as all of its states are there.
    """

    def __init__(
        self, states: KeptSteps, keys: Sequence[str], start: int = 0, complete: bool = False
    ) -> None:
        self.states, self.keys, self.start, self.complete = states, keys, start, complete
        self._samples: dict[int, torch.Tensor] = {}

    def latest(self, end: int) -> tuple[int, SchedulerRun, torch.Tensor] | None:
        """The last kept state up to `end`: the steps that are done, the run, the sample."""
        if not self.complete:
            for done in range(end, self.start, -1):
                if found := self.states.get(self.keys[done]):
                    return done, *found
            return None
        last = None
        for done in range(self.start + 1, end + 1):
            found = self.states.get(self.keys[done])
            if found is None:
                break
            self._samples[done] = found[1]
            last = (done, *found)
        return last

    def keep(self, done: int, run: SchedulerRun, sample: torch.Tensor) -> None:
        """Keep the state after `done` steps."""
        self.states.put(self.keys[done], run, sample)
        if self.complete:
            self._samples[done] = sample

    def trajectory(self) -> torch.Tensor:
        """The first sample and the one after each step, (S + 1, B, C, h, w), float32 on the CPU."""
        return torch.stack([self._samples[k].float().cpu() for k in sorted(self._samples)])


def keys(
    beginning: Any,
    guidance: Guidance,
    passes: Passes,
    contexts: Mapping[str, Any],
    start: int,
) -> list[str]:
    """Keys of the states after 0, 1, … steps of a whole run.

    `beginning` is all that the whole run depends on: model, solver, steps, noise, first latents,
    hooks.
    """
    seen: dict[int, str] = {}

    def content(value: Any) -> str:
        if id(value) not in seen:
            seen[id(value)] = digest(_alone(value))
        return seen[id(value)]

    steps = len(passes)
    found = [digest(beginning)] * (start + 1)
    for i in range(start, steps):
        told = [(name, content(at_step(contexts[name], i, steps))) for name in passes[i]]
        found.append(digest((found[-1], told, guidance.at(i))))
    return found


def _alone(value: Any) -> Any:
    """A conditioning without those that follow it."""
    if isinstance(value, Conditioning) and value.then is not None:
        return replace(value, then=None, at=1.0)
    return value


def _bytes_of(run: SchedulerRun) -> int:
    """Bytes of the tensors that a run remembers."""
    found = {
        tensor.data_ptr(): tensor.nbytes
        for value in vars(run).values()
        for tensor in (value if isinstance(value, list | tuple) else (value,))
        if isinstance(tensor, torch.Tensor)
    }
    return sum(found.values())
