"""How long attention takes in each of some backends: a process that says so in JSON.

    python -m engine.runtime.attention_measurement DEVICE DTYPE BACKEND…

A backend that fails here is left out of the answer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.diffusion.blocks.attention_backends import attend
from engine.graph.environment import within

TURNS = 5
# On a processor a few heads say as much as all.
HEADS_ON_CPU = 2
CALLS_ON_CARD = 10


@dataclass(frozen=True)
class Layer:
    """Queries and keys of an attention layer, heads of `width`, and how many such layers count."""

    queries: int
    keys: int
    heads: int
    width: int
    count: int


# A step of Stable Diffusion 1.5 at 512², and a sixth of one of XL at 1024², which computes as much.
LAYERS = (
    *(Layer(4096, keys, 8, 40, 5) for keys in (4096, 77)),
    *(Layer(1024, keys, 8, 80, 5) for keys in (1024, 77)),
    *(Layer(256, keys, 8, 160, 5) for keys in (256, 77)),
    *(Layer(4096, keys, 10, 64, 2) for keys in (4096, 77)),
    *(Layer(1024, keys, 20, 64, 10) for keys in (1024, 77)),
)


def main(device: str, dtype: str, *names: str) -> None:
    """Print the seconds of each backend."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    found = measure(device, getattr(torch, dtype), names, LAYERS)
    print(json.dumps(found), file=answers, flush=True)


@torch.inference_mode()
def measure(
    device: str,
    dtype: torch.dtype,
    names: Sequence[str],
    layers: Sequence[Layer],
    clock: Callable[[], float] | None = None,
) -> dict[str, float]:
    """Seconds that each backend takes for all layers, of turns that they take one by one.

    On a processor those that were worked, which other programs disturb least.
    """
    clock = clock or (time.perf_counter if device == "cuda" else time.process_time)
    total = dict.fromkeys(names, 0.0)
    for layer in layers:
        heads = layer.heads if device == "cuda" else min(layer.heads, HEADS_ON_CPU)
        q, k, v = _inputs(layer, heads, device, dtype)
        best = dict.fromkeys(total, float("inf"))
        for turn in range(1 + TURNS):
            for name in list(best):
                try:
                    took = _seconds(name, q, k, v, clock)
                except Exception as error:  # whatever a library that does not fit here raises
                    print(f"{name} is left out: {error}", file=sys.stderr)
                    del best[name], total[name]
                    continue
                if turn > 0:
                    best[name] = min(best[name], took)
        for name, took in best.items():
            total[name] += took * layer.count * layer.heads / heads
    return total


def _inputs(layer: Layer, heads: int, device: str, dtype: torch.dtype) -> list[Tensor]:
    """Queries, keys and values as layers split them (B, heads, N, d): guided on a card."""
    batch = 2 if device == "cuda" else 1
    return [
        torch.randn(batch, tokens, heads, layer.width, device=device, dtype=dtype).transpose(1, 2)
        for tokens in (layer.queries, layer.keys, layer.keys)
    ]


def _seconds(name: str, q: Tensor, k: Tensor, v: Tensor, clock: Callable[[], float]) -> float:
    calls = CALLS_ON_CARD if q.is_cuda else 1
    with within({"attention": name}):
        _wait(q)
        began = clock()
        for _ in range(calls):
            attend(q, k, v)
        _wait(q)
        return (clock() - began) / calls


def _wait(x: Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize()


if __name__ == "__main__":
    main(*sys.argv[1:])
