"""Copying weights from the computer's memory to where models run."""

from __future__ import annotations

import functools
import threading
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.diffusion.weights.filling import fill

CHUNK = 64 << 20


class Transfer(Protocol):
    """Fills tensors on one device. `copy` may return before the numbers are there.

    `mark` and `after` keep copies behind the computing that still reads what they overwrite, and
    `wait` keeps computing behind the copies; on a GPU none of them makes the program wait.
    """

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Begin to fill a contiguous `target` with `source`, in the target's dtype."""
        ...

    def wait(self) -> None:
        """What is computed from now on sees all that was copied so far."""
        ...

    def mark(self) -> Any:
        """A mark behind all that was asked to be computed so far."""
        ...

    def after(self, mark: Any) -> None:
        """What is copied from now on comes after what was computed before `mark`."""
        ...


class Direct:
    """Copies at once, in order: the way for CPUs, and for GPUs that share their memory."""

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Fill `target` now."""
        fill(target, source)

    def wait(self) -> None:
        """Nothing to wait for."""

    def mark(self) -> None:
        """Nothing to mark."""

    def after(self, mark: None) -> None:
        """Nothing to come after."""


class Pinned:
    """Copies to a CUDA device through two pinned buffers in turn, on a stream of its own.

    While one buffer is on its way the other is filled from the file's map and converted. Several
    threads may copy. `cuda` is torch.cuda; tests give another.
    """

    def __init__(self, device: torch.device, chunk: int = CHUNK, cuda: Any = torch.cuda) -> None:
        self._cuda = cuda
        self._stream = cuda.Stream(device)
        self._buffers = [torch.empty(chunk, dtype=torch.uint8, pin_memory=True) for _ in range(2)]
        self._sent = [cuda.Event() for _ in range(2)]
        self._turn = 0
        self._lock = threading.Lock()

    def copy(self, target: Tensor, source: Tensor) -> None:
        """Send `source` piece by piece; waits only for a buffer that is still on its way."""
        flat, numbers = target.view(-1), source.reshape(-1)
        step = self._buffers[0].numel() // target.itemsize
        for start in range(0, flat.numel(), step):
            with self._lock:
                self._send(flat[start : start + step], numbers[start : start + step])

    def _send(self, target: Tensor, source: Tensor) -> None:
        turn, self._turn = self._turn, 1 - self._turn
        self._sent[turn].synchronize()
        staged = self._buffers[turn][: target.nbytes].view(target.dtype)
        fill(staged, source)
        with self._cuda.stream(self._stream):
            target.copy_(staged, non_blocking=True)
            self._sent[turn].record(self._stream)

    def wait(self) -> None:
        """The stream that computes waits for the copies."""
        self._cuda.current_stream().wait_stream(self._stream)

    def mark(self) -> Any:
        """An event on the stream that computes."""
        event = self._cuda.Event()
        event.record(self._cuda.current_stream())
        return event

    def after(self, mark: Any) -> None:
        """The copies wait for the event."""
        self._stream.wait_event(mark)


@functools.cache
def transfer_to(device: torch.device) -> Transfer:
    """The way to copy weights to a device, one for all models."""
    return Pinned(device) if device.type == "cuda" else Direct()
