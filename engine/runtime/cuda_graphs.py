"""A run's steps as CUDA graphs: the card is told once what a step is, and then just to do it again.

Where a step is short, the card waits for Python to ask for one kernel after the other. A graph
holds all of them (Nguyen et al. 2021, "Accelerating PyTorch with CUDA Graphs"): it reads what
changes from step to step from the same places in memory, and all else from where it was when the
graph was captured. So a graph lasts no longer than the lease of its model.

What this saves has not been measured, and it has not run on a card yet: it is off unless
`--cuda-graphs` or LOOM_CUDA_GRAPHS asks for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.diffusion.models.unet_encoder import Embedded
from engine.runtime.switches import switches

log = logging.getLogger("latent_loom")

# Steps before one is captured: libraries choose their kernels and take their memory in these.
WARM_UP = 2

Step = Callable[[Tensor, Tensor], Tensor]
"""(sample, embeddings of the time) → prediction; all else is the same every time."""


@dataclass(frozen=True)
class Captured:
    """A step in a graph, and the memory that it reads from and writes to."""

    graph: Any
    sample: Tensor
    time: Tensor
    prediction: Tensor

    def replay(self, sample: Tensor, time: Tensor) -> Tensor:
        """The step with other numbers. The next replay leaves what is returned alone."""
        self.sample.copy_(sample)
        self.time.copy_(time)
        self.graph.replay()
        return self.prediction.clone()


@dataclass
class _Kind:
    """Calls that differ in their numbers alone."""

    seen: int = 0
    captured: Captured | None = None
    plain: bool = False
    """Whether it can't be captured."""


class CudaGraphs:
    """Predicts by graphs, as a denoiser's `replays`; each kind of call has one of its own.

    The first calls of a kind, and all of a kind that can't be captured, are made as ever. `cuda` is
    torch's module.
    """

    def __init__(self, cuda: Any = torch.cuda) -> None:
        self._cuda = cuda
        self._stream = cuda.Stream()
        self._pool: Any = None
        self._kinds: dict[Hashable, _Kind] = {}

    def __call__(
        self,
        model: nn.Module,
        steady: Hashable,
        sample: Tensor,
        time: Embedded,
        *context: Any,
        **others: Any,
    ) -> Tensor:
        """`model(sample, time, *context, **others)`."""

        def step(sample: Tensor, vectors: Tensor) -> Tensor:
            return model(sample, Embedded(vectors), *context, **others)

        vectors = time.vectors
        key = (model, steady, sample.shape, sample.dtype, vectors.shape)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind(plain=not _can_be_captured(model))
        if kind.plain or torch.is_grad_enabled():
            return step(sample, vectors)
        if kind.captured is None and kind.seen < WARM_UP:
            kind.seen += 1
            return self._beside(step, sample, vectors)
        if kind.captured is None:
            kind.captured = self._capture(step, sample, vectors)
            kind.plain = kind.captured is None
            if kind.captured is None:
                return step(sample, vectors)
        return kind.captured.replay(sample, vectors)

    def clear(self) -> None:
        """Let go of all graphs and their memory."""
        if any(kind.captured for kind in self._kinds.values()):
            self._cuda.synchronize()
        self._kinds.clear()
        self._pool = None

    def _beside(self, step: Step, sample: Tensor, vectors: Tensor) -> Tensor:
        """A step on the stream that is captured later, between what is before and after it."""
        here = self._cuda.current_stream()
        self._stream.wait_stream(here)
        with self._cuda.stream(self._stream):
            found = step(sample, vectors)
        here.wait_stream(self._stream)
        return found

    def _capture(self, step: Step, sample: Tensor, vectors: Tensor) -> Captured | None:
        """The step as a graph, not yet done; None where something in it can't be in a graph."""
        graph = self._cuda.CUDAGraph()
        sample, vectors = sample.clone(), vectors.clone()
        # Other threads bring models meanwhile.
        how = {"pool": self._pool, "stream": self._stream, "capture_error_mode": "thread_local"}
        try:
            with self._cuda.graph(graph, **how):
                prediction = step(sample, vectors)
        except RuntimeError as error:
            log.debug("A step is not captured as a CUDA graph: %s", error)
            return None
        # Nothing that a graph leaves there is read after another was replayed, so all may share it.
        self._pool = self._pool or graph.pool()
        return Captured(graph, sample, vectors, prediction)


def _can_be_captured(model: nn.Module) -> bool:
    """Whether nothing but the model itself computes: streamed weights, for one, come by hooks."""
    hooked = any(part._forward_pre_hooks or part._forward_hooks for part in model.modules())
    if hooked:
        log.debug("Steps of a model with hooks are not captured as CUDA graphs.")
    return not hooked


@contextmanager
def cuda_graphs(device: str) -> Iterator[CudaGraphs | None]:
    """Graphs for the length of a lease on a kind of device, where they are switched on."""
    if device != "cuda" or not switches().graphs:
        yield None
        return
    graphs = CudaGraphs()
    try:
        yield graphs
    finally:
        graphs.clear()
